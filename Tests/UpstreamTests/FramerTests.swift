// SPDX-License-Identifier: Apache-2.0

import Bytes
import Testing

@testable import Upstream

@Suite struct `Lines of a child` {
    private func lines(_ pieces: [String], max: Int = 100) -> (lines: [String], fits: Bool) {
        var framer = LineFramer(lineBytesMax: max)
        var found: [String] = []
        for piece in pieces {
            let fits = framer.feed(Array(piece.utf8).span) { found.append(String(decoding: $0, as: UTF8.self)) }
            guard fits else { return (found, false) }
        }
        return (found, true)
    }

    @Test(arguments: [
        (["a\n"], ["a"]),
        (["a\nb\n"], ["a", "b"]),
        (["a", "b", "\n"], ["ab"]),
        (["a\r\n"], ["a"]),
        (["a\r", "\nb"], ["a"]),
        (["a\rb\n"], ["a\rb"]),  // a bare CR ends no line here; the reader of JSON refuses it inside strings
        (["\n\n\n"], []),
        (["\r\n"], []),
        (["no end"], []),
        ([""], []),
    ])
    func `a line ends with LF, however it comes`(pieces: [String], expected: [String]) {
        let result = lines(pieces)
        #expect(result.lines == expected)
        #expect(result.fits)
    }

    @Test func `a line split at every place is the same line`() {
        let text = "{\"one\":1}\n{\"two\":2}\r\n{\"three\":3}\n"
        let whole = lines([text]).lines
        #expect(whole.count == 3)
        for place in 0...text.utf8.count {
            let bytes = Array(text.utf8)
            let halves = [bytes[..<place], bytes[place...]].map { String(decoding: $0, as: UTF8.self) }
            #expect(lines(halves).lines == whole)
        }
        #expect(lines(text.map(String.init)).lines == whole)
    }

    @Test func `a line may have as many bytes as the limit and no more`() {
        let full = String(repeating: "x", count: 10)
        #expect(lines([full + "\n"], max: 10).lines == [full])
        #expect(lines([full, "\n"], max: 10).lines == [full])
        #expect(lines([full + "x\n"], max: 10).fits == false)
        #expect(lines([full, "x"], max: 10).fits == false)
        #expect(lines([full + "x"], max: 10).fits == false)
    }

    @Test func `lines before the one that is too long are handed out`() {
        let result = lines(["good\n" + String(repeating: "x", count: 11)], max: 10)
        #expect(result.lines == ["good"])
        #expect(!result.fits)
    }

    private func complaints(_ text: String, _ framer: inout ComplaintFramer, now: UInt64) -> [(String, Int)] {
        var found: [(String, Int)] = []
        framer.feed(Array(text.utf8).span, now: now) { found.append((String(decoding: $0, as: UTF8.self), $1)) }
        return found
    }

    @Test func `standard error is cut to its limit and to so many lines a second`() {
        var limits = StdioLimits()
        limits.errorLineBytesMax = 4
        limits.errorLinesPerSecondMax = 2
        var framer = ComplaintFramer(limits: limits)
        let second: UInt64 = 1_000_000_000
        let first = complaints("long line\nb\nc\nd\n", &framer, now: second)
        #expect(first.map(\.0) == ["long", "b"])
        let later = complaints("e\n", &framer, now: 2 * second)
        #expect(later.map(\.0) == ["e"])
        #expect(later.map(\.1) == [2])
    }
}
