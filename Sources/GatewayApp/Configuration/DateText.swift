// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Points in time as RFC 3339 writes them, in UTC only.
enum DateText {
    /// Seconds since 1970 of `2027-01-01T00:00:00Z`; nil for any other form, another offset than `Z`, a day that the
    /// month does not have, or a year before 1970. A fraction of a second is read and dropped. There is no second 60:
    /// clocks that count from 1970 have none.
    static func parse(_ text: [UInt8]) -> Int? {
        guard text.count >= 20, text[4] == 0x2D, text[7] == 0x2D, text[10] == 0x54, text[13] == 0x3A,
            text[16] == 0x3A, text.last == 0x5A, isFraction(text[19..<(text.count - 1)]),
            let year = number(text, 0..<4, 1970...9999), let month = number(text, 5..<7, 1...12),
            let day = number(text, 8..<10, 1...daysIn(month: month, of: year)),
            let hour = number(text, 11..<13, 0...23), let minute = number(text, 14..<16, 0...59),
            let second = number(text, 17..<19, 0...59)
        else { return nil }
        var days = day - 1
        for earlier in 1..<month { days += daysIn(month: earlier, of: year) }
        days += (year - 1970) * 365 + leapDays(before: year) - leapDays(before: 1970)
        return ((days * 24 + hour) * 60 + minute) * 60 + second
    }

    /// The text of seconds since 1970; before that, and after 9999, the nearest that can be written.
    static func text(_ seconds: Int) -> [UInt8] {
        let seconds = min(max(seconds, 0), 253_402_300_799)
        var days = seconds / 86400
        var year = 1970
        while days >= daysIn(year: year) {
            days -= daysIn(year: year)
            year += 1
        }
        var month = 1
        while days >= daysIn(month: month, of: year) {
            days -= daysIn(month: month, of: year)
            month += 1
        }
        var text: [UInt8] = []
        append(year, digits: 4, to: &text)
        let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60)
        for (mark, part) in [(0x2D, month), (0x2D, days + 1), (0x54, hour), (0x3A, minute), (0x3A, second)] {
            text.append(UInt8(mark))
            append(part, digits: 2, to: &text)
        }
        text.append(0x5A)
        return text
    }

    private static func isFraction(_ text: ArraySlice<UInt8>) -> Bool {
        text.isEmpty || text.count >= 2 && text.first == 0x2E && text.dropFirst().allSatisfy(ASCII.isDigit)
    }

    private static func number(_ text: [UInt8], _ place: Range<Int>, _ bounds: ClosedRange<Int>) -> Int? {
        guard let number = DecimalText.parse(Array(text[place]).span), bounds.contains(number) else { return nil }
        return number
    }

    private static func append(_ number: Int, digits: Int, to text: inout [UInt8]) {
        var written: [UInt8] = []
        DecimalText.append(number, to: &written)
        text += [UInt8](repeating: 0x30, count: digits - written.count) + written
    }

    private static func isLeap(_ year: Int) -> Bool {
        year.isMultiple(of: 4) && !year.isMultiple(of: 100) || year.isMultiple(of: 400)
    }

    private static func daysIn(year: Int) -> Int { isLeap(year) ? 366 : 365 }

    private static func daysIn(month: Int, of year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Leap days in the years 1 to `year` - 1.
    private static func leapDays(before year: Int) -> Int {
        let last = year - 1
        return last / 4 - last / 100 + last / 400
    }
}
