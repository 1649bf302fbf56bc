// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// A certificate of the library's.
// Sendable is checked by hand: not changed after it was read, and the library counts its owners atomically.
@safe final class Certificate: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Takes over the reference.
    init(owning pointer: OpaquePointer) { unsafe self.pointer = pointer }

    deinit {
        // SAFETY: the reference that init took.
        unsafe X509_free(pointer)
    }

    /// Unix seconds; nil for a date that cannot be read.
    var notBefore: Int? { unsafe Self.seconds(X509_get0_notBefore(pointer)) }
    var notAfter: Int? { unsafe Self.seconds(X509_get0_notAfter(pointer)) }

    /// Whether its issuer is itself, as far as the names say.
    var isSelfIssued: Bool {
        // SAFETY: both names are the certificate's own.
        unsafe X509_NAME_cmp(X509_get_subject_name(pointer), X509_get_issuer_name(pointer)) == 0
    }

    func isIssued(by issuer: Certificate) -> Bool {
        // SAFETY: both are alive.
        unsafe X509_check_issued(issuer.pointer, pointer) == X509_V_OK
    }

    /// The certificates of a PEM text, in its order; text between them is passed over.
    /// - Throws: the place in the order, from 1, of the one that cannot be read; 0 for the text itself.
    static func read(_ pem: [UInt8]) throws(UnreadableCertificate) -> [Certificate] {
        guard let source = PEMSource(pem) else { throw UnreadableCertificate(number: 0) }
        var found: [Certificate] = []
        ERR_clear_error()
        // SAFETY: each certificate is ours; no password is ever asked for, since the callback answers that there is
        // none.
        while let next = unsafe PEM_read_bio_X509(source.bio, nil, PEMSource.noPassword, nil) {
            found.append(unsafe Certificate(owning: next))
            guard found.count <= countMax else { throw UnreadableCertificate(number: found.count) }
        }
        let isAtEnd = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE
        ERR_clear_error()
        guard isAtEnd else { throw UnreadableCertificate(number: found.count + 1) }
        return found
    }

    struct UnreadableCertificate: Error { let number: Int }

    /// The most certificates of one file.
    private static let countMax = 1000

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int? {
        var days: Int32 = 0
        var seconds: Int32 = 0
        // SAFETY: the epoch is ours and freed; the other is the certificate's.
        guard let epoch = unsafe ASN1_TIME_set(nil, 0) else { return nil }
        defer { unsafe ASN1_TIME_free(epoch) }
        guard unsafe ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 else { return nil }
        return Int(days) * 86_400 + Int(seconds)
    }
}

/// A PEM text that the library reads from.
@safe struct PEMSource: ~Copyable {
    let bio: OpaquePointer
    // SAFETY: the library reads in place: the text is kept until the BIO is gone.
    private let text: UnsafeMutableBufferPointer<UInt8>

    init?(_ bytes: [UInt8]) {
        guard !bytes.isEmpty, let count = Int32(exactly: bytes.count) else { return nil }
        let text = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
        _ = unsafe text.initialize(from: bytes)
        guard let bio = unsafe BIO_new_mem_buf(text.baseAddress, count) else {
            unsafe text.deallocate()
            return nil
        }
        unsafe self.bio = bio
        unsafe self.text = text
    }

    deinit {
        unsafe BIO_free(bio)
        // It may have been a key.
        unsafe OPENSSL_cleanse(text.baseAddress, text.count)
        unsafe text.deallocate()
    }

    /// Without it the library would ask for a password at the terminal.
    static let noPassword:
        @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32 =
            { _, _, _, _ in -1 }
}
