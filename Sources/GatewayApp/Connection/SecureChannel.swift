// SPDX-License-Identifier: Apache-2.0

import Bytes
import TLS

/// A connection's TLS on the gateway's side: the session, once the client has begun one, and what is counted of it.
///
/// Until the first byte there is no session: a client that only connects costs no more than on a plain port.
final class SecureChannel {
    /// How long a client may take from its connection to the end of the handshake, nanoseconds.
    static let handshakeTimeout: UInt64 = 5_000_000_000
    /// Handshakes that may have begun and not ended, over all loops. One more is refused by closing its connection.
    static let handshakesMax = 4096
    /// Bytes that TLS itself may leave unsent to a client that does not read: answers to key updates, alerts.
    static let controlBytesMax = 4096

    private let context: TLSServerContext
    private let handshakes: HandshakeCount
    private var session: TLSSession?
    /// Its handshake is counted as under way.
    private var isCounted = false
    /// The name that the client asked for, where it did.
    private(set) var serverName: [UInt8]?
    private(set) var isOpen = false
    private(set) var peerHasEnded = false

    init(_ context: TLSServerContext, handshakes: HandshakeCount) {
        self.context = context
        self.handshakes = handshakes
    }

    deinit { stopCounting() }

    /// Takes ciphertext; `plain` is emptied and filled, `output` gets what TLS itself has to send, also where it
    /// throws.
    func receive(_ bytes: Span<UInt8>, plain: inout [UInt8], output: inout [UInt8]) throws(TLSError) {
        plain.removeAll(keepingCapacity: true)
        let session = try begun()
        let state = try session.receive(bytes, plaintext: &plain, output: &output)
        guard state != .handshaking else { return }
        peerHasEnded = state == .ended
        guard !isOpen else { return }
        isOpen = true
        serverName = session.serverName
        stopCounting()
    }

    /// The bytes encrypted.
    func seal(_ bytes: [UInt8]) throws(TLSError) -> [UInt8] {
        var sealed: [UInt8] = []
        try session?.write(bytes.span, output: &sealed)
        return sealed
    }

    /// What says that no more comes (close_notify); empty where that has been said, or there is no session.
    func end() -> [UInt8] {
        var sealed: [UInt8] = []
        session?.end(output: &sealed)
        return sealed
    }

    private func begun() throws(TLSError) -> TLSSession {
        if let session { return session }
        guard handshakes.begin(max: Self.handshakesMax) else {
            throw .unavailable("\(Self.handshakesMax) handshakes are under way")
        }
        isCounted = true
        let made = try TLSSession(server: context)
        session = made
        return made
    }

    private func stopCounting() {
        if isCounted { handshakes.end() }
        isCounted = false
    }
}
