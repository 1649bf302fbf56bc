// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTP

struct ReceivedResponseTests {
    private static let none = "Content-Length: 0\r\n"

    @Test(arguments: [
        (ok("Content-Length: 3\r\n", "abc"), ReceivedHead.Framing.length(3), "abc"), (ok(none), .length(0), ""),
        (okChunked("2\r\nab\r\n1\r\nc\r\n0\r\nX: y\r\n\r\n"), .chunked, "abc"),
        ("HTTP/1.1 204 X\r\n\(none)\r\n", .none, ""), ("HTTP/1.1 304 X\r\nContent-Length: 9\r\n\r\n", .none, ""),
        ("HTTP/1.1 205 X\r\n\(none)\r\n", .length(0), ""),
    ])
    func `framing is decided by the head`(_ text: String, _ framing: ReceivedHead.Framing, _ body: String) {
        let result = read(text)
        #expect(result.framing == framing)
        #expect(result.body == Array(body.utf8))
        #expect(result.verdict == "complete" && result.mayReuse)
    }

    @Test(arguments: ["Content-Length: 7\r\n", "Transfer-Encoding: chunked\r\n", ""])
    func `an answer to HEAD has no content, whatever its fields say`(_ lines: String) {
        let result = read(ok(lines), ResponseSetting(isAnswerToHead: true))
        #expect(result.framing == ReceivedHead.Framing.none)
        #expect(result.verdict == "complete" && result.mayReuse)
    }

    @Test func `content goes on until the connection ends only where that is allowed`() {
        let new = "HTTP/1.1 200 OK\r\n\r\nabc"
        let old = "HTTP/1.0 200 OK\r\n\r\nabc"
        for (text, policy, want) in [
            (new, .http11, "complete"), (old, .http11, "malformed"), (new, .allowed, "complete"),
            (old, .allowed, "complete"), (new, .refused, "malformed"), (old, .refused, "malformed"),
        ] as [(String, ResponseParser.ContentUntilClose, String)] {
            let result = read(text, ResponseSetting(untilClose: policy, closes: true))
            #expect(result.verdict == want, "\(policy)")
            #expect(!result.mayReuse)
            guard want == "complete" else { continue }
            #expect(result.body == Array("abc".utf8))
            #expect(result.framing == .untilClose)
            #expect(read(text, ResponseSetting(untilClose: policy)).verdict == "open")
        }
    }

    @Test func `a connection is used again only where both ends of a response are certain`() {
        for (text, want) in [
            (ok(Self.none), true), (ok("Connection: keep-alive\r\n\(Self.none)"), true),
            (ok("Connection: close\r\n\(Self.none)"), false), (ok("Connection: x, CLOSE\r\n\(Self.none)"), false),
            (ok("Connection: x\r\nConnection: close\r\n\(Self.none)"), false),
            (ok("Proxy-Connection: close\r\n\(Self.none)"), true),
            ("HTTP/1.0 200 OK\r\n\(Self.none)\r\n", false),
            ("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\(Self.none)\r\n", false),
            ("HTTP/1.1 100 Continue\r\nConnection: close\r\n\r\n\(ok(Self.none))", false),
        ] {
            let result = read(text)
            #expect(result.verdict == "complete")
            #expect(result.mayReuse == want, "\(text)")
        }
        #expect(!read(ok("Content-Length: 2\r\n", "a")).mayReuse, "unfinished")
        #expect(!read("").mayReuse, "not begun")
    }

    @Test func `bytes that come later end the connection too`() throws {
        var parser = ResponseParser()
        let whole = Array(ok(Self.none).utf8)
        var offset = 0
        _ = try parser.next(whole.span, offset: &offset)
        guard case .end = try parser.next(whole.span, offset: &offset) else {
            Issue.record("no end")
            return
        }
        #expect(parser.mayReuse && parser.isComplete)
        offset = 0
        do {
            _ = try parser.next([0x0A].span, offset: &offset)
            Issue.record("a byte behind the end was taken")
        } catch {
            #expect(error.kind == .excess)
        }
        #expect(!parser.mayReuse)
    }

    @Test func `an end that comes with the response is no truncation, and no connection to use again`() throws {
        var parser = ResponseParser()
        let whole = Array(ok("Content-Length: 1\r\n", "a").utf8)
        var offset = 0
        _ = try parser.next(whole.span, offset: &offset)
        _ = try parser.next(whole.span, offset: &offset)
        let event = try parser.finish()
        guard case .end = event else {
            Issue.record("no end")
            return
        }
        #expect(parser.isComplete && !parser.mayReuse)
        let again = try parser.finish()
        #expect(again == nil)
    }

    @Test func `a coding of the content is reported`() {
        for (lines, want) in [
            ("", false), ("Content-Encoding: identity\r\n", false), ("Content-Encoding: IDENTITY\r\n", false),
            ("Content-Encoding: gzip\r\n", true), ("Content-Encoding: identity\r\nContent-Encoding: br\r\n", true),
            ("Content-Encoding: identity, gzip\r\n", true), ("Content-Encoding:\r\n", true),
        ] {
            #expect(read(ok(lines + Self.none)).hasContentCoding == want, "\(lines)")
        }
    }

    @Test func `fields are found by name`() throws {
        let text = ok("Content-Type: a/b\r\nX-A: 1\r\nx-a:  2 \r\nMCP-SESSION-ID: s\r\nRetry-After: 3\r\n\(Self.none)")
        var parser = ResponseParser()
        let bytes = Array(text.utf8)
        var offset = 0
        guard case .head(let head) = try parser.next(bytes.span, offset: &offset) else {
            Issue.record("no head")
            return
        }
        #expect(head.status == 200 && !head.isHTTP10 && head.keepAlive)
        #expect(head.value(.contentType) == Array("a/b".utf8))
        let isSession = head.valueSpan(.mcpSessionID).equals("s")
        #expect(isSession)
        #expect(head.value("x-a") == [0x31] && head.count("x-a") == 2 && head.count("content-type") == 1)
        #expect(head.value("retry-after") == [0x33] && head.value("x-b") == nil && head.value(.origin) == nil)
        #expect(head.has(.contentLength) && !head.has(.lastEventID) && head.fields.count == 6)
    }

    @Test func `whether a byte has come is known`() {
        #expect(!read("").hasBegun)
        #expect(read("H").hasBegun)
        #expect(read("", ResponseSetting(closes: true)).error?.kind == .truncated)
    }

    @Test(arguments: [100, 102, 103, 199])
    func `interim responses are passed over`(_ status: Int) {
        let result = read("HTTP/1.1 \(status) X\r\nLink: a\r\n\r\n" + ok("Content-Length: 1\r\n", "a"))
        #expect(result.status == 200 && result.body == [0x61] && result.mayReuse)
        #expect(result.fields.count == 2)
    }
}
