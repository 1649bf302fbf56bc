// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTP

/// Every limit of `HTTPLimits`: just met, and passed by one. Both verdicts are those of the bytes one by one, too.
struct LimitTests {
    private func expect(_ input: String, _ want: String, _ limits: HTTPLimits = HTTPLimits()) {
        let bytes = Array(input.utf8)
        let whole = trace(bytes, limits: limits)
        #expect(whole.verdict == want)
        #expect(traceByteByByte(bytes, limits: limits) == whole)
    }

    private func filler(_ count: Int) -> String { String(repeating: "a", count: count) }

    @Test func `requestLineBytes counts the line without its CRLF`() {
        let around = "GET / HTTP/1.1".utf8.count
        expect("GET /\(filler(8192 - around)) HTTP/1.1\r\nHost: a\r\n\r\n", "200")
        expect("GET /\(filler(8193 - around)) HTTP/1.1\r\nHost: a\r\n\r\n", "414")
        expect("GET /\(filler(8192 - 4)) HTTP/1.1\r\nHost: a\r\n\r\n", "414")
        expect("GET /\(filler(100_000))", "414")
        var limits = HTTPLimits()
        for count in 0...around {
            limits.requestLineBytes = count
            expect("GET / HTTP/1.1\r\nHost: a\r\n\r\n", count == around ? "200" : "414", limits)
        }
    }

    @Test func `methodBytes counts the method`() {
        expect("\(filler(32)) / HTTP/1.1\r\nHost: a\r\n\r\n", "200")
        expect("\(filler(33)) / HTTP/1.1\r\nHost: a\r\n\r\n", "501")
        expect(filler(100_000), "501")
    }

    @Test func `headerBytes counts field lines with their CRLFs`() {
        let host = "Host: a\r\n"
        let around = host.utf8.count + "X: \r\n".utf8.count
        expect("GET / HTTP/1.1\r\n\(host)X: \(filler(16384 - around))\r\n\r\n", "200")
        expect("GET / HTTP/1.1\r\n\(host)X: \(filler(16385 - around))\r\n\r\n", "431")
        expect("GET / HTTP/1.1\r\n\(host)\(filler(20000))", "431")
        let line = "Y: b\r\n"
        let many = String(repeating: line, count: 99)
        var limits = HTTPLimits()
        limits.headerBytes = (host + many).utf8.count
        expect("GET / HTTP/1.1\r\n\(host)\(many)\r\n", "200", limits)
        limits.headerBytes -= 1
        expect("GET / HTTP/1.1\r\n\(host)\(many)\r\n", "431", limits)
        limits.headerBytes = 0
        expect("GET / HTTP/1.0\r\n\r\n", "200", limits)
        expect("GET / HTTP/1.0\r\nA:\r\n\r\n", "431", limits)
        for count in 0...host.utf8.count {
            limits.headerBytes = count
            expect("GET / HTTP/1.1\r\n\(host)\r\n", count == host.utf8.count ? "200" : "431", limits)
        }
    }

    @Test func `headers counts field lines`() {
        let line = "Y: b\r\n"
        expect(get(String(repeating: line, count: 99)), "200")
        expect(get(String(repeating: line, count: 100)), "431")
        expect(chunked("0\r\n" + String(repeating: line, count: 100) + "\r\n"), "200")
        expect(chunked("0\r\n" + String(repeating: line, count: 101) + "\r\n"), "431")
    }

    @Test func `leadingEmptyLines counts empty lines`() {
        var limits = HTTPLimits()
        limits.leadingEmptyLines = 0
        expect(get(""), "200", limits)
        expect("\r\n" + get(""), "400", limits)
        limits.leadingEmptyLines = 3
        expect("\r\n\r\n\r\n" + get(""), "200", limits)
        expect("\r\n\r\n\r\n\r\n" + get(""), "400", limits)
    }

