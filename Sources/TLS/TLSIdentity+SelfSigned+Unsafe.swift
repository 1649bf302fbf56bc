// SPDX-License-Identifier: Apache-2.0

import Bytes
import COpenSSL

extension TLSIdentity {
    /// How long a certificate made here is valid, in seconds. It is made anew at every start.
    public static let selfSignedSeconds = 90 * 86_400
    /// It is valid from a little before now, for clients whose clocks are behind.
    private static let clockSkewSeconds = 3600

    /// Makes a key and a certificate that nobody but itself vouches for, in memory only: for trials.
    /// - Parameters:
    ///   - hosts: names and addresses that it is for: letters, digits, `-`, `.`, `_`, or addresses, without brackets.
    ///   - now: Unix seconds.
    public static func selfSigned(hosts: [[UInt8]], now: Int) throws(TLSError) -> TLSIdentity {
        ERR_clear_error()
        // SAFETY: key and certificate are freed on every path but the last, where they become the identity's.
        guard let key = unsafe gatehouse_new_p256_key() else { throw OpenSSLError.unavailable("a new key") }
        guard let certificate = unsafe X509_new() else {
            unsafe EVP_PKEY_free(key)
            throw OpenSSLError.unavailable("a new certificate")
        }
        let owned = unsafe Certificate(owning: certificate)
        guard unsafe fill(certificate, key, hosts, now), unsafe X509_sign(certificate, key, EVP_sha256()) > 0 else {
            unsafe EVP_PKEY_free(key)
            throw OpenSSLError.unavailable("a new certificate")
        }
        return unsafe TLSIdentity([owned], owning: key)
    }

    private static func fill(_ certificate: OpaquePointer, _ key: OpaquePointer, _ hosts: [[UInt8]], _ now: Int) -> Bool
    {
        // SAFETY: both objects are alive; what is got from the certificate is its own; names are copied.
        let names = hosts.map { ($0.contains(0x3A) || isV4($0) ? "IP:" : "DNS:") + String(decoding: $0, as: UTF8.self) }
        let extensions: [(Int32, String)] = [
            (NID_subject_alt_name, names.joined(separator: ",")), (NID_basic_constraints, "critical,CA:FALSE"),
            (NID_key_usage, "critical,digitalSignature"), (NID_ext_key_usage, "serverAuth"),
        ]
        // Its length is said: it has no NUL behind it.
        let commonName = Array("Gatehouse self-signed".utf8)
        guard let subject = unsafe X509_get_subject_name(certificate),
            let serial = unsafe X509_get_serialNumber(certificate),
            unsafe X509_set_version(certificate, 2) == 1,
            unsafe setSerial(serial),
            unsafe ASN1_TIME_set(X509_getm_notBefore(certificate), now - clockSkewSeconds) != nil,
            unsafe ASN1_TIME_set(X509_getm_notAfter(certificate), now + selfSignedSeconds) != nil,
            unsafe X509_NAME_add_entry_by_txt(
                subject,
                "CN",
                MBSTRING_ASC,
                commonName,
                Int32(commonName.count),
                -1,
                0
            ) == 1,
            unsafe X509_set_issuer_name(certificate, subject) == 1,
            unsafe X509_set_pubkey(certificate, key) == 1
        else { return false }
        return extensions.allSatisfy { unsafe add($0.0, $0.1, to: certificate) }
    }

    /// 126 random bits: positive, and never the same twice.
    private static func setSerial(_ serial: UnsafeMutablePointer<ASN1_INTEGER>) -> Bool {
        // SAFETY: the number is ours and freed.
        guard let number = unsafe BN_new() else { return false }
        defer { unsafe BN_free(number) }
        return unsafe BN_rand(number, 126, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1
            && BN_to_ASN1_INTEGER(number, serial) != nil
    }

    private static func add(_ kind: Int32, _ value: String, to certificate: OpaquePointer) -> Bool {
        // SAFETY: the extension is ours; adding copies it.
        guard let made = unsafe X509V3_EXT_conf_nid(nil, nil, kind, value) else { return false }
        defer { unsafe X509_EXTENSION_free(made) }
        return unsafe X509_add_ext(certificate, made, -1) == 1
    }

    private static func isV4(_ host: [UInt8]) -> Bool {
        host.allSatisfy { ASCII.isDigit($0) || $0 == 0x2E }
    }
}
