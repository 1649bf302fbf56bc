// SPDX-License-Identifier: Apache-2.0

import Bytes
import Crypto
import Identity
import MCP
import Reactor

/// The name of a session inside the gateway: 16 random bytes. Never shown; clients see it sealed.
public struct SessionHandle: Hashable, Sendable {
    public static let byteCount = 16

    let high: UInt64
    let low: UInt64

    static func random() -> SessionHandle {
        let bytes = SecureRandom.bytes(byteCount)
        return SessionHandle(bytes[0..<byteCount])
    }

    init(_ bytes: ArraySlice<UInt8>) {
        var words: [UInt64] = [0, 0]
        for (offset, byte) in bytes.enumerated() where offset < Self.byteCount {
            words[offset / 8] = words[offset / 8] << 8 | UInt64(byte)
        }
        (high, low) = (words[0], words[1])
    }

    var bytes: [UInt8] {
        [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) } }
    }

    /// For logs: enough to tell sessions apart, nothing to use one with.
    public var logName: [UInt8] { Array(Hex.encode(bytes).prefix(12)) }
}

/// Makes and reads the session ids that clients see: authenticated encryption of server, caller, session and expiry
/// under
/// `sessions.key` (contract, section 3), as base64url. Visible ASCII, as the transport demands.
public struct SessionSealer: Sendable {
    /// What an id says. The directory says whose the session is now.
    struct Opened {
        let handle: SessionHandle
        /// `Principal.sessionBinding` of who opened it.
        let opener: [UInt8]
        /// Microseconds since 1970.
        let expires: Int
        /// For a session with an HTTP server that another run of the gateway opened: all there is to know of it.
        let foreignRecord: HTTPSessionRecord?
    }

    /// The longest id that is looked at, bytes.
    static let textBytesMax = 2048

    private static let bindingBytes = 32
    private static let expiryBytes = 8
    private static let runBytes = 8

    /// The first seals, all open.
    private let keys: [SealingKey]
    /// Which run of which replica this is.
    private let run = SecureRandom.bytes(runBytes)

    /// - Parameter secrets: `sessions.key`, at least one, each at least 32 bytes.
    public init(secrets: [[UInt8]]) {
        keys = secrets.map { SealingKey(secret: $0, purpose: "gatehouse session id") }
    }

    func seal(_ handle: SessionHandle, opener: Principal, server: [UInt8], expires: Int) -> [UInt8] {
        seal(plain(handle, opener: opener, expires: expires), server: server)
    }

    /// A session with an HTTP server is named whole, so that it outlives this run of the gateway.
    func seal(_ record: HTTPSessionRecord, opener: Principal, server: [UInt8], expires: Int) -> [UInt8] {
        var plain = plain(record.handle, opener: opener, expires: expires)
        plain += run
        plain.append(record.capabilities.rawValue)
        plain.append(record.version.map { UInt8(truncatingIfNeeded: $0.rawValue + 1) } ?? 0)
        plain += record.upstreamID
        return seal(plain, server: server)
    }

    private func plain(_ handle: SessionHandle, opener: Principal, expires: Int) -> [UInt8] {
        var plain: [UInt8] = []
        for shift in stride(from: 56, through: 0, by: -8) {
            plain.append(UInt8(truncatingIfNeeded: expires >> shift))
        }
        plain += opener.sessionBinding
        plain += handle.bytes
        return plain
    }

    private func seal(_ plain: [UInt8], server: [UInt8]) -> [UInt8] {
        guard let key = keys.first else { return [] }
        return Base64URL.encode(key.seal(plain, context: server))
    }

    /// What the id says, nil for one that this gateway did not make for this server, or that is over.
    func open(_ text: [UInt8], server: [UInt8], now: Int) -> Opened? {
        guard text.count <= Self.textBytesMax, let sealed = Base64URL.decode(text.span) else { return nil }
        for key in keys {
            guard let plain = key.open(sealed.span, context: server) else { continue }
            return read(plain, now: now)
        }
        return nil
    }

    private func read(_ plain: [UInt8], now: Int) -> Opened? {
        let bindingEnd = Self.expiryBytes + Self.bindingBytes
        let handleEnd = bindingEnd + SessionHandle.byteCount
        guard plain.count >= handleEnd else { return nil }
        let expires = plain[..<Self.expiryBytes].reduce(0) { $0 << 8 | Int($1) }
        guard now < expires else { return nil }
        let handle = SessionHandle(plain[bindingEnd..<handleEnd])
        return Opened(
            handle: handle,
            opener: Array(plain[Self.expiryBytes..<bindingEnd]),
            expires: expires,
            foreignRecord: foreignRecord(handle, plain[handleEnd...])
        )
    }

    private func foreignRecord(_ handle: SessionHandle, _ rest: ArraySlice<UInt8>) -> HTTPSessionRecord? {
        guard rest.count > Self.runBytes + 2, Array(rest.prefix(Self.runBytes)) != run else { return nil }
        let facts = Array(rest.dropFirst(Self.runBytes))
        return HTTPSessionRecord(
            handle: handle,
            upstreamID: Array(facts[2...]),
            capabilities: ServerRequestKinds(rawValue: facts[0]),
            version: facts[1] > 0 ? ProtocolVersion(rawValue: Int(facts[1]) - 1) : nil,
            now: Clock.monotonic()
        )
    }
}
