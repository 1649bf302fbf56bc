// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTP

/// Every limit of `ResponseLimits`: just met, and passed by one.
struct ResponseLimitTests {
    private let none = "Content-Length: 0\r\n"

    private func expect(
        _ text: String,
        _ want: String,
        _ limits: ResponseLimits = ResponseLimits(),
        closes: Bool = false
    ) {
        let setting = ResponseSetting(limits: limits, closes: closes)
        let whole = read(text, setting)
        #expect(whole.verdict == want)
        #expect(readByteByByte(Array(text.utf8), setting) == whole)
    }

    private func filler(_ count: Int) -> String { String(repeating: "a", count: count) }

    @Test func `statusLineBytes counts the line without its CRLF`() {
        let around = "HTTP/1.1 200 ".utf8.count
        expect("HTTP/1.1 200 \(filler(1024 - around))\r\n\(none)\r\n", "complete")
        expect("HTTP/1.1 200 \(filler(1025 - around))\r\n\(none)\r\n", "tooLarge")
        expect("HTTP/1.1 200 \(filler(1025 - around))", "tooLarge")
        var limits = ResponseLimits()
        for count in -1...around {
            limits.statusLineBytes = count
            expect("HTTP/1.1 200 \r\n\(none)\r\n", count == around ? "complete" : "tooLarge", limits)
        }
    }

    @Test func `headerBytes counts field lines with their CRLFs`() {
        let around = none.utf8.count + "X: \r\n".utf8.count
        expect(ok("\(none)X: \(filler(32768 - around))\r\n"), "complete")
        expect(ok("\(none)X: \(filler(32769 - around))\r\n"), "tooLarge")
        expect("HTTP/1.1 200 OK\r\n\(filler(40000))", "tooLarge")
        // Interim responses have a head of their own.
        let interim = "HTTP/1.1 103 X\r\nX: \(filler(32768 - 5))\r\n\r\n"
        expect(interim + interim + ok(none), "complete")
        expect("HTTP/1.1 103 X\r\nX: \(filler(32769 - 5))\r\n\r\n", "tooLarge")
    }

    @Test func `headers counts field lines`() {
        let line = "Y: b\r\n"
        expect(ok(none + String(repeating: line, count: 99)), "complete")
        expect(ok(none + String(repeating: line, count: 100)), "tooLarge")
        expect(okChunked("0\r\n" + String(repeating: line, count: 100) + "\r\n"), "complete")
        expect(okChunked("0\r\n" + String(repeating: line, count: 101) + "\r\n"), "tooLarge")
    }

    @Test func `interimResponses counts interim responses`() {
        let interim = "HTTP/1.1 100 Continue\r\n\r\n"
        expect(String(repeating: interim, count: 8) + ok(none), "complete")
        expect(String(repeating: interim, count: 9) + ok(none), "tooLarge")
        var limits = ResponseLimits()
        limits.interimResponses = 0
        expect(ok(none), "complete", limits)
        expect(interim + ok(none), "tooLarge", limits)
    }

    @Test func `bodyBytes counts content, however it is framed`() {
        var limits = ResponseLimits()
        limits.bodyBytes = 10
        expect(ok("Content-Length: 10\r\n", "0123456789"), "complete", limits)
        expect(ok("Content-Length: 11\r\n", ""), "tooLarge", limits)
        expect(okChunked("5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n"), "complete", limits)
        expect(okChunked("5\r\n01234\r\n6\r\n"), "tooLarge", limits)
        expect(ok("", "0123456789"), "complete", limits, closes: true)
        expect(ok("", "0123456789a"), "tooLarge", limits, closes: true)
        // No limit is the default, and the largest numbers do not trap.
        expect(ok("Content-Length: 9223372036854775807\r\n", "a"), "open")
        expect(okChunked("7fffffffffffffff\r\na"), "open")
        expect(okChunked("1\r\na\r\n7fffffffffffffff\r\n"), "tooLarge")
    }

    @Test func `the status is told where the length is over bodyBytes`() {
        var limits = ResponseLimits()
        limits.bodyBytes = 0
        let text = "HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\na"
        #expect(read(text, ResponseSetting(limits: limits)).status == 404)
        expect(text, "tooLarge", limits)
    }

    @Test func `chunk limits count as in requests`() {
        expect(okChunked("0000000000000001\r\na\r\n0\r\n\r\n"), "complete")
        expect(okChunked("00000000000000001\r\na\r\n0\r\n\r\n"), "malformed")
        expect(okChunked("1;\(filler(255))\r\na\r\n0\r\n\r\n"), "complete")
        expect(okChunked("1;\(filler(256))\r\na\r\n0\r\n\r\n"), "malformed")
        let full = String(repeating: "1;\(filler(255))\r\na\r\n", count: 64)
        expect(okChunked(full + "0\r\n\r\n"), "complete")
        expect(okChunked(full + "0;a\r\n\r\n"), "malformed")
        expect(okChunked("0\r\nX: \(filler(16384 - 5))\r\n\r\n"), "complete")
        expect(okChunked("0\r\nX: \(filler(16384 - 4))\r\n\r\n"), "tooLarge")
    }
}
