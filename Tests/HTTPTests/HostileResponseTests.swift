// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTP

/// What an upstream must not get away with. Every row is refused whole and byte by byte alike, and its connection is
/// not used again.
struct HostileResponseTests {
    private static let none = "Content-Length: 0\r\n"

    struct Row: CustomTestStringConvertible, Sendable {
        let why: String
        let text: String
        let kind: ResponseError.Kind
        var toHead = false
        var closes = false

        var testDescription: String { why }

        init(
            _ why: String,
            _ text: String,
            _ kind: ResponseError.Kind,
            toHead: Bool = false,
            closes: Bool = false
        ) {
            self.why = why
            self.text = text
            self.kind = kind
            self.toHead = toHead
            self.closes = closes
        }
    }

    static let statusLines: [Row] = [
        Row("another protocol", "SSH-2.0-x\r\n", .malformed),
        Row("lower case", "http/1.1 200 OK\r\n\(none)\r\n", .malformed),
        Row("an empty line in front", "\r\n\(ok(none))", .malformed),
        Row("a space in front", " \(ok(none))", .malformed),
        Row("a byte-order mark in front", "\u{FEFF}\(ok(none))", .malformed),
        Row("HTTP/0.9", "<html>", .malformed),
        Row("HTTP/2", "HTTP/2.0 200 OK\r\n\(none)\r\n", .malformed),
        Row("HTTP/2 without a minor", "HTTP/2 200\r\n\(none)\r\n", .malformed),
        Row("HTTP/1.2", "HTTP/1.2 200 OK\r\n\(none)\r\n", .malformed),
        Row("two digits of minor", "HTTP/1.10 200 OK\r\n\(none)\r\n", .malformed),
        Row("two digits of major", "HTTP/01.1 200 OK\r\n\(none)\r\n", .malformed),
        Row("a comma for the dot", "HTTP/1,1 200 OK\r\n\(none)\r\n", .malformed),
        Row("a tab behind the version", "HTTP/1.1\t200 OK\r\n\(none)\r\n", .malformed),
        Row("two spaces behind the version", "HTTP/1.1  200 OK\r\n\(none)\r\n", .malformed),
        Row("one digit of status", "HTTP/1.1 2 OK\r\n\(none)\r\n", .malformed),
        Row("two digits of status", "HTTP/1.1 20 OK\r\n\(none)\r\n", .malformed),
        Row("four digits of status", "HTTP/1.1 2000 OK\r\n\(none)\r\n", .malformed),
        Row("a sign in the status", "HTTP/1.1 +20 OK\r\n\(none)\r\n", .malformed),
        Row("a letter in the status", "HTTP/1.1 2x0 OK\r\n\(none)\r\n", .malformed),
        Row("status 000", "HTTP/1.1 000 OK\r\n\(none)\r\n", .malformed),
        Row("status 099", "HTTP/1.1 099 OK\r\n\(none)\r\n", .malformed),
        Row("status 600", "HTTP/1.1 600 OK\r\n\(none)\r\n", .malformed),
        Row("status 999", "HTTP/1.1 999 OK\r\n\(none)\r\n", .malformed),
        Row("no space behind the status", "HTTP/1.1 200\r\n\(none)\r\n", .malformed),
        Row("no status", "HTTP/1.1 \r\n\(none)\r\n", .malformed),
        Row("a NUL in the reason", "HTTP/1.1 200 O\0K\r\n\(none)\r\n", .malformed),
        Row("an escape in the reason", "HTTP/1.1 200 \u{1B}[2J\r\n\(none)\r\n", .malformed),
        Row("LF alone behind the status line", "HTTP/1.1 200 OK\n\(none)\r\n", .malformed),
        Row("CR alone behind the status line", "HTTP/1.1 200 OK\r\(none)\r\n", .malformed),
        Row("two CRs behind the status line", "HTTP/1.1 200 OK\r\r\n\(none)\r\n", .malformed),
    ]

