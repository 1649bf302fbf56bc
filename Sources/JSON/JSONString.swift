// SPDX-License-Identifier: Apache-2.0

import Bytes

/// The decoding of strings that the scanner has checked.
enum JSONString {
    /// The bytes that the text between the quotes stands for.
    static func decode(_ content: Span<UInt8>) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(content.count)
        var index = 0
        while index < content.count {
            let byte = content[index]
            guard byte == 0x5C else {
                decoded.append(byte)
                index += 1
                continue
            }
            index += appendEscape(content, at: index, to: &decoded)
        }
        return decoded
    }

    /// Appends what the escape at the backslash stands for; its length.
    private static func appendEscape(_ content: Span<UInt8>, at index: Int, to decoded: inout [UInt8]) -> Int {
        switch content[index + 1] {
        case 0x62: decoded.append(0x08)
        case 0x66: decoded.append(0x0C)
        case 0x6E: decoded.append(0x0A)
        case 0x72: decoded.append(0x0D)
        case 0x74: decoded.append(0x09)
        case 0x75:
            let unit = unit(content, at: index)
            guard unit & 0xF800 == 0xD800 else {
                UTF8Text.append(unit, to: &decoded)
                return 6
            }
            // The scanner saw that the other half follows.
            let low = self.unit(content, at: index + 6)
            UTF8Text.append(0x10000 + (unit & 0x3FF) << 10 + (low & 0x3FF), to: &decoded)
            return 12
        case let byte: decoded.append(byte)
        }
        return 2
    }

    private static func unit(_ content: Span<UInt8>, at index: Int) -> UInt32 {
        var unit: UInt32 = 0
        for digit in index + 2..<index + 6 { unit = unit << 4 | UInt32(ASCII.hexValue(content[digit]) ?? 0) }
        return unit
    }
}
