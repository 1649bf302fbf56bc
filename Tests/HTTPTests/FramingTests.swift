// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTP

struct FramingTests {
    @Test(arguments: [
        ("2", "200"), ("02", "200"), ("0000000000000000002", "200"),  // nineteen digits
        ("00000000000000000002", "400"),  // twenty
        ("", "400"), ("+2", "400"), ("-2", "400"), ("0x2", "400"), ("2e0", "400"), ("2.0", "400"), ("2 2", "400"),
        ("2,2", "400"),
        ("2, 2", "400"), ("2;a", "400"), ("\u{0662}", "400"), ("18446744073709551616", "400"),
        ("18446744073709551618", "400"),
        ("9223372036854775807", "413"), ("9999999999999999999", "413"), ("4194305", "413"),
    ])
    func `a content length is one number`(_ value: String, _ want: String) {
        let result = trace("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(value)\r\n\r\n{}")
        #expect(result.verdict == want)
        if want == "200" { #expect(result.bodies == [Array("{}".utf8)]) }
    }

    @Test(arguments: [
        ("chunked", "200"), ("Chunked", "200"), (" chunked \t", "200"), ("", "400"), ("identity", "501"),
        ("gzip", "501"),
        ("chunkedchunked", "501"), ("chunked, chunked", "400"), ("gzip, chunked", "400"), ("chunked, gzip", "400"),
        ("chunked,", "400"),
        (",chunked", "400"), ("chunked;q=1", "400"), ("\"chunked\"", "400"), ("chun ked", "400"),
        ("\u{B}chunked", "400"),
        ("xchunked", "501"), ("chunke", "501"),
    ])
    func `a transfer coding is chunked alone`(_ value: String, _ want: String) {
        #expect(status("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \(value)\r\n\r\n0\r\n\r\n") == want)
    }

    @Test(arguments: [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\ntransfer-encoding: identity\r\n",
        "Content-Length: 0\r\nTransfer-Encoding: identity\r\n", "Transfer-Encoding :chunked\r\n",
        "Transfer_Encoding: chunked\r\n",
        "X: y\r\n Transfer-Encoding: chunked\r\n",
    ])
    func `two framings are none`(_ lines: String) {
        #expect(status(get(lines) + "0\r\n\r\n") == "400")
    }

    @Test func `HTTP 1 point 0 has no chunks`() {
        #expect(status("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") == "400")
        #expect(status("POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 0\r\n\r\n") == "200")
    }

    @Test func `the content belongs to its request whatever the method`() {
        let inner = "GET /smuggled HTTP/1.1\r\nHost: gw.test\r\n\r\n"
        let result = trace("GET / HTTP/1.1\r\nHost: gw.test\r\nContent-Length: \(inner.utf8.count)\r\n\r\n\(inner)")
        #expect(result.verdict == "200")
        #expect(result.bodies == [Array(inner.utf8)])
    }

    @Test func `messages follow each other in one read`() {
        let input =
            "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
            + "POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\nT: u\r\n\r\n"
            + "POST /4 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
        let result = trace(input)
        #expect(result.verdict == "200,200,200,200")
        #expect(result.bodies == [Array("abc".utf8), [], Array("de".utf8), []])
        #expect(result.messages.map(\.path) == ["/1", "/2", "/3", "/4"].map { Array($0.utf8) })
        #expect(result.messages.map(\.framing) == [.length(3), .none, .chunked, .length(0)])
        #expect(result.endsIdle)
    }

    @Test func `a message is complete with its last byte, not before`() {
        let input = Array("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc".utf8)
        for length in 0..<input.count {
            let result = trace(Array(input[..<length]))
            #expect(result.verdict == "incomplete", "\(length) bytes")
            #expect(result.endsIdle == (length == 0))
        }
        #expect(trace(input).verdict == "200")
    }
}
