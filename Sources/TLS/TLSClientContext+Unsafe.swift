// SPDX-License-Identifier: Apache-2.0

import Bytes
import COpenSSL

/// How the gateway does TLS with a server. The server's certificate is always checked, and that it is for the host.
public final class TLSClientContext: Sendable {
    let library: TLSLibraryContext

    /// - Parameters:
    ///   - authorities: nil: those that the system trusts, read from its files now.
    ///   - identity: shown to servers that ask for a certificate.
    public init(
        authorities: TLSAuthorities?,
        identity: TLSIdentity? = nil,
        minimum: TLSVersion = .v12
    ) throws(TLSError) {
        ERR_clear_error()
        library = try TLSLibraryContext(.client, minimum: minimum)
        let context = unsafe library.pointer
        if let authorities {
            try library.trust(authorities.certificates)
        } else {
            guard unsafe SSL_CTX_set_default_verify_paths(context) == 1 else {
                throw OpenSSLError.unavailable("the system's authorities")
            }
        }
        if let identity { try library.use(identity) }
        // SAFETY: the list is copied during the call; this function alone answers 0 for success.
        let offered = [UInt8(TLSProtocols.http1.count)] + TLSProtocols.http1
        guard unsafe SSL_CTX_set_alpn_protos(context, offered, UInt32(offered.count)) == 0 else {
            throw OpenSSLError.unavailable("the settings of a client")
        }
        unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
    }
}
