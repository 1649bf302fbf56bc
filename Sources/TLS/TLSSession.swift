// SPDX-License-Identifier: Apache-2.0

import Bytes
import COpenSSL

/// One connection's TLS, either side: ciphertext in, plaintext out, and back. It knows no socket; the caller moves the
/// bytes.
///
/// Between calls it holds nothing but the library's session: whatever is received is read to its end, so that the
/// library gives its buffers back. One session is used by one thread at a time.
@safe public final class TLSSession {
    /// How far a connection is.
    public enum State: Hashable, Sendable {
        /// No application data can be exchanged yet.
        case handshaking
        case open
        /// The peer has said that it sends no more (close_notify). What this side writes is still delivered.
        case ended
    }

    public private(set) var state = State.handshaking
    // SAFETY: made in init, freed in deinit; the session owns the BIO, which lives as long.
    private let ssl: OpaquePointer
    private let bio: OpaquePointer
    /// Holds what the library's callbacks use.
    private let context: AnyObject
    private let isServer: Bool
    private var hasFailed = false
    private var hasEnded = false
    private var helloRoom: Int?

    /// The server's side of a new connection.
    /// - Throws: where there is no memory.
    public convenience init(server: TLSServerContext) throws(TLSError) {
        try self.init(server, server.library, isServer: true)
        helloRoom = TLSLimits.clientHelloBytesMax
        unsafe SSL_set_accept_state(ssl)
    }

    /// The client's side. Nothing is sent before the first `receive`, which may be of no bytes.
    /// - Parameters:
    ///   - host: the name, or the address without brackets, that the server's certificate must be for.
    ///   - resuming: what an earlier session with the same host left.
    /// - Throws: where there is no memory, or the host is none.
    public convenience init(
        client: TLSClientContext,
        host: [UInt8],
        resuming earlier: TLSResumption? = nil
    ) throws(TLSError) {
        try self.init(client, client.library, isServer: false)
        unsafe SSL_set_connect_state(ssl)
        guard unsafe TLSHostCheck.set(ssl, host) else { throw .unavailable("the host cannot be checked") }
        if let earlier { unsafe earlier.use(in: ssl) }
    }

    private init(_ context: AnyObject, _ library: TLSLibraryContext, isServer: Bool) throws(TLSError) {
        // SAFETY: the context is alive; what is made here is freed here or becomes the session's.
        guard let made = unsafe SSL_new(library.pointer) else { throw OpenSSLError.unavailable("a session") }
        guard let pipe = unsafe TLSPipe.makeBIO() else {
            unsafe SSL_free(made)
            throw OpenSSLError.unavailable("a session's pipe")
        }
        unsafe SSL_set_bio(made, pipe, pipe)
        unsafe ssl = made
        unsafe bio = pipe
        self.context = context
        self.isServer = isServer
    }

