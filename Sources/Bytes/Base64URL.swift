// SPDX-License-Identifier: Apache-2.0

/// base64url without padding (RFC 4648, section 5; RFC 7515, section 2).
public enum Base64URL {
    public static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count * 4 + 2) / 3)
        var index = 0
        while index + 2 < bytes.count {
            let word = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
            for shift: UInt32 in [18, 12, 6, 0] { text.append(letter(word >> shift)) }
            index += 3
        }
        let rest = bytes.count - index
        if rest == 1 {
            let word = UInt32(bytes[index]) << 16
            text.append(letter(word >> 18))
            text.append(letter(word >> 12))
        } else if rest == 2 {
            let word = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8
            for shift: UInt32 in [18, 12, 6] { text.append(letter(word >> shift)) }
        }
        return text
    }

    /// The bytes, nil for any text that `encode` would not have written: padding, other alphabets, white space, a
    /// length no encoder makes, or bits set behind the last byte. One value has one spelling.
    public static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3 + 2)
        var word: UInt32 = 0
        var bits: UInt32 = 0
        for index in text.indices {
            guard let value = value(text[index]) else { return nil }
            word = word << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: word >> bits))
                word &= (1 << bits) - 1
            }
        }
        return word == 0 ? bytes : nil
    }

    private static func letter(_ value: UInt32) -> UInt8 {
        let six = UInt8(truncatingIfNeeded: value & 63)
        switch six {
        case 0..<26: return 0x41 + six
        case 26..<52: return 0x61 + six - 26
        case 52..<62: return 0x30 + six - 52
        case 62: return 0x2D
        default: return 0x5F
        }
    }

    private static func value(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x41...0x5A: UInt32(byte - 0x41)
        case 0x61...0x7A: UInt32(byte - 0x61 + 26)
        case 0x30...0x39: UInt32(byte - 0x30 + 52)
        case 0x2D: 62
        case 0x5F: 63
        default: nil
        }
    }
}
