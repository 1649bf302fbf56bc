// SPDX-License-Identifier: Apache-2.0

import Bytes
import Crypto

/// Salts of generated keys carry a mark. A configured hash does not say whether its key is generated, found by id, or
/// imported, found by a digest for every distinct salt; without the mark a thousand generated keys would count as a
/// thousand imported salts. A hash that another program made has no mark and is looked for in both ways.
///
/// ```
/// 16 random bytes │ the first 8 of SHA-256(label, id, those 16)
/// ```
enum GeneratedSalt {
    static let randomBytes = 16
    static let markBytes = 8

    static func make(id: [UInt8]) -> [UInt8] {
        let random = SecureRandom.bytes(randomBytes)
        return random + mark(id: id, random: random.span)
    }

    /// Whether `make` made the salt for this id; another salt passes once in 2^64.
    static func isMarked(_ salt: [UInt8], id: [UInt8]) -> Bool {
        guard salt.count == randomBytes + markBytes else { return false }
        let span = salt.span
        let expected = mark(id: id, random: span.extracting(first: randomBytes))
        return span.extracting(last: markBytes).equals(expected.span)
    }

    private static func mark(id: [UInt8], random: Span<UInt8>) -> [UInt8] {
        var hash = SHA256()
        hash.update("gatehouse generated key")
        hash.update(id.span)
        hash.update(random)
        return Array(hash.finish().prefix(markBytes))
    }
}
