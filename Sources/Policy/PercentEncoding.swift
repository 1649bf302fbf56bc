// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Percent-triplets of URIs (RFC 3986, section 2.1).
enum PercentEncoding {
    private static let percent: UInt8 = 0x25

    /// The byte that the triplet at `offset` stands for, nil where none begins there.
    static func triplet(_ text: Span<UInt8>, at offset: Int) -> UInt8? {
        guard offset + 2 < text.count, text[offset] == percent, let high = ASCII.hexValue(text[offset + 1]),
            let low = ASCII.hexValue(text[offset + 2])
        else { return nil }
        return high << 4 | low
    }

    /// Whether every `%` begins a triplet.
    static func isWellFormed(_ text: Span<UInt8>) -> Bool {
        for index in text.indices where text[index] == percent {
            guard triplet(text, at: index) != nil else { return false }
        }
        return true
    }

    /// Appends what the first reading makes of a triplet's byte: the byte itself, or the triplet again (digits in upper
    /// case) where decoding would change what the parts of the URI are: `/ \ ? # %`.
    static func appendFirstReading(of byte: UInt8, to text: inout [UInt8]) {
        switch byte {
        case 0x2F, 0x5C, 0x3F, 0x23, percent:
            text.append(percent)
            text.append(upperDigit(byte >> 4))
            text.append(upperDigit(byte & 15))
        default: text.append(byte)
        }
    }

    /// The first reading of a text whose triplets are well-formed.
    static func firstReading(_ text: [UInt8]) -> [UInt8] {
        decode(text) { byte, result in appendFirstReading(of: byte, to: &result) }
    }

    /// Every triplet decoded, once; a `%` that begins none stays.
    static func decodedOnce(_ text: [UInt8]) -> [UInt8] {
        decode(text) { byte, result in result.append(byte) }
    }

    private static func decode(_ text: [UInt8], _ append: (UInt8, inout [UInt8]) -> Void) -> [UInt8] {
        guard text.contains(percent) else { return text }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            guard let byte = triplet(text.span, at: index) else {
                result.append(text[index])
                index += 1
                continue
            }
            append(byte, &result)
            index += 3
        }
        return result
    }

    private static func upperDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x37 + value }
}
