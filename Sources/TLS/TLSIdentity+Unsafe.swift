// SPDX-License-Identifier: Apache-2.0

import Bytes
import COpenSSL

/// What is wrong with a certificate or its key. Each ends a sentence that begins with the file's name.
public enum TLSIdentityError: Error, Hashable, Sendable {
    case noCertificate
    /// The certificate at this place, from 1, cannot be read.
    case unreadableCertificate(Int)
    /// The certificate at this place, from 2, did not issue the one before it.
    case wrongOrder(Int)
    /// RSA keys have at least 2048 bits, keys of curves at least 256.
    case weakKey(bits: Int)
    case noKey
    case encryptedKey
    /// The key is not the certificate's.
    case otherKey

    /// Whether the key's file is at fault, not the certificate's.
    public var concernsKey: Bool {
        switch self {
        case .noKey, .encryptedKey, .otherKey: true
        case .noCertificate, .unreadableCertificate, .wrongOrder, .weakKey: false
        }
    }

    public var sentence: String {
        switch self {
        case .noCertificate: "holds no certificate; it must be PEM text with -----BEGIN CERTIFICATE-----"
        case .unreadableCertificate(let number): "holds a certificate that cannot be read: number \(number)"
        case .wrongOrder(let number):
            "has its certificates in the wrong order: number \(number) did not issue number \(number - 1); "
                + "put the server's own first and behind each the one that issued it"
        case .weakKey(let bits):
            "has a key of \(bits) bits, which is too weak; make one with at least 2048 bits (RSA) or 256 (a curve)"
        case .noKey: "holds no private key; it must be PEM text with -----BEGIN PRIVATE KEY-----"
        case .encryptedKey:
            "holds a key that is encrypted; write it without a passphrase (openssl pkey) and chmod 600 the file"
        case .otherKey: "holds a key that is not the certificate's; name the two files that belong together"
        }
    }
}

/// A certificate, what leads from it to an authority, and the private key.
// Sendable is checked by hand: not changed after init; the library counts owners atomically.
@safe public final class TLSIdentity: @unchecked Sendable {
    let certificates: [Certificate]
    let key: OpaquePointer
    /// From when and until when the certificate is valid, in Unix seconds.
    public let notBefore: Int
    public let notAfter: Int

    /// Reads PEM texts; the certificate's own comes first, behind each the one that issued it.
    public convenience init(certificates pem: [UInt8], key keyPEM: [UInt8]) throws(TLSIdentityError) {
        let certificates: [Certificate]
        do {
            certificates = try Certificate.read(pem)
        } catch {
            throw error.number == 0 ? .noCertificate : .unreadableCertificate(error.number)
        }
        guard let leaf = certificates.first else { throw .noCertificate }
        for (index, pair) in zip(certificates, certificates.dropFirst()).enumerated()
        where !pair.0.isIssued(by: pair.1) {
            throw .wrongOrder(index + 2)
        }
        try Self.checkStrength(leaf)
        let key = try unsafe Self.readKey(keyPEM)
        // SAFETY: both are alive. A key that does not fit is freed here.
        guard unsafe X509_check_private_key(leaf.pointer, key) == 1 else {
            ERR_clear_error()
            unsafe EVP_PKEY_free(key)
            throw .otherKey
        }
        unsafe self.init(certificates, owning: key)
    }

    init(_ certificates: [Certificate], owning key: OpaquePointer) {
        self.certificates = certificates
        unsafe self.key = key
        notBefore = certificates.first?.notBefore ?? .max
        notAfter = certificates.first?.notAfter ?? .min
    }

    deinit {
        // SAFETY: ours since init.
        unsafe EVP_PKEY_free(key)
    }

    /// Nobody but itself vouches for the certificate.
    public var isSelfSigned: Bool { certificates.first?.isSelfIssued ?? false }

    private static func readKey(_ pem: [UInt8]) throws(TLSIdentityError) -> OpaquePointer {
        guard let source = PEMSource(pem) else { throw .noKey }
        ERR_clear_error()
        // SAFETY: the key is the caller's; no password is asked for.
        if let key = unsafe PEM_read_bio_PrivateKey(source.bio, nil, PEMSource.noPassword, nil) { return unsafe key }
        ERR_clear_error()
        let isEncrypted = ["ENCRYPTED PRIVATE KEY", "Proc-Type: 4,ENCRYPTED"].contains { mark in
            pem.contains(Array(mark.utf8))
        }
        throw isEncrypted ? .encryptedKey : .noKey
    }

    private static func checkStrength(_ leaf: Certificate) throws(TLSIdentityError) {
        // SAFETY: the key is the certificate's own, which is alive.
        guard let key = unsafe X509_get0_pubkey(leaf.pointer) else { throw .unreadableCertificate(1) }
        let bits = Int(unsafe EVP_PKEY_get_bits(key))
        let isRSA = unsafe [EVP_PKEY_RSA, EVP_PKEY_RSA_PSS].contains(EVP_PKEY_get_base_id(key))
        let isCurve = unsafe EVP_PKEY_get_base_id(key) == EVP_PKEY_EC
        if isRSA && bits < 2048 || isCurve && bits < 256 { throw .weakKey(bits: bits) }
    }
}

/// Certificates of authorities that are trusted.
public struct TLSAuthorities: Sendable {
    let certificates: [Certificate]
    /// The PEM text, for telling one set from another.
    let pem: [UInt8]

    /// - Throws: `noCertificate` or `unreadableCertificate`.
    public init(_ pem: [UInt8]) throws(TLSIdentityError) {
        do {
            certificates = try Certificate.read(pem)
        } catch {
            throw error.number == 0 ? .noCertificate : .unreadableCertificate(error.number)
        }
        guard !certificates.isEmpty else { throw .noCertificate }
        self.pem = pem
    }
}