    deinit {
        // SAFETY: ours, freed once; the BIO goes with it. A session that is dropped without an orderly end would be
        // marked as one that cannot be resumed; HTTP says by itself where a message ends.
        if !hasFailed { unsafe SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN) }
        unsafe SSL_free(ssl)
    }

    /// Takes what was received, appends the application's bytes in it to `plaintext`, and to `output` what must be sent
    /// whatever else happens: handshake messages, tickets, alerts. That holds also where it throws.
    /// - Throws: when the connection is of no more use. Nothing may be received or written after that.
    @discardableResult
    public func receive(
        _ bytes: Span<UInt8>,
        plaintext: inout [UInt8],
        output: inout [UInt8]
    ) throws(TLSError) -> State {
        guard !hasFailed else { throw .peer("the session has failed before") }
        guard state != .ended else { return state }
        let (code, pipe) = unsafe TLSPipe.run(bio, bytes, &output, helloRoom: helloRoom) { read(into: &plaintext) }
        helloRoom = state == .handshaking ? pipe.helloRoom : nil
        switch code {
        case SSL_ERROR_WANT_READ:
            return state
        case SSL_ERROR_ZERO_RETURN:
            state = .ended
            return state
        default:
            hasFailed = true
            // SAFETY: the session is alive.
            let error = unsafe OpenSSLError.ofSession(ssl)
            throw pipe.isHelloTooLong ? .clientHelloTooLong : error
        }
    }

    /// Encrypts the application's bytes into `output`, in records of up to 16 KiB.
    /// - Precondition: the session is open, or ended by the peer.
    public func write(_ bytes: Span<UInt8>, output: inout [UInt8]) throws(TLSError) {
        precondition(state != .handshaking, "application data waits for the handshake")
        guard !bytes.isEmpty else { return }
        guard !hasFailed, !hasEnded else { throw .peer("the session is over") }
        if output.isEmpty { output.reserveCapacity(bytes.count + Self.overhead(bytes.count)) }
        var written = 0
        let (code, _) = unsafe TLSPipe.run(bio, Span(), &output) {
            // SAFETY: the span is there for the call, which reads as many bytes as it has.
            unsafe bytes.withUnsafeBufferPointer { unsafe SSL_write_ex(ssl, $0.baseAddress, $0.count, &written) }
        }
        guard code == 1, written == bytes.count else {
            hasFailed = true
            throw unsafe OpenSSLError.ofSession(ssl)
        }
    }

    /// Says that this side sends no more (close_notify). Nothing is written a second time, after a failure, or before
    /// the handshake is done.
    public func end(output: inout [UInt8]) {
        guard !hasFailed, !hasEnded, state != .handshaking else { return }
        hasEnded = true
        // SAFETY: the session is alive. The answer says whether the peer has ended too, which `state` tells.
        _ = unsafe TLSPipe.run(bio, Span(), &output) { unsafe SSL_shutdown(ssl) }
        ERR_clear_error()
    }

    /// What records of a message of so many bytes add at most.
    private static func overhead(_ count: Int) -> Int { (count / 16_384 + 1) * 40 }

    /// Shakes hands as far as it goes, then reads as far as it goes: a buffer that is read to its end is given back.
    private func read(into plaintext: inout [UInt8]) -> Int32 {
        if case .handshaking = state {
            // SAFETY: the session is alive, and inside `TLSPipe.run`.
            let result = unsafe SSL_do_handshake(ssl)
            guard result == 1 else { return unsafe SSL_get_error(ssl, result) }
            state = .open
        }
        while true {
            var result: Int32 = 0
            plaintext.append(addingCapacity: Self.recordBytesMax) { (room: inout OutputSpan<UInt8>) in
                // SAFETY: the library writes at most as many bytes as there is room for, and says how many.
                unsafe room.withUnsafeMutableBufferPointer { buffer, initialized in
                    var count = 0
                    let free = unsafe UnsafeMutableBufferPointer(rebasing: buffer[initialized...])
                    result = unsafe SSL_read_ex(ssl, free.baseAddress, free.count, &count)
                    initialized += result == 1 ? count : 0
                }
            }
            guard result == 1 else { return unsafe SSL_get_error(ssl, result) }
        }
    }

    private static let recordBytesMax = 16 << 10
}

// MARK: what was agreed

extension TLSSession {
    /// The name that the client asked for (SNI), in lower case, without a dot at its end; nil where it named none.
    public var serverName: [UInt8]? {
        // SAFETY: a C string of the session's, copied at once.
        guard let name = unsafe SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) else { return nil }
        var bytes = unsafe Array(UnsafeRawBufferPointer(start: name, count: strlen(name))).map { ASCII.lower($0) }
        if bytes.last == 0x2E { bytes.removeLast() }
        return bytes
    }

    /// The protocol that ALPN chose; nil where the client offered none.
    public var applicationProtocol: [UInt8]? {
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        // SAFETY: the library points at bytes of the session's, which are copied at once.
        unsafe SSL_get0_alpn_selected(ssl, &name, &count)
        guard let name = unsafe name, count > 0 else { return nil }
        return unsafe Array(UnsafeBufferPointer(start: name, count: Int(count)))
    }

    /// `TLSv1.3`.
    public var version: String {
        // SAFETY: a constant C string of the library's.
        unsafe String(cString: SSL_get_version(ssl))
    }

    /// `TLS_AES_256_GCM_SHA384`, `ECDHE-RSA-AES128-GCM-SHA256`.
    public var cipherSuite: String {
        // SAFETY: a constant C string of the library's.
        guard let cipher = unsafe SSL_get_current_cipher(ssl) else { return "" }
        return unsafe String(cString: SSL_CIPHER_get_name(cipher))
    }

    /// Whether an earlier session went on, without certificates being shown again.
    public var isResumed: Bool {
        // SAFETY: asks the living session.
        unsafe SSL_session_reused(ssl) == 1
    }

    /// Takes new keys and asks the peer for new ones too (TLS 1.3).
    func askForKeyUpdate(output: inout [UInt8]) {
        // SAFETY: the session is alive. Where it cannot, the next write says so.
        _ = unsafe TLSPipe.run(bio, Span(), &output) {
            unsafe SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED) == 1 && SSL_do_handshake(ssl) == 1
        }
    }

    /// What another connection to the same host may resume; nil where the server gave no ticket, or not yet: it comes
    /// with the first bytes that are received. Only of a client's session.
    public var resumption: TLSResumption? { unsafe isServer ? nil : TLSResumption(of: ssl) }
}
