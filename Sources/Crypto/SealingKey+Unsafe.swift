// SPDX-License-Identifier: Apache-2.0

import Bytes
import COpenSSL

/// Seals values that leave the house and must come back as they were: AES-256-GCM under a key derived from a secret.
///
/// ```
/// nonce, 12 random bytes │ ciphertext, as long as the plaintext │ tag, 16 bytes
/// ```
///
/// Purposes keep keys apart: what one purpose sealed no other opens. Nonces are random, so one secret should not seal
/// more than 2^32 values (NIST SP 800-38D, section 8.3); a gateway that seals a thousand a second gets there in 49 days
/// and still has a chance of 2^-33 at a repeated nonce.
public struct SealingKey: Sendable {
    public static let nonceBytes = 12
    public static let tagBytes = 16
    /// How much longer a sealed value is than what it holds.
    public static let overheadBytes = nonceBytes + tagBytes

    private let key: Secret

    /// Derives the key with HKDF-SHA-256. The caller checks that the secret is long enough (32 bytes or more).
    public init(secret: [UInt8], purpose: StaticString) {
        var derived = Digest.hkdfSHA256(
            secret: secret.span,
            salt: [UInt8]("gatehouse").span,
            info: purpose.bytes.span,
            count: 32
        )
        key = Secret(taking: &derived)
    }

    /// The sealed bytes. `context` is not part of them, but opening needs the same.
    /// - Precondition: plaintext and context are each shorter than 2 GiB.
    public func seal(_ plain: [UInt8], context: [UInt8]) -> [UInt8] {
        precondition(plain.count < Int(Int32.max) && context.count < Int(Int32.max), "too long to seal")
        let nonce = SecureRandom.bytes(Self.nonceBytes)
        guard let work = CipherWork(key: key, nonce: nonce.span, .seal), work.authenticate(context.span),
            let text = work.transform(plain.span), let tag = work.finishSealing()
        else {
            // Only a library without memory or without AES comes here, and an unsealed value must never leave.
            fatalError("the cryptographic library cannot seal: out of memory, or AES-256-GCM is missing")
        }
        return nonce + text + tag
    }

    /// What was sealed; nil for anything that this key did not seal under this context, whole and unchanged.
    public func open(_ sealed: Span<UInt8>, context: [UInt8]) -> [UInt8]? {
        guard sealed.count >= Self.overheadBytes, sealed.count < Int(Int32.max), context.count < Int(Int32.max),
            let work = CipherWork(key: key, nonce: sealed.extracting(first: Self.nonceBytes), .open),
            work.authenticate(context.span),
            var text = work.transform(sealed.extracting(Self.nonceBytes..<(sealed.count - Self.tagBytes)))
        else { return nil }
        guard work.finishOpening(tag: sealed.extracting(last: Self.tagBytes)) else {
            wipe(&text)
            return nil
        }
        return text
    }
}

/// One sealing or opening: an `EVP_CIPHER_CTX` that is freed at the end.
@safe private struct CipherWork: ~Copyable {
    enum Direction: Int32 { case open = 0, seal = 1 }

    private let context: OpaquePointer

    /// Nil where the library has no memory or no such cipher.
    init?(key: Secret, nonce: Span<UInt8>, _ direction: Direction) {
        // SAFETY: both buffers outlive the call, and have the 32 and 12 bytes that AES-256-GCM reads; a context that
        // could not be keyed is freed here and never seen outside.
        guard let cipher = unsafe Cipher.aes256GCM?.pointer, let made = unsafe EVP_CIPHER_CTX_new() else { return nil }
        let keyed = unsafe key.exposed.withUnsafeBufferPointer { key in
            unsafe nonce.withUnsafeBufferPointer { nonce in
                unsafe EVP_CipherInit_ex2(made, cipher, key.baseAddress, nonce.baseAddress, direction.rawValue, nil)
            }
        }
        guard keyed == 1 else {
            unsafe EVP_CIPHER_CTX_free(made)
            return nil
        }
        unsafe context = made
    }

    deinit { unsafe EVP_CIPHER_CTX_free(context) }

    /// Adds associated data.
    func authenticate(_ bytes: Span<UInt8>) -> Bool {
        guard !bytes.isEmpty else { return true }
        return unsafe bytes.withUnsafeBufferPointer { buffer in
            var written: Int32 = 0
            // SAFETY: no output buffer means associated data; reads `count` live bytes. The caller bounds the count.
            return unsafe EVP_CipherUpdate(context, nil, &written, buffer.baseAddress, Int32(buffer.count)) == 1
        }
    }

    /// The whole text, in the direction that was chosen. What opening gives is not to be used before the tag fits.
    func transform(_ bytes: Span<UInt8>) -> [UInt8]? {
        guard !bytes.isEmpty else { return [] }
        var done = false
        // SAFETY: GCM writes exactly as many bytes as it reads; where it fails, none of them count.
        let output = unsafe [UInt8](unsafeUninitializedCapacity: bytes.count) { buffer, count in
            var written: Int32 = 0
            done = unsafe bytes.withUnsafeBufferPointer { input in
                unsafe EVP_CipherUpdate(
                    context,
                    buffer.baseAddress,
                    &written,
                    input.baseAddress,
                    Int32(input.count)
                ) == 1
            }
            count = done ? Int(written) : 0
        }
        return done && output.count == bytes.count ? output : nil
    }

    /// The tag, behind everything that was sealed.
    func finishSealing() -> [UInt8]? {
        var rest = [UInt8](repeating: 0, count: SealingKey.tagBytes)
        var tag = [UInt8](repeating: 0, count: SealingKey.tagBytes)
        var written: Int32 = 0
        // SAFETY: the last step of GCM writes nothing, and there is room for a block; the tag's buffer has 16 bytes.
        guard unsafe EVP_CipherFinal_ex(context, &rest, &written) == 1,
            unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tag.count), &tag) == 1
        else { return nil }
        return tag
    }

    /// Whether the tag fits everything that was opened. The library compares in constant time.
    func finishOpening(tag: Span<UInt8>) -> Bool {
        var expected = tag.array
        var rest = [UInt8](repeating: 0, count: SealingKey.tagBytes)
        var written: Int32 = 0
        // SAFETY: as above; the tag is only read. What a failure leaves in this thread's error queue is dropped: the
        // queue is shared with TLS, which would take it for its own.
        let fits =
            unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(expected.count), &expected) == 1
            && EVP_CipherFinal_ex(context, &rest, &written) == 1
        if !fits { ERR_clear_error() }
        return fits
    }
}

/// A cipher fetched once: the look-up costs more than sealing a short value.
// Sendable is checked by hand: the library's object is immutable, counted atomically, and never freed.
@safe private struct Cipher: @unchecked Sendable {
    let pointer: OpaquePointer

    static let aes256GCM: Cipher? = {
        // SAFETY: a null context means the default one; the name is a literal.
        guard let pointer = unsafe EVP_CIPHER_fetch(nil, "AES-256-GCM", nil) else { return nil }
        return unsafe Cipher(pointer: pointer)
    }()
}
