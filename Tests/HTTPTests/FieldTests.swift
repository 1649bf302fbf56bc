// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTP

struct FieldTests {
    @Test(arguments: [
        ("X: a\r\n", "200"),  // control
        ("X:a\r\n", "200"),
        ("X: \t a b\t \r\n", "200"),
        ("X:\r\n", "200"),  // an empty value is a value
        ("X: caf\u{E9}\r\n", "200"),  // obs-text
        ("!#$%&'*+-.^`|~9: a\r\n", "200"),  // every mark a token may have
        ("X : a\r\n", "400"),  // white space before the colon
        ("X\t: a\r\n", "400"),
        ("X_Y: a\r\n", "400"),  // reads as X-Y elsewhere
        ("Content_Length: 0\r\n", "400"),
        (": a\r\n", "400"),
        ("X\r\n", "400"),  // no colon
        ("X(Y): a\r\n", "400"),
        ("X@Y: a\r\n", "400"),
        ("\u{E9}: a\r\n", "400"),
        ("X\0: a\r\n", "400"),
        ("X: a\0b\r\n", "400"),
        ("X: a\u{1}b\r\n", "400"),
        ("X: a\u{7F}b\r\n", "400"),
        ("X: a\u{1B}[0m\r\n", "400"),
        ("X: a\rb\r\n", "400"),  // bare CR
        ("X: a\nY: b\r\n", "400"),  // bare LF
        ("X: a\r\r\n", "400"),
        ("X\r: a\r\n", "400"),
        ("X\n: a\r\n", "400"),
        ("X: a\r\n b\r\n", "400"),  // obs-fold
        ("X: a\r\n\tb\r\n", "400"),
        (" X: a\r\n", "400"),
        ("\tX: a\r\n", "400"),
        (" \r\n", "400"),
        ("\rX: a\r\n", "400"),
        ("\n", "400"),
    ])
    func `a field line has one form`(_ lines: String, _ want: String) {
        #expect(status(get(lines)) == want)
    }

    @Test func `white space before the first field line is refused`() {
        #expect(status("GET / HTTP/1.1\r\n Host: a\r\n\r\n") == "400")
        #expect(status("GET / HTTP/1.1\r\nHost: a\r\n\r\n") == "200")
    }

    @Test(arguments: [
        "Content-Length: 0", "Content-Type: a/b", "Authorization: Bearer a", "X-API-Key: a", "Mcp-Session-Id: a",
        "MCP-Protocol-Version: 1", "Mcp-Method: a", "Mcp-Name: a", "Origin: http://a", "Expect: 100-continue",
        "Last-Event-ID: 1",
        "Host: gw.test", "Transfer-Encoding: chunked",
    ])
    func `a field that decides occurs once`(_ line: String) {
        let isHost = line.hasPrefix("Host")
        let tail = line.hasPrefix("Transfer") ? "0\r\n\r\n" : ""
        #expect(status(isHost ? get("") : get("\(line)\r\n") + tail) == "200")
        let second = line.uppercased().replacing(": ", with: ":  ")
        #expect(status((isHost ? get("\(line)\r\n") : get("\(line)\r\nX: y\r\n\(second)\r\n")) + tail) == "400")
    }

    @Test(arguments: ["Accept: a/b", "Cookie: a=b", "X-Own: a", "Connection: keep-alive", "Mcp-Param-X: a"])
    func `other fields may occur twice`(_ line: String) {
        #expect(status(get("\(line)\r\n\(line)\r\n")) == "200")
    }

