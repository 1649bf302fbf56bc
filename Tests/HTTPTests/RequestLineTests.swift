// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTP

struct RequestLineTests {
    @Test(arguments: [
        ("GET", HTTPMethod.get), ("POST", .post), ("DELETE", .delete), ("OPTIONS", .options), ("HEAD", .head),
        ("PUT", .put), ("get", .other), ("Post", .other), ("PATCH", .other), ("M-SEARCH", .other), ("G", .other),
    ])
    func `methods are recognised by exact bytes`(_ text: String, _ method: HTTPMethod) {
        let result = trace("\(text) / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(result.verdict == "200")
        #expect(result.messages.first?.kind == method)
        #expect(result.messages.first?.method == Array(text.utf8))
    }

    @Test(arguments: [
        ("GET / HTTP/1.1", "200"),  // control
        ("GET / HTTP/1.0", "200"),  // control
        ("TRACE / HTTP/1.1", "405"),
        ("CONNECT a:443 HTTP/1.1", "501"),
        ("CONNECT a:443 HTTP/1.0", "501"),
        ("GET / HTTP/2.0", "505"),
        ("GET / HTTP/1.2", "505"),
        ("GET / HTTP/0.9", "505"),
        ("GET / HTTP/3.7", "505"),
        ("GET / http/1.1", "400"),
        ("GET / HTTP/1.10", "400"),
        ("GET / HTTP/01.1", "400"),
        ("GET / HTTP/1", "400"),
        ("GET / HTTP/1.", "400"),
        ("GET / HTTP/1,1", "400"),
        ("GET / HTTP/1.a", "400"),
        ("GET / ICE/1.0", "400"),
        ("GET / HTTP 1.1", "400"),
        ("GET / HTTP/1.1 ", "400"),
        ("GET /", "400"),  // HTTP/0.9
        ("GET", "400"),
        ("GET / ", "400"),  // no version
        ("GET  / HTTP/1.1", "400"),  // two spaces
        ("GET /  HTTP/1.1", "400"),
        ("GET\t/ HTTP/1.1", "400"),
        ("GET /\tHTTP/1.1", "400"),
        (" GET / HTTP/1.1", "400"),
        ("G@T / HTTP/1.1", "400"),
        ("G\u{E9}T / HTTP/1.1", "400"),
        ("PRI * HTTP/2.0", "400"),  // the HTTP/2 preface
    ])
    func `a request line has one form`(_ line: String, _ want: String) {
        #expect(status("\(line)\r\nHost: a\r\n\r\n") == want)
    }

    @Test(arguments: [
        "/", "/mcp", "/a/b/c/", "/.well-known/x", "/...", "/a..b", "/..a", "/.a", "/a.", "/a;v=1/b", "/caf%C3%A9",
        "/a%20b", "/%25", "/a:b@c", "/!$&'()*+,;=", "/a%7Eb", "/a%2d",
    ])
    func `a path with one reading is taken as it is`(_ path: String) {
        let result = trace("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(result.verdict == "200")
        #expect(result.messages.first?.path == Array(path.utf8))
        #expect(result.messages.first?.hasQuery == false)
        #expect(result.messages.first?.target == .origin)
    }

    @Test(arguments: [
        "/a%2fb", "/a%2Fb", "/a%5cb", "/a%5Cb", "/a%00", "/%2e/", "/%2E%2e/a", "/a/.%2e", "/a%0d%0ab", "/a%1f", "/a%7f",
        "/a\\b", "//", "//a", "/a//b", "/a//", "/.", "/..", "/./a", "/../a", "/a/.", "/a/..", "/a/./b", "/a/../b",
        "/a/..;x/b", "/a/.;/b", "/a/..;", "/a#b", "/a#", "/a%", "/a%2", "/a%zz", "/a%2g", "/a%g2", "/a%?2f", "/a\"b",
        "/a<b",
        "/a>b", "/a[b]", "/a{b}", "/a|b", "/a^b", "/a`b", "/\u{E9}", "/a\u{1}b", "/a\u{7F}b",
    ])
    func `a path that two servers could read differently is refused`(_ path: String) {
        #expect(status("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n") == "400")
    }

    @Test(arguments: [
        ("/a?", "", "200"), ("/a?x=1", "x=1", "200"), ("/?a/b?c", "a/b?c", "200"),
        ("/a?..//%2f%00", "..//%2f%00", "200"),
        ("/a?%", "", "400"), ("/a?%2", "", "400"), ("/a?%zz", "", "400"), ("/a?b#c", "", "400"), ("/a?\\", "", "400"),
        ("/a?\u{E9}", "", "400"), ("/a?\"", "", "400"),
    ])
    func `a query is kept apart from the path`(_ target: String, _ query: String, _ want: String) {
        let result = trace("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(result.verdict == want)
        guard want == "200" else { return }
        #expect(result.messages.first?.hasQuery == true)
        #expect(result.messages.first?.query == Array(query.utf8))
        #expect(result.messages.first?.path == Array(target.prefix { $0 != "?" }.utf8))
    }

    @Test(arguments: [
        ("http://b.test/x", "b.test", "/x"), ("HTTP://B.Test:81/x?y", "b.test:81", "/x"),
        ("https://b.test", "b.test", "/"),
        ("http://b.test?q=1", "b.test", "/"), ("http://[2001:db8::1]:8080/a", "[2001:db8::1]:8080", "/a"),
        ("hTTps://1.2.3.4/", "1.2.3.4", "/"),
    ])
    func `an absolute form names the host, whatever Host says`(_ target: String, _ host: String, _ path: String) {
        let result = trace("GET \(target) HTTP/1.1\r\nHost: gw.test\r\n\r\n")
        #expect(result.verdict == "200")
        #expect(result.messages.first?.target == .absolute)
        #expect(result.messages.first?.host == Array(host.utf8))
        #expect(result.messages.first?.path == Array(path.utf8))
        #expect(result == traceByteByByte(Array("GET \(target) HTTP/1.1\r\nHost: gw.test\r\n\r\n".utf8)))
    }

    @Test(arguments: [
        "http://", "http:///x", "http://?x", "http://user@b/x", "http://user:pw@b/x", "http://b:/x", "http://b:x/",
        "http:/b/x",
        "http:b", "ftp://b/x", "file:///etc/passwd", "javascript:x", "b.test:80", "b.test", "x", "*x", "**", "?x",
        "http://b/../x",
        "http://b//x", "http://b/x#y", "http://[::1/x", "http://b\\c/x", "httpss://b/x", "http://b%2fc/x", "ws://b/x",
    ])
    func `any other form of target is refused`(_ target: String) {
        #expect(status("GET \(target) HTTP/1.1\r\nHost: gw.test\r\n\r\n") == "400")
    }

    @Test func `an absolute form still needs one valid Host`() {
        #expect(status("GET http://b/ HTTP/1.1\r\nHost: gw.test\r\n\r\n") == "200")
        #expect(status("GET http://b/ HTTP/1.1\r\n\r\n") == "400")
        #expect(status("GET http://b/ HTTP/1.1\r\nHost: a/b\r\n\r\n") == "400")
        #expect(status("GET http://b/ HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n") == "400")
        #expect(trace("GET http://b/ HTTP/1.0\r\n\r\n").messages.first?.host == [0x62])
    }

    @Test func `the asterisk is for OPTIONS`() {
        let result = trace("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(result.verdict == "200")
        #expect(result.messages.first?.target == .asterisk)
        #expect(result.messages.first?.path == [0x2A])
        #expect(status("GET * HTTP/1.1\r\nHost: a\r\n\r\n") == "400")
        #expect(status("OPTIONS ** HTTP/1.1\r\nHost: a\r\n\r\n") == "400")
    }

    @Test(arguments: [
        ("\r\n", "200"), ("\r\n\r\n", "200"), ("\r\n\r\n\r\n", "400"), ("\n", "400"), ("\r", "400"), ("\r\r\n", "400"),
        ("\r\n ", "400"), ("\u{FEFF}", "400"), ("\0", "400"),
    ])
    func `two empty lines may stand before a request`(_ prefix: String, _ want: String) {
        #expect(status("\(prefix)GET / HTTP/1.1\r\nHost: a\r\n\r\n") == want)
    }

    @Test func `empty lines are counted anew for every message`() {
        let one = "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"
        #expect(status(one + one + one) == "200,200,200")
        #expect(trace("\r\n").endsIdle)
        #expect(!trace("\r").endsIdle)
        #expect(status("\r\nG") == "incomplete")
    }
}
