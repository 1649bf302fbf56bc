// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Durations and sizes as a configuration writes them: a whole number and one unit, without space between.
public enum ConfigUnits {
    /// Nanoseconds; nil for anything that is not `1*DIGIT` and `ms`, `s`, `m`, `h` or `d`, or is over 2^63.
    public static func duration(_ text: [UInt8]) -> UInt64? { amount(text, durations) }

    /// Bytes; nil for anything that is not `1*DIGIT` and `B`, `KiB`, `MiB` or `GiB`, or is over 2^63.
    public static func size(_ text: [UInt8]) -> UInt64? { amount(text, sizes) }

    /// The shortest spelling that is exact.
    public static func text(duration: UInt64) -> String { spell(duration, durations) }

    /// The shortest spelling that is exact.
    public static func text(size: UInt64) -> String { spell(size, sizes) }

    private static let durations: [(unit: StaticString, worth: Int)] = [
        ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
        ("ms", 1_000_000),
    ]
    private static let sizes: [(unit: StaticString, worth: Int)] = [
        ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1),
    ]

    private static func amount(_ text: [UInt8], _ units: [(unit: StaticString, worth: Int)]) -> UInt64? {
        let digits = Array(text.prefix { ASCII.isDigit($0) })
        let unit = Array(text.dropFirst(digits.count))
        guard let number = DecimalText.parse(digits.span),
            let worth = units.first(where: { unit.equals($0.unit) })?.worth
        else { return nil }
        let (product, overflowed) = number.multipliedReportingOverflow(by: worth)
        return overflowed ? nil : UInt64(product)
    }

    private static func spell(_ amount: UInt64, _ units: [(unit: StaticString, worth: Int)]) -> String {
        for (unit, worth) in units where amount > 0 && amount.isMultiple(of: UInt64(worth)) {
            return "\(amount / UInt64(worth))\(unit)"
        }
        return "0\(units[units.count - 1].unit)"
    }
}
