// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Telemetry

@Suite struct `Times in the log` {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000Z"),
        (951_827_696_000_001, "2000-02-29T12:34:56.000001Z"),  // a century that is a leap year
        (1_709_251_199_999_999, "2024-02-29T23:59:59.999999Z"),
        (1_709_251_200_000_000, "2024-03-01T00:00:00.000000Z"),
        (4_107_542_399_000_000, "2100-02-28T23:59:59.000000Z"),  // a century that is none
        (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
        (253_402_300_799_000_000, "9999-12-31T23:59:59.000000Z"),
    ])
    func `a moment is written as RFC 3339 in UTC`(microseconds: Int, text: String) {
        #expect(String(decoding: Timestamp.text(microseconds), as: UTF8.self) == text)
    }

    @Test func `every day of 400 years is the day that the calendar says`() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        for day in stride(from: 0, to: 146_097, by: 7) {
            let parts = calendar.dateComponents(
                [.year, .month, .day],
                from: Date(timeIntervalSince1970: Double(day) * 86_400)
            )
            let expected = String(format: "%04d-%02d-%02d", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0)
            let text = String(decoding: Timestamp.text(day * 86_400_000_000), as: UTF8.self)
            #expect(text.hasPrefix(expected + "T00:00:00"))
        }
    }
}