    @Test func `bodyBytes counts content, however it is framed`() {
        let limits = HTTPLimits(headerBytes: 16384, headers: 100, bodyBytes: 10)
        let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: "
        expect("\(head)10\r\n\r\n0123456789", "200", limits)
        expect("\(head)11\r\n\r\n", "413", limits)
        expect(chunked("a\r\n0123456789\r\n0\r\n\r\n"), "200")
        expect(chunked("a\r\n0123456789\r\n0\r\n\r\n"), "200", limits)
        expect(chunked("5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n"), "200", limits)
        expect(chunked("5\r\n01234\r\n6\r\n56789a\r\n0\r\n\r\n"), "413", limits)
        expect(chunked("4\r\n0123\r\n4\r\n4567\r\n2\r\n89\r\n0\r\n\r\n"), "200", limits)
        expect(chunked("4\r\n0123\r\n4\r\n4567\r\n3\r\n"), "413", limits)
        expect(chunked("b"), "413", limits)
        expect(chunked("a\r\n0123456789\r\n1"), "413", limits)
        // The count starts anew with every message.
        let one = chunked("a\r\n0123456789\r\n0\r\n\r\n")
        expect(one + one, "200,200", limits)
        let none = HTTPLimits(headerBytes: 16384, headers: 100, bodyBytes: 0)
        expect(chunked("0\r\n\r\n"), "200", none)
        expect(chunked("1"), "413", none)
    }

    @Test func `a body limit of Int max does not overflow`() {
        let limits = HTTPLimits(headerBytes: .max, headers: .max, bodyBytes: .max)
        #expect(trace(chunked("1\r\na\r\n7fffffffffffffff\r\n"), limits: limits).error?.status == 413)
        #expect(trace(chunked("7fffffffffffffff\r\na"), limits: limits).error == nil)
        #expect(trace(chunked("ffffffffffffffff\r\n"), limits: limits).error?.status == 413)
        #expect(
            trace("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775807\r\n\r\na", limits: limits).error
                == nil
        )
        #expect(
            status("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775808\r\n\r\na", limits: limits)
                == "413"
        )
    }

    @Test func `chunkSizeDigits counts the digits of one size`() {
        expect(chunked("0000000000000001\r\na\r\n0\r\n\r\n"), "200")
        expect(chunked("00000000000000001\r\na\r\n0\r\n\r\n"), "400")
        expect(chunked("1\r\na\r\n00000000000000000\r\n\r\n"), "400")
    }

    @Test func `chunkExtensionBytes counts the extensions of one chunk`() {
        expect(chunked("1;\(filler(255))\r\na\r\n0;\(filler(255))\r\n\r\n"), "200")
        expect(chunked("1;\(filler(256))\r\na\r\n0\r\n\r\n"), "400")
        expect(chunked("1;a=\"\(filler(251))\"\r\na\r\n0\r\n\r\n"), "200")
        expect(chunked("1;a=\"\(filler(252))\"\r\na\r\n0\r\n\r\n"), "400")
    }

    @Test func `messageExtensionBytes counts the extensions of all chunks`() {
        let chunk = "1;\(filler(255))\r\na\r\n"
        let full = String(repeating: chunk, count: 64)
        expect(chunked(full + "0\r\n\r\n"), "200")
        expect(chunked(full + "0;a\r\n\r\n"), "400")
        // The count starts anew with every message.
        expect(chunked(full + "0\r\n\r\n") + chunked(full + "0\r\n\r\n"), "200,200")
    }

    @Test func `trailerBytes counts trailer lines with their CRLFs`() {
        expect(chunked("0\r\nX: \(filler(16384 - 5))\r\n\r\n"), "200")
        expect(chunked("0\r\nX: \(filler(16384 - 4))\r\n\r\n"), "431")
        expect(chunked("0\r\n\(filler(20000))"), "431")
        let two = chunked("0\r\nX: \(filler(10000))\r\n\r\n")
        expect(two + two, "200,200")
    }
}
