// SPDX-License-Identifier: Apache-2.0

import Bytes
public import Crypto

/// Makes keys and the hash texts that go into the configuration. Only the hash is ever stored.
public enum KeyMaker {
    /// A new key, and its hash as `sha256:SALT_HEX:DIGEST_HEX`.
    /// - Throws: `badKeyID` where the id is none.
    public static func make(id: [UInt8]) throws(IdentityError) -> (key: Secret, hash: [UInt8]) {
        guard APIKeyID.isValid(id.span) else { throw .badKeyID }
        var secret = SecureRandom.bytes(GeneratedKey.secretBytes)
        var text = GeneratedKey.text(id: id, secret: secret)
        wipe(&secret)
        let hash = hashText(salt: GeneratedSalt.make(id: id), key: text.span)
        return (Secret(taking: &text), hash)
    }

    /// The hash text of a key that comes from elsewhere, under a new salt of 16 bytes.
    /// - Throws: `unusableKey` where no request could present it as an imported key (semantics 1, forms 1 to 3).
    public static func hashImported(_ key: Span<UInt8>) throws(IdentityError) -> [UInt8] {
        if let refusal = refusal(key) { throw .unusableKey(refusal) }
        return hashText(salt: SecureRandom.bytes(KeyLimits.saltBytesMin), key: key)
    }

    private static func refusal(_ key: Span<UInt8>) -> KeyRefusal? {
        guard !key.isEmpty else { return .empty }
        guard key.count <= KeyLimits.keyBytesMax else { return .tooLong }
        guard CredentialForm.isVisibleASCII(key) else { return .unsafeBytes }
        switch CredentialForm.of(key) {
        case .generatedKey: return .generatedKey
        case .token: return .token
        case .encryptedToken: return .encryptedToken
        case .other: return nil
        }
    }

    private static func hashText(salt: [UInt8], key: Span<UInt8>) -> [UInt8] {
        var text = [UInt8]("sha256:")
        text += Hex.encode(salt)
        text.append(0x3A)
        text += Hex.encode(Digest.sha256(salt.span, key))
        return text
    }
}
