// SPDX-License-Identifier: Apache-2.0

import Bytes

/// The form of a key that Gatehouse makes. All lengths but the id's are fixed, so it is read from the right and the id
/// may hold underscores:
///
/// ```
/// ghk_ │ id, 1…64 │ _ │ 43 characters: 32 random bytes │ _ │ 6 characters: CRC-32 of all before the last underscore
/// ```
///
/// The checksum is no protection: it finds typing errors, and lets scanners of leaked secrets be sure.
enum GeneratedKey {
    static let secretBytes = 32
    static let secretCharacters = 43
    static let checksumCharacters = 6

    enum Reading: Equatable {
        /// It does not begin with `ghk_`.
        case otherForm
        /// It begins with `ghk_`, but has not the form above.
        case malformed
        case wrongChecksum
        /// The form and the checksum are right; the id is at this place.
        case generated(id: Range<Int>)
    }

    /// Any value beginning with `ghk_` is this form, well made or not (semantics 1).
    static func read(_ key: Span<UInt8>) -> Reading {
        guard key.starts(with: "ghk_") else { return .otherForm }
        let checksumStart = key.count - checksumCharacters
        let idEnd = checksumStart - 1 - secretCharacters - 1
        guard idEnd > 4, key[checksumStart - 1] == underscore, key[idEnd] == underscore,
            APIKeyID.isValid(key.extracting(4..<idEnd))
        else { return .malformed }
        let expected = checksum(key.extracting(..<(checksumStart - 1)))
        guard key.extracting(checksumStart...).equals(expected.span) else { return .wrongChecksum }
        return .generated(id: 4..<idEnd)
    }

    /// The key text for an id and 32 random bytes.
    static func text(id: [UInt8], secret: [UInt8]) -> [UInt8] {
        var text = [UInt8]("ghk_")
        text.reserveCapacity(4 + id.count + 1 + secretCharacters + 1 + checksumCharacters)
        text += id
        text.append(underscore)
        text += Base64URL.encode(secret)
        let sum = checksum(text.span)
        text.append(underscore)
        return text + sum
    }

    /// CRC-32 in base 62, digits before capitals before small letters, most significant first, zeros in front.
    static func checksum(_ bytes: Span<UInt8>) -> [UInt8] {
        var rest = crc32(bytes)
        var digits = [UInt8](repeating: 0x30, count: checksumCharacters)
        for index in digits.indices.reversed() {
            digits[index] = digit(UInt8(rest % 62))
            rest /= 62
        }
        return digits
    }

    /// The CRC-32 of IEEE 802.3, as in gzip and PNG.
    static func crc32(_ bytes: Span<UInt8>) -> UInt32 {
        let table = self.table
        var sum: UInt32 = 0xFFFF_FFFF
        for index in bytes.indices {
            sum = table[Int((sum ^ UInt32(bytes[index])) & 0xFF)] ^ sum >> 8
        }
        return ~sum
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        switch value {
        case 0..<10: 0x30 + value
        case 10..<36: 0x41 + value - 10
        default: 0x61 + value - 36
        }
    }

    private static let underscore: UInt8 = 0x5F

    private static let table: [UInt32] = (0..<256).map { index in
        var word = UInt32(index)
        for _ in 0..<8 { word = word & 1 == 1 ? word >> 1 ^ 0xEDB8_8320 : word >> 1 }
        return word
    }
}
