// SPDX-License-Identifier: Apache-2.0

import Bytes
import Crypto
import Identity

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
    }

    /// The longest id that is looked at, bytes.
    static let textBytesMax = 512

    private static let bindingBytes = 32
    private static let expiryBytes = 8

    /// The first seals, all open.
    private let keys: [SealingKey]

    /// - Parameter secrets: `sessions.key`, at least one, each at least 32 bytes.
    public init(secrets: [[UInt8]]) {
        keys = secrets.map { SealingKey(secret: $0, purpose: "gatehouse session id") }
    }

    func seal(_ handle: SessionHandle, opener: Principal, server: [UInt8], expires: Int) -> [UInt8] {
        var plain: [UInt8] = []
        for shift in stride(from: 56, through: 0, by: -8) {
            plain.append(UInt8(truncatingIfNeeded: expires >> shift))
        }
        plain += opener.sessionBinding
        plain += handle.bytes
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
        guard plain.count == bindingEnd + SessionHandle.byteCount else { return nil }
        let expires = plain[..<Self.expiryBytes].reduce(0) { $0 << 8 | Int($1) }
        guard now < expires else { return nil }
        return Opened(
            handle: SessionHandle(plain[bindingEnd...]),
            opener: Array(plain[Self.expiryBytes..<bindingEnd]),
            expires: expires
        )
    }
}