    static let fields: [Row] = [
        Row("a folded line", ok("X: a\r\n b\r\n\(none)"), .malformed),
        Row("a line folded with a tab", ok("X: a\r\n\tb\r\n\(none)"), .malformed),
        Row("white space in front of the first field", ok(" X: a\r\n\(none)"), .malformed),
        Row("white space in front of the colon", ok("Content-Length : 0\r\n"), .malformed),
        Row("no colon", ok("Content-Length\r\n\(none)"), .malformed),
        Row("no name", ok(": a\r\n\(none)"), .malformed),
        Row("a name that is no token", ok("X(y): a\r\n\(none)"), .malformed),
        Row("a name outside ASCII", ok("Conten\u{167}-Length: 0\r\n\(none)"), .malformed),
        Row("a NUL in a value", ok("X: a\0b\r\n\(none)"), .malformed),
        Row("a NUL in a name", ok("X\0: a\r\n\(none)"), .malformed),
        Row("a DEL in a value", ok("X: a\u{7F}\r\n\(none)"), .malformed),
        Row("LF alone behind a field", ok("X: a\n\(none)"), .malformed),
        Row("CR alone behind a field", ok("X: a\r\(none)"), .malformed),
        Row("CR alone inside a value", ok("X: a\rContent-Length: 5\r\n\(none)"), .malformed),
        Row("LF for the empty line", "HTTP/1.1 200 OK\r\n\(none)\n", .malformed),
        Row("two types", ok("Content-Type: a/b\r\ncontent-type: a/c\r\n\(none)"), .malformed),
        Row("two sessions", ok("Mcp-Session-Id: a\r\nMcp-Session-Id: b\r\n\(none)"), .malformed),
        Row("Connection takes the session out", ok("Connection: mcp-session-id\r\n\(none)"), .malformed),
        Row("Connection takes the length out", ok("Connection: content-length\r\n\(none)"), .malformed),
        Row("Connection that is no list of tokens", ok("Connection: a b\r\n\(none)"), .malformed),
    ]

