// SPDX-License-Identifier: Apache-2.0

/// What is wrong with the configured keys, or with a key that is to be hashed. No case carries bytes of an id or a key:
/// a key pasted into the wrong place must not come out of an error message. `entry` counts the entries from 0, so that
/// the configuration reader can say the line.
public enum IdentityError: Error, Hashable, Sendable {
    /// The id is not 1 to 64 of `A-Z a-z 0-9 . _ -`.
    case badID(entry: Int)
    /// An earlier entry has the same id.
    case duplicateID(entry: Int)
    /// The entry has no hash, or more than `KeyLimits.hashesPerKeyMax`.
    case hashCount(entry: Int)
    /// A salt is shorter than 16 bytes, or a digest is not 32.
    case badHash(entry: Int)
    /// The same hash stands under two ids: one key would name two callers.
    case sharedHash(entry: Int)
    /// More than `KeyLimits.importedSaltsMax` distinct salts, this entry's being the first too many.
    case tooManySalts(entry: Int)
    /// A name that `KeyMaker.make` was given is no id.
    case badKeyID
    /// `KeyMaker.hashImported` refuses the key.
    case unusableKey(KeyRefusal)

    /// What is wrong and what to do, without any of the bytes.
    public var sentence: StaticString {
        switch self {
        case .badID, .badKeyID: "an API key's id must be 1 to 64 letters, digits, '.', '_' or '-'"
        case .duplicateID: "two API keys have the same id; put several hashes of one id into its \"hashes\""
        case .hashCount: "an API key must have 1 to 8 hashes; remove those that have expired"
        case .badHash: "a hash must have a salt of at least 16 bytes and a digest of 32"
        case .sharedHash: "the same hash stands under two ids; one key can belong to one id only"
        case .tooManySalts:
            "imported API keys have more than 64 different salts; hash them with fewer, or use 'gatehouse key create'"
        case .unusableKey(let refusal): refusal.sentence
        }
    }
}

/// Why a value cannot be an imported key.
public enum KeyRefusal: Hashable, Sendable {
    case empty
    /// More than `KeyLimits.keyBytesMax` bytes.
    case tooLong
    /// A byte that is not visible ASCII: a header could not carry it unchanged.
    case unsafeBytes
    /// It begins with `ghk_`: such keys are found by the id that is in them.
    case generatedKey
    /// It has the form of a JWT: it would be taken for a token.
    case token
    /// It has five dot-separated parts, as an encrypted token: always refused.
    case encryptedToken

    public var sentence: StaticString {
        switch self {
        case .empty: "the key is empty"
        case .tooLong: "the key is longer than 512 bytes"
        case .unsafeBytes:
            "the key has a space, a control character or a byte that is not ASCII; no header can carry it"
        case .generatedKey: "the key begins with 'ghk_', which only 'gatehouse key create' may make"
        case .token: "the key has the form of a JWT and would be taken for a token"
        case .encryptedToken: "the key has five parts divided by dots, as an encrypted token, and would be refused"
        }
    }
}

/// Limits of the key ring.
public enum KeyLimits {
    /// Bytes of a presented key, at most.
    public static let keyBytesMax = 512
    /// Hashes under one id, at most: each costs one digest at every look-up of any id.
    public static let hashesPerKeyMax = 8
    /// Distinct salts of imported keys, at most: each costs one digest at every look-up of an imported key.
    public static let importedSaltsMax = 64
    /// Bytes of a salt, at least.
    public static let saltBytesMin = 16
}
