// SPDX-License-Identifier: Apache-2.0

import Bytes
import COpenSSL

/// Whether clients show certificates.
public enum TLSClientCertificates: Sendable {
    case none
    /// A client may have one; then it must be of one of these authorities, and meant for clients.
    case optional(TLSAuthorities)
    /// Without one there is no connection.
    case required(TLSAuthorities)
}

/// How a listener does TLS. Every loop makes its sessions from the same one.
public final class TLSServerContext: Sendable {
    let library: TLSLibraryContext
    private let tickets: TicketKeys
    /// The certificate's dates, in Unix seconds.
    public let notBefore: Int
    public let notAfter: Int

    public init(
        identity: TLSIdentity,
        minimum: TLSVersion = .v12,
        clientCertificates: TLSClientCertificates = .none
    ) throws(TLSError) {
        ERR_clear_error()
        library = try TLSLibraryContext(.server, minimum: minimum)
        tickets = try TicketKeys()
        notBefore = identity.notBefore
        notAfter = identity.notAfter
        try library.use(identity)
        let context = unsafe library.pointer
        // SAFETY: the callbacks keep nothing; the ticket keys live as long as this, which every session holds.
        unsafe SSL_CTX_set_alpn_select_cb(context, Self.chooseProtocol, nil)
        guard unsafe gatehouse_set_server_name_callback(context, { _, _, _ in SSL_TLSEXT_ERR_OK }) == 1,
            unsafe SSL_CTX_set_num_tickets(context, 1) == 1, unsafe tickets.use(in: context)
        else { throw OpenSSLError.unavailable("the settings of a server") }
        try ask(for: clientCertificates)
    }

    /// Seals tickets with a new key from now on. Callable from every thread; see `TLSLimits.ticketKeySeconds`.
    public func rotateTicketKey() throws(TLSError) { try tickets.rotate() }

    private func ask(for certificates: TLSClientCertificates) throws(TLSError) {
        var binding = [UInt8]("gatehouse")
        switch certificates {
        case .none: break
        case .optional(let authorities):
            binding.append(1)
            binding += authorities.pem
            try trust(authorities, SSL_VERIFY_PEER)
        case .required(let authorities):
            binding.append(2)
            binding += authorities.pem
            try trust(authorities, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT)
        }
        // A session that began under other authorities, or none, is not resumed under these.
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        // SAFETY: both arrays live during the calls; the digest has 32 bytes, which is the most that is taken.
        guard unsafe SHA256(binding, binding.count, &digest) != nil,
            unsafe SSL_CTX_set_session_id_context(library.pointer, digest, UInt32(digest.count)) == 1
        else { throw OpenSSLError.unavailable("the session context") }
    }

    private func trust(_ authorities: TLSAuthorities, _ mode: Int32) throws(TLSError) {
        try library.trust(authorities.certificates)
        // SAFETY: the certificates are alive; their names are copied.
        for certificate in authorities.certificates {
            guard unsafe SSL_CTX_add_client_CA(library.pointer, certificate.pointer) == 1 else {
                throw OpenSSLError.unavailable("the authorities of clients")
            }
        }
        unsafe SSL_CTX_set_verify(library.pointer, mode, nil)
    }

    /// > RFC 7301, section 3.2: "In the event that the server supports no protocols that the client advertises, then
    /// > the server SHALL respond with a fatal "no_application_protocol" alert."
    private static let chooseProtocol:
        @convention(c) (
            OpaquePointer?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?, UnsafeMutablePointer<UInt8>?,
            UnsafePointer<UInt8>?, UInt32, UnsafeMutableRawPointer?
        ) -> Int32 = { _, chosen, chosenCount, offered, count, _ in
            guard let chosen = unsafe chosen, let chosenCount = unsafe chosenCount, let offered = unsafe offered else {
                return SSL_TLSEXT_ERR_ALERT_FATAL
            }
            let wanted = TLSProtocols.http1
            var place = 0
            // SAFETY: the library has checked the list: lengths and names, `count` bytes in all. What is chosen points
            // into it, as the library asks for.
            let list = unsafe UnsafeBufferPointer(start: offered, count: Int(count))
            while place < list.count {
                let length = Int(unsafe list[place])
                let end = place + 1 + length
                guard end <= list.count else { break }
                if unsafe list[(place + 1)..<end].elementsEqual(wanted) {
                    unsafe chosen.pointee = offered + place + 1
                    unsafe chosenCount.pointee = UInt8(length)
                    return SSL_TLSEXT_ERR_OK
                }
                place = end
            }
            return SSL_TLSEXT_ERR_ALERT_FATAL
        }
}

/// The application protocols that are spoken.
enum TLSProtocols {
    static let http1: [UInt8] = Array("http/1.1")
}
