// SPDX-License-Identifier: Apache-2.0

/// Non-negative decimal integers as text.
public enum DecimalText {
    /// The number that `1*DIGIT` spells; nil for an empty text, any other byte, or a value over `Int.max`.
    /// Leading zeros are read; signs are not.
    public static func parse(_ text: Span<UInt8>) -> Int? {
        guard !text.isEmpty else { return nil }
        var number = 0
        for index in text.indices {
            guard ASCII.isDigit(text[index]) else { return nil }
            let (tenfold, overflowed) = number.multipliedReportingOverflow(by: 10)
            let (sum, overflowedAgain) = tenfold.addingReportingOverflow(Int(text[index] &- 0x30))
            guard !overflowed, !overflowedAgain else { return nil }
            number = sum
        }
        return number
    }

    /// Appends the digits of an integer, with `-` before a negative one.
    public static func append(_ number: Int, to text: inout [UInt8]) {
        if number < 0 { text.append(0x2D) }
        var magnitude = number.magnitude
        let start = text.count
        repeat {
            text.append(0x30 + UInt8(truncatingIfNeeded: magnitude % 10))
            magnitude /= 10
        } while magnitude > 0
        text[start...].reverse()
    }
}
