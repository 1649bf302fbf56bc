// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// The library's context of one side, with the settings that both sides have in common.
// Sendable is checked by hand: set up by one thread; sessions of all threads then only read it, and the library counts
// its owners atomically.
@safe final class TLSLibraryContext: @unchecked Sendable {
    enum Side { case server, client }

    /// TLS 1.2 only with an ephemeral key exchange and an authenticated cipher; those of TLS 1.3 are all like that.
    private static let suites = "ECDHE+AESGCM:ECDHE+CHACHA20"
    private static let groups = "X25519:P-256:P-384"
    private static let signatures =
        "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:"
        + "RSA+SHA256:RSA+SHA384:RSA+SHA512"

    let pointer: OpaquePointer

    init(_ side: Side, minimum: TLSVersion) throws(TLSError) {
        // SAFETY: a method is a constant of the library's; the context is freed in deinit.
        let method = unsafe side == .server ? TLS_server_method() : TLS_client_method()
        guard let made = unsafe SSL_CTX_new(method) else { throw OpenSSLError.unavailable("a context") }
        unsafe pointer = made
        unsafe SSL_CTX_set_options(made, side == .server ? gatehouse_server_options() : gatehouse_client_options())
        // Not the machine's configuration of the library, whatever it says.
        unsafe SSL_CTX_set_security_level(made, 2)
        let version = minimum == .v13 ? TLS1_3_VERSION : TLS1_2_VERSION
        guard unsafe SSL_CTX_ctrl(made, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(version), nil) == 1,
            unsafe SSL_CTX_ctrl(made, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(TLS1_3_VERSION), nil) == 1,
            unsafe SSL_CTX_set_cipher_list(made, Self.suites) == 1,
            set(SSL_CTRL_SET_GROUPS_LIST, Self.groups), set(SSL_CTRL_SET_SIGALGS_LIST, Self.signatures)
        else { throw OpenSSLError.unavailable("the settings of TLS") }
        let modes = Int(SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY)
        unsafe SSL_CTX_ctrl(made, SSL_CTRL_MODE, modes, nil)
        unsafe SSL_CTX_ctrl(made, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
        unsafe SSL_CTX_ctrl(made, SSL_CTRL_SET_MAX_CERT_LIST, TLSLimits.peerCertificatesBytesMax, nil)
        unsafe SSL_CTX_set_verify_depth(made, Int32(TLSLimits.chainDepthMax))
        unsafe SSL_CTX_set_timeout(made, TLSLimits.sessionSecondsMax)
    }

    deinit {
        // SAFETY: made in init; sessions that are left have counted themselves as owners.
        unsafe SSL_CTX_free(pointer)
    }

    private func set(_ command: Int32, _ list: String) -> Bool {
        // SAFETY: the library copies what it reads, up to the NUL that the conversion adds.
        unsafe list.withCString { text in
            unsafe SSL_CTX_ctrl(pointer, command, 0, UnsafeMutableRawPointer(mutating: text)) == 1
        }
    }

    /// Shows this certificate and its chain to the other side.
    func use(_ identity: TLSIdentity) throws(TLSError) {
        // SAFETY: the identity is alive, and the library takes references of its own.
        let certificates = identity.certificates
        guard let leaf = certificates.first, unsafe SSL_CTX_use_certificate(pointer, leaf.pointer) == 1,
            unsafe SSL_CTX_use_PrivateKey(pointer, identity.key) == 1
        else { throw OpenSSLError.unavailable("the certificate") }
        for issuer in certificates.dropFirst() {
            let raw = unsafe UnsafeMutableRawPointer(issuer.pointer)
            guard unsafe SSL_CTX_ctrl(pointer, SSL_CTRL_CHAIN_CERT, 1, raw) == 1 else {
                throw OpenSSLError.unavailable("the certificate's chain")
            }
        }
    }

    /// Trusts these authorities, and no others.
    func trust(_ authorities: [Certificate]) throws(TLSError) {
        // SAFETY: as above. The store is the context's.
        guard let store = unsafe SSL_CTX_get_cert_store(pointer) else { throw OpenSSLError.unavailable("a store") }
        for certificate in authorities {
            guard unsafe X509_STORE_add_cert(store, certificate.pointer) == 1 else {
                throw OpenSSLError.unavailable("the authorities")
            }
        }
    }
}
