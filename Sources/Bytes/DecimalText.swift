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
        withText(number) { text.append(contentsOf: $0) }
    }

    /// Lends the text that `append` appends.
    public static func withText<Result>(_ number: Int, _ body: (Span<UInt8>) -> Result) -> Result {
        var digits = InlineArray<20, UInt8>(repeating: 0x30)
        var start = digits.count
        var rest = number.magnitude
        repeat {
            start -= 1
            digits[start] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        // 2^63 has nineteen digits, so there is room for the sign.
        if number < 0 {
            start -= 1
            digits[start] = 0x2D
        }
        return body(digits.span.extracting(start...))
    }
}
