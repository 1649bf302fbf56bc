// SPDX-License-Identifier: Apache-2.0

import Bytes
import Testing

@testable import HTTP

/// `Forwarded` (RFC 7239) and `X-Forwarded-For`.
struct ForwardedHopsTests {
    private static func read(_ lines: [String], _ field: ForwardedField) -> String {
        do {
            let hops = try ForwardedHops.read(lines.map { Array($0.utf8) }, field)
            return hops.map { String(decoding: $0.text, as: UTF8.self) }.joined(separator: " ")
        } catch {
            return "error"
        }
    }

    @Test(arguments: [
        (["for=192.0.2.60;proto=http;by=203.0.113.43"], "192.0.2.60"),
        (["For=\"[2001:db8:cafe::17]:4711\""], "2001:db8:cafe::17"),
        (["for=192.0.2.43, for=198.51.100.17"], "192.0.2.43 198.51.100.17"),
        (["for=192.0.2.43", "for=198.51.100.17;host=\"a,b;for=9.9.9.9\""], "192.0.2.43 198.51.100.17"),
        (["FOR=\"192.0.2.43:47011\",for=\"[::1]\""], "192.0.2.43 ::1"), (["for=\"192.0.2.43:_port\""], "192.0.2.43"),
        (["for=\"1\\92.0.2.43\""], "192.0.2.43"), (["proto=https ; for=1.2.3.4"], "1.2.3.4"),
        ([";for=1.2.3.4;;"], "1.2.3.4"), (["for=1.2.3.4\t,\t for=5.6.7.8 "], "1.2.3.4 5.6.7.8"),
        (["for=\"[::ffff:1.2.3.4]\""], "1.2.3.4"), (["for=1.2.3.4;secret=_x;by=unknown"], "1.2.3.4"),
        (["by=_hidden;for=1.2.3.4;host=\"\\\"\""], "1.2.3.4"),
    ])
    func `Forwarded tells the hops`(_ lines: [String], _ hops: String) {
        #expect(Self.read(lines, .forwarded) == hops)
    }

    @Test(arguments: [
        "", ",", "for=1.2.3.4,", ",for=1.2.3.4", "for=1.2.3.4,,for=1.2.3.4", "for=", "for", "=1.2.3.4", "for=unknown",
        "for=_hidden", "for=\"_hidden\"", "for=1.2.3.4, for=unknown", "for=unknown, for=1.2.3.4", "for=example.com",
        "for=[::1]", "for=\"::1\"", "for=\"[1.2.3.4]\"", "for=\"[::1\"", "for=\"[::1]x\"", "for=\"[::1%25eth0]\"",
        "for=1.2.3.4:80", "for=\"1.2.3.4:\"", "for=\"1.2.3.4:65536\"", "for=\"1.2.3.4:123456\"", "for=\"1.2.3.4:-1\"",
        "for=\"1.2.3.4:_\"", "for=\"1.2.3.4:_a b\"", "for=\"1.2.3.4", "for=\"1.2.3.4\\", "for=\"1.2.3.4\"x",
        "for=\"1.2.3.4\" x", "for=1.2.3.4 5.6.7.8", "for=1.2.3.4;for=5.6.7.8", "for=1.2.3.4;For=1.2.3.4",
        "proto=http", "by=1.2.3.4", "for=1.2.3.4;x", "for = 1.2.3.4", "for= 1.2.3.4", "for=01.2.3.4", "for=1.2.3",
        "for=1.2.3.4;proto", "for=\" 1.2.3.4\"", "1.2.3.4", "for=1.2.3.4;\u{e9}=1", "for='1.2.3.4'", "for=\"\"",
    ])
    func `a Forwarded that leaves something open is refused`(_ line: String) {
        #expect(Self.read([line], .forwarded) == "error")
        // The positive control: its neighbour is fine.
        #expect(Self.read(["for=1.2.3.4"], .forwarded) == "1.2.3.4")
    }

    @Test func `no quotation mark reaches from one line into the next`() {
        #expect(Self.read(["for=\"1.2.3.4", "\""], .forwarded) == "error")
        #expect(Self.read(["for=1.2.3.4;host=\"a", "for=9.9.9.9\""], .forwarded) == "error")
    }

    @Test(arguments: [
        (["1.2.3.4"], "1.2.3.4"), (["1.2.3.4,5.6.7.8 , 9.10.11.12"], "1.2.3.4 5.6.7.8 9.10.11.12"),
        (["1.2.3.4", "5.6.7.8"], "1.2.3.4 5.6.7.8"), (["2001:DB8::1, ::1"], "2001:db8::1 ::1"),
        (["[2001:db8::1], [::1]:443"], "2001:db8::1 ::1"), (["1.2.3.4:5678"], "1.2.3.4"),
        (["::ffff:1.2.3.4"], "1.2.3.4"),
    ])
    func `X-Forwarded-For tells the hops`(_ lines: [String], _ hops: String) {
        #expect(Self.read(lines, .xForwardedFor) == hops)
    }

    @Test(arguments: [
        "", ",", "1.2.3.4,", ",1.2.3.4", "unknown", "1.2.3.4, unknown", "unknown, 1.2.3.4", "_hidden", "localhost",
        "for=1.2.3.4", "\"1.2.3.4\"", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:80:80", "1.2.3.4:_p", "[1.2.3.4]", "[::1",
        "[::1]443", "::1]:443", "fe80::1%eth0", "01.2.3.4", "1.2.3", "1.2.3.4 5.6.7.8", "1.2.3.4;5.6.7.8", "0x7f.1",
        "127.1", "1.2.3.256",
    ])
    func `an X-Forwarded-For that leaves something open is refused`(_ line: String) {
        #expect(Self.read([line], .xForwardedFor) == "error")
    }

    @Test(arguments: [ForwardedField.forwarded, .xForwardedFor]) func `hops are counted over all lines`(
        _ field: ForwardedField
    ) {
        let hop = field == .forwarded ? "for=1.2.3.4" : "1.2.3.4"
        let most = [String](repeating: hop, count: ForwardedHops.hopsMax)
        #expect(Self.read(most, field) != "error")
        #expect(Self.read([most.joined(separator: ",")], field) != "error")
        #expect(Self.read(most + [hop], field) == "error")
        #expect(Self.read([(most + [hop]).joined(separator: ",")], field) == "error")
    }

    @Test(arguments: [
        ("203.0.113.7", "203.0.113.7"), ("6.6.6.6 203.0.113.7", "203.0.113.7"),
        ("6.6.6.6 203.0.113.7 10.0.0.1 10.0.0.2", "203.0.113.7"), ("10.0.0.1 10.0.0.2", "10.0.0.1"),
        ("10.0.0.9 203.0.113.7 10.0.0.1", "203.0.113.7"), ("::1 10.0.0.1", "::1"), ("", "none"),
    ])
    func `the client is the first hop from the right that is no proxy`(_ text: String, _ client: String) {
        let hops = text.split(separator: " ").compactMap { IPAddress.parse(Array($0.utf8).span) }
        let proxies = AddressRange(base: IPAddress(v4: 0x0A00_0000), prefixLength: 104)
        let found = ForwardedHops.client(of: hops, trusts: proxies.contains)
        #expect(found.map { String(decoding: $0.text, as: UTF8.self) } ?? "none" == client)
    }
}
