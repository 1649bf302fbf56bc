// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTP

struct HostTests {
    @Test(arguments: [
        "a", "gw.test", "GW.Test:8443", "a-b_c.example", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::]:1",
        "[::ffff:1.2.3.4]:65535",
        "[1:2:3:4:5:6:7:8]", "[1::8]", "[2001:DB8::1]", "[1:2:3:4:5:6:1.2.3.4]", "a:0", "localhost:00080", "[1::]",
        "[1:2:3:4:5:6:7::]",
    ])
    func `a host is a name or an address, perhaps with a port`(_ host: String) {
        let result = trace("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")
        #expect(result.verdict == "200")
        #expect(result.messages.first?.host == Array(host.lowercased().utf8))
    }

    @Test(arguments: [
        "", " ", "a b", "a/b", "a:", "a:b", "a:8a", "a:+80", "a:-1", "a:65536", "a:100000", "a:80:80", ":80", "a@b",
        "u:p@b", "a?b",
        "a#b", "a,b", "a;b", "a\\b", "a%2eb", "[", "]", "[]", "[]:80", "[::1", "::1", "[::1]x", "[::1]:",
        "[1:2:3:4:5:6:7]",
        "[1:2:3:4:5:6:7:8:9]", "[1::2::3]", "[12345::]", "[:1]", "[1:]", "[:::]", "[::1%eth0]", "[v1.a]", "[::1.2.3]",
        "[::1.2.3.256]", "[::1.2.3.04]", "[1.2.3.4]", "[1:2:3:4:5:6:7:1.2.3.4]", "[::1.2.3.4:1]", "[1:2:3:4:5:6:7:8::]",
        "caf\u{E9}",
        "[::g]", "[::1.2.3.4.5]", "[::1.2..4]",
    ])
    func `anything else is refused`(_ host: String) {
        #expect(status("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n") == "400")
    }

    @Test func `a name may have 255 bytes`() {
        let name = String(repeating: "a", count: 255)
        #expect(status("GET / HTTP/1.1\r\nHost: \(name):80\r\n\r\n") == "200")
        #expect(status("GET / HTTP/1.1\r\nHost: \(name)a:80\r\n\r\n") == "400")
    }

    @Test func `only HTTP 1 point 0 can do without Host`() {
        #expect(status("GET / HTTP/1.1\r\n\r\n") == "400")
        let result = trace("GET / HTTP/1.0\r\n\r\n")
        #expect(result.verdict == "200")
        #expect(result.messages.first?.host == [])
        #expect(status("GET / HTTP/1.0\r\nHost: a b\r\n\r\n") == "400")
        #expect(status("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n") == "400")
    }
}