    @Test(arguments: [
        ("close", "200"), ("keep-alive", "200"), ("close, keep-alive", "200"), ("Upgrade, HTTP2-Settings", "200"),
        ("TE", "200"),
        ("X-Own", "200"), ("", "200"), (", close,,", "200"), ("close,", "200"), ("Keep-Alive,\t close ", "200"),
        ("authorization", "400"), ("close, Authorization", "400"), ("Host", "400"), ("content-length", "400"),
        ("Content-Type", "400"),
        ("Content-Encoding", "400"), ("cookie", "400"), ("X-API-Key", "400"), ("Mcp-Session-Id", "400"),
        ("mcp-param-region", "400"),
        ("MCP-", "400"), ("Transfer-Encoding", "400"), ("expect", "400"), ("origin", "400"), ("Connection", "400"),
        ("x-request-id", "400"), ("traceparent", "400"), ("X-Gatehouse-Roles", "400"), ("X-Forwarded-For", "400"),
        ("Forwarded", "400"), ("accept", "400"), ("last-event-id", "400"), ("a b", "400"), ("\"close\"", "400"),
        ("close;x", "400"),
        ("a/b", "400"), ("close,/", "400"),
    ])
    func `Connection may not take out what decides`(_ value: String, _ want: String) {
        #expect(status(get("Connection: \(value)\r\n")) == want)
        #expect(status(get("Connection: close\r\nConnection: \(value)\r\n")) == want)
    }

    @Test(arguments: [
        ("1.1", "", true), ("1.1", "Connection: close\r\n", false), ("1.1", "Connection: CLOSE\r\n", false),
        ("1.1", "Connection: keep-alive, close\r\n", false), ("1.1", "Connection: a\r\nConnection: close\r\n", false),
        ("1.1", "Connection: closed\r\n", true), ("1.1", "Connection: close\t\r\n", false), ("1.0", "", false),
        ("1.0", "Connection: keep-alive\r\n", true), ("1.0", "Connection: Keep-Alive\r\n", true),
        ("1.0", "Connection: keep-alive, close\r\n", false), ("1.0", "Connection: x\r\n", false),
    ])
    func `a connection lives on as its version and Connection say`(_ version: String, _ lines: String, _ want: Bool) {
        let result = trace("GET / HTTP/\(version)\r\nHost: a\r\n\(lines)\r\n")
        #expect(result.messages.first?.keepAlive == want)
    }

    @Test func `nothing is read behind a message that ends the connection`() {
        let result = trace(
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n\0\0"
        )
        #expect(result.messages.count == 1)
        #expect(result.verdict == "200")
        #expect(result.error == nil)
        #expect(status("GET / HTTP/1.0\r\n\r\nGET / HTTP/1.0\r\n\r\n") == "200")
    }

    @Test(arguments: [
        ("1.1", "100-continue", "2", "200", true), ("1.1", "100-Continue", "2", "200", true),
        ("1.1", "100-continue", "0", "200", false),
        ("1.0", "100-continue", "2", "200", false), ("1.0", "other", "2", "200", false),
        ("1.1", "other", "2", "417", false),
        ("1.1", "", "2", "417", false), ("1.1", "100-continue, other", "2", "417", false),
        ("1.1", "100-continue;q=1", "2", "417", false),
    ])
    func `the only expectation is 100-continue`(
        _ version: String,
        _ value: String,
        _ length: String,
        _ want: String,
        _ expects: Bool
    ) {
        let body = length == "2" ? "{}" : ""
        let head = "POST / HTTP/\(version)\r\nHost: a\r\nExpect: \(value)\r\nContent-Length: \(length)\r\n\r\n"
        let result = trace(head + body)
        #expect(result.verdict == want)
        #expect(result.messages.first?.expectsContinue ?? false == expects)
    }

    @Test(arguments: [
        ("", false), ("Content-Encoding: identity\r\n", false), ("Content-Encoding: IDENTITY\r\n", false),
        ("Content-Encoding: gzip\r\n", true), ("Content-Encoding:\r\n", true),
        ("Content-Encoding: identity, gzip\r\n", true),
        ("Content-Encoding: identity\r\nContent-Encoding: br\r\n", true),
    ])
    func `a content coding is told`(_ lines: String, _ want: Bool) {
        #expect(trace(get(lines)).messages.first?.hasContentCoding == want)
    }
}
