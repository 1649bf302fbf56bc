// SPDX-License-Identifier: Apache-2.0

import Bytes

/// RFC 3339 in UTC with microseconds: `2026-11-21T04:28:45.123456Z`.
public enum Timestamp {
    /// - Parameter microseconds: since 1970, not negative.
    public static func text(_ microseconds: Int) -> [UInt8] {
        let seconds = microseconds / 1_000_000
        let (days, ofDay) = (seconds / 86_400, seconds % 86_400)
        let date = civil(days)
        var text: [UInt8] = []
        text.reserveCapacity(27)
        append(date.year, 4, &text)
        text.append(0x2D)
        append(date.month, 2, &text)
        text.append(0x2D)
        append(date.day, 2, &text)
        text.append(0x54)
        append(ofDay / 3600, 2, &text)
        text.append(0x3A)
        append(ofDay / 60 % 60, 2, &text)
        text.append(0x3A)
        append(ofDay % 60, 2, &text)
        text.append(0x2E)
        append(microseconds % 1_000_000, 6, &text)
        text.append(0x5A)
        return text
    }

    /// The date of a day since 1970, in the Gregorian calendar. Years are counted from 1 March of year 0, so that the
    /// leap day is the last of its year, in eras of 400 years (146,097 days).
    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let ofEra = shifted % 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let fromMarch = (5 * ofYear + 2) / 153
        let day = ofYear - (153 * fromMarch + 2) / 5 + 1
        let month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func append(_ number: Int, _ width: Int, _ text: inout [UInt8]) {
        var divisor = 1
        for _ in 1..<width { divisor *= 10 }
        while divisor > 0 {
            text.append(0x30 + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
    }
}