    static let framing: [Row] = [
        Row("both framings", ok("Transfer-Encoding: chunked\r\n\(none)", "0\r\n\r\n"), .malformed),
        Row("both framings, the other way round", ok("\(none)Transfer-Encoding: chunked\r\n"), .malformed),
        Row(
            "both framings in an answer to HEAD",
            ok("\(none)Transfer-Encoding: chunked\r\n"),
            .malformed,
            toHead: true
        ),
        Row("two lengths", ok("Content-Length: 1\r\nContent-Length: 2\r\n", "ab"), .malformed),
        Row("two equal lengths", ok("\(none)\(none)"), .malformed),
        Row("a list of lengths", ok("Content-Length: 1, 1\r\n", "a"), .malformed),
        Row("a negative length", ok("Content-Length: -1\r\n"), .malformed),
        Row("a signed length", ok("Content-Length: +1\r\n", "a"), .malformed),
        Row("a hexadecimal length", ok("Content-Length: 0x1\r\n", "a"), .malformed),
        Row("a length with a point", ok("Content-Length: 1.0\r\n", "a"), .malformed),
        Row("an empty length", ok("Content-Length:\r\n"), .malformed),
        Row("a length with a space in it", ok("Content-Length: 1 0\r\n", "a"), .malformed),
        Row("a length of 2^64 and 3", ok("Content-Length: 18446744073709551619\r\n", "abc"), .malformed),
        Row("a length of 2^63", ok("Content-Length: 9223372036854775808\r\n"), .tooLarge),
        Row("gzip as transfer coding", ok("Transfer-Encoding: gzip\r\n"), .unsupported),
        Row("gzip, then chunked", ok("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), .malformed),
        Row("chunked, then gzip", ok("Transfer-Encoding: chunked, gzip\r\n"), .malformed),
        Row("chunked twice", ok("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), .malformed),
        Row(
            "chunked on two lines",
            ok("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
            .malformed
        ),
        Row("identity as transfer coding", ok("Transfer-Encoding: identity\r\n\(none)"), .malformed),
        Row("identity alone", ok("Transfer-Encoding: identity\r\n"), .unsupported),
        Row("an empty transfer coding", ok("Transfer-Encoding:\r\n"), .malformed),
        Row("chunked with a parameter", ok("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n"), .malformed),
        Row("chunked in quotes", ok("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), .malformed),
        Row("chunked with a vertical tab", ok("Transfer-Encoding: \u{0B}chunked\r\n"), .malformed),
        Row("chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", .malformed),
        Row("HTTP/1.0 without a length", "HTTP/1.0 200 OK\r\n\r\nabc", .malformed, closes: true),
        Row(
            "HTTP/1.0 without a length, kept alive",
            "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nabc",
            .malformed
        ),
        Row("204 with a length", "HTTP/1.1 204 No Content\r\nContent-Length: 1\r\n\r\na", .malformed),
        Row("204 with chunks", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", .malformed),
        Row("100 with a length", "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n\(ok(none))", .malformed),
        Row("103 with chunks", "HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n", .malformed),
        Row("101", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n", .unsupported),
        Row("101 behind 100", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 X\r\nUpgrade: x\r\n\r\n", .unsupported),
    ]

    static let content: [Row] = [
        Row("a chunk without a size", okChunked("\r\n"), .malformed),
        Row("a chunk size that is no number", okChunked("g\r\n"), .malformed),
        Row("a chunk size with a prefix", okChunked("0x1\r\na\r\n0\r\n\r\n"), .malformed),
        Row("a negative chunk size", okChunked("-1\r\n"), .malformed),
        Row("white space in front of a chunk size", okChunked(" 1\r\na\r\n0\r\n\r\n"), .malformed),
        Row("white space behind a chunk size", okChunked("1 \r\na\r\n0\r\n\r\n"), .malformed),
        Row("white space in front of an extension", okChunked("1 ;a\r\na\r\n0\r\n\r\n"), .malformed),
        Row("a chunk size of 2^64", okChunked("10000000000000000\r\n"), .malformed),
        Row("a chunk size of 2^64 - 1", okChunked("ffffffffffffffff\r\n"), .tooLarge),
        Row("a chunk shorter than its size", okChunked("3\r\na\r\n0\r\n\r\n"), .malformed),
        Row("a chunk longer than its size", okChunked("1\r\nab\r\n0\r\n\r\n"), .malformed),
        Row("LF behind a chunk size", okChunked("1\na\r\n0\r\n\r\n"), .malformed),
        Row("LF behind chunk data", okChunked("1\r\na\n0\r\n\r\n"), .malformed),
        Row("CR alone behind a chunk size", okChunked("1\ra\r\n0\r\n\r\n"), .malformed),
        Row("LF in an extension", okChunked("1;a\nb\r\na\r\n0\r\n\r\n"), .malformed),
        Row("LF behind the last chunk", okChunked("0\n\r\n"), .malformed),
        Row("a folded trailer", okChunked("0\r\nX: a\r\n b\r\n\r\n"), .malformed),
        Row("a trailer without a colon", okChunked("0\r\nX\r\n\r\n"), .malformed),
        Row("a NUL in a trailer", okChunked("0\r\nX: \0\r\n\r\n"), .malformed),
        Row("a second response behind a length", ok("Content-Length: 1\r\n", "a\(ok(none))"), .excess),
        Row("one byte behind a length", ok("Content-Length: 1\r\n", "ab"), .excess),
        Row("an empty line behind a length", ok("Content-Length: 1\r\n", "a\r\n"), .excess),
        Row("a second response behind chunks", okChunked("0\r\n\r\n\(ok(none))"), .excess),
        Row("a second response behind no content", ok(none, ok(none)), .excess),
        Row("content behind 204", "HTTP/1.1 204 No Content\r\n\r\na", .excess),
        Row("content behind 304", "HTTP/1.1 304 Not Modified\r\nContent-Length: 1\r\n\r\na", .excess),
        Row("content behind an answer to HEAD", ok("Content-Length: 1\r\n", "a"), .excess, toHead: true),
        Row("chunks behind an answer to HEAD", okChunked("0\r\n\r\n"), .excess, toHead: true),
        Row("an interim response behind the final one", ok(none, "HTTP/1.1 100 Continue\r\n\r\n"), .excess),
        Row("nothing", "", .truncated, closes: true),
        Row("an end inside the status line", "HTTP/1.1 200", .truncated, closes: true),
        Row("an end inside the fields", "HTTP/1.1 200 OK\r\nX: a\r\n", .truncated, closes: true),
        Row("an end behind an interim response", "HTTP/1.1 100 Continue\r\n\r\n", .truncated, closes: true),
        Row("an end inside a length", ok("Content-Length: 2\r\n", "a"), .truncated, closes: true),
        Row("an end in front of a length", ok("Content-Length: 2\r\n"), .truncated, closes: true),
        Row("an end inside a chunk", okChunked("2\r\na"), .truncated, closes: true),
        Row("an end between chunks", okChunked("1\r\na\r\n"), .truncated, closes: true),
        Row("an end behind the last chunk", okChunked("1\r\na\r\n0\r\n"), .truncated, closes: true),
        Row("an end inside the trailers", okChunked("0\r\nX: a\r\n"), .truncated, closes: true),
    ]

    @Test(arguments: statusLines + fields + framing + content)
    func `a hostile response is refused and its connection not used again`(_ row: Row) {
        let setting = ResponseSetting(isAnswerToHead: row.toHead, closes: row.closes)
        let whole = read(row.text, setting)
        #expect(whole.error?.kind == row.kind, "\(whole.error.map { "\($0.reason)" } ?? whole.verdict)")
        #expect(!whole.mayReuse)
        #expect(readByteByByte(Array(row.text.utf8), setting) == whole)
    }

    /// The controls: the same shapes without the defect.
    @Test(arguments: [
        ok(none), ok("X: a b\r\n\(none)"), ok("X:\t\u{E9}\t\r\n\(none)"), ok("X:\r\n\(none)"), ok("x_y: a\r\n\(none)"),
        ok("CONTENT-LENGTH: 00\r\n"), ok("Content-Length:\t1\t\r\n", "a"),
        ok("transfer-encoding: CHUNKED\r\n", "0\r\n\r\n"),
        ok("Connection: keep-alive, x, Upgrade\r\nUpgrade: h2c\r\n\(none)"), ok("Connection: ,,\r\n\(none)"),
        "HTTP/1.1 200 \r\n\(none)\r\n", "HTTP/1.1 200  OK\r\n\(none)\r\n", "HTTP/1.1 599 \u{E9}\t\r\n\(none)\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 204 No Content\r\n\(none)\r\n",
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
        "HTTP/1.1 304 X\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n\(ok(none))",
        "HTTP/1.1 103 X\r\nLink: a\r\n\(none)\r\nHTTP/1.1 102 \r\n\r\n\(ok(none))",
        okChunked("1\r\na\r\n0\r\n\r\n"), okChunked("1;a=b;c=\"d\"\r\na\r\n00;x\r\nT_u: v\r\n\r\n"),
    ])
    func `a response without a defect is read, and its connection used again`(_ text: String) {
        let whole = read(text)
        #expect(whole.verdict == "complete", "\(whole.error.map { "\($0.reason)" } ?? "")")
        #expect(whole.mayReuse)
        #expect(readByteByByte(Array(text.utf8)) == whole)
        #expect(read(Array(text.utf8), ResponseSetting(closes: true)).verdict == "complete")
    }
}
