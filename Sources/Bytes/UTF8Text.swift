// SPDX-License-Identifier: Apache-2.0

/// Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing over U+10FFFF.
public enum UTF8Text {
    /// The length of the well-formed sequence at `offset`, nil where there is none.
    public static func sequenceLength(_ bytes: Span<UInt8>, at offset: Int) -> Int? {
        let first = bytes[offset]
        if first < 0x80 { return 1 }
        let (length, low, high): (Int, UInt8, UInt8)
        switch first {
        case 0xC2...0xDF: (length, low, high) = (2, 0x80, 0xBF)
        case 0xE0: (length, low, high) = (3, 0xA0, 0xBF)
        case 0xED: (length, low, high) = (3, 0x80, 0x9F)
        case 0xE1...0xEF: (length, low, high) = (3, 0x80, 0xBF)
        case 0xF0: (length, low, high) = (4, 0x90, 0xBF)
        case 0xF4: (length, low, high) = (4, 0x80, 0x8F)
        case 0xF1...0xF3: (length, low, high) = (4, 0x80, 0xBF)
        default: return nil
        }
        guard offset + length <= bytes.count, bytes[offset + 1] >= low, bytes[offset + 1] <= high else { return nil }
        for index in 2..<max(length, 2) where bytes[offset + index] & 0xC0 != 0x80 { return nil }
        return length
    }

    /// The offset of the first byte that is not part of a well-formed sequence, nil if all are.
    public static func firstInvalidOffset(_ bytes: Span<UInt8>) -> Int? {
        var index = 0
        while index < bytes.count {
            guard let length = sequenceLength(bytes, at: index) else { return index }
            index += length
        }
        return nil
    }

    /// Appends a scalar value (not a surrogate, at most U+10FFFF).
    public static func append(_ scalar: UInt32, to bytes: inout [UInt8]) {
        switch scalar {
        case 0..<0x80:
            bytes.append(UInt8(truncatingIfNeeded: scalar))
        case 0x80..<0x800:
            bytes.append(UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6))
            bytes.append(tail(scalar))
        case 0x800..<0x10000:
            bytes.append(UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12))
            bytes.append(tail(scalar >> 6))
            bytes.append(tail(scalar))
        default:
            bytes.append(UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18))
            bytes.append(tail(scalar >> 12))
            bytes.append(tail(scalar >> 6))
            bytes.append(tail(scalar))
        }
    }

    private static func tail(_ scalar: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F) }
}
