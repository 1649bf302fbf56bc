// SPDX-License-Identifier: Apache-2.0

import Bytes
import JSON
import Testing

@testable import GatewayApp

@Suite struct ConfigurationTextTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("1999-12-31T23:59:59Z", 946_684_799), ("2000-02-29T12:00:00Z", 951_825_600),
        ("2024-02-29T00:00:00Z", 1_709_164_800), ("2026-11-01T00:00:00.123456Z", 1_793_491_200),
        ("2100-03-01T00:00:00Z", 4_107_542_400), ("9999-12-31T23:59:59Z", 253_402_300_799),
    ])
    func `a date is read, and written as it was`(_ row: (text: String, seconds: Int)) {
        #expect(DateText.parse(Array(row.text.utf8)) == row.seconds)
        let written = text(DateText.text(row.seconds))
        #expect(written == row.text.replacing(".123456", with: ""))
    }

    @Test(arguments: [
        "", "2027", "2027-01-01", "2027-01-01T00:00:00", "2027-01-01T00:00:00z", "2027-01-01t00:00:00Z",
        "2027-01-01 00:00:00Z", "2027-01-01T00:00:00+00:00", "2027-01-01T24:00:00Z", "2027-01-01T00:60:00Z",
        "2027-01-01T00:00:60Z", "2027-00-01T00:00:00Z", "2027-13-01T00:00:00Z", "2027-01-00T00:00:00Z",
        "2027-01-32T00:00:00Z", "2027-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2027-04-31T00:00:00Z",
        "1969-12-31T23:59:59Z", "2027-1-01T00:00:00Z", "+027-01-01T00:00:00Z", "2027-01-01T00:00:00.Z",
        "2027-01-01T00:00:00.1aZ", "2027-01-01T00:00:00Z ", "2027-01-01T-1:00:00Z", "２027-01-01T00:00:00Z",
    ])
    func `anything else is no date`(_ text: String) {
        #expect(DateText.parse(Array(text.utf8)) == nil)
    }

    @Test func `days of four centuries are written as they are read`() {
        for day in stride(from: 0, to: 146_097, by: 13) {
            let seconds = day * 86400 + 43_199
            guard DateText.parse(DateText.text(seconds)) == seconds else {
                Issue.record("day \(day) is \(text(DateText.text(seconds)))")
                return
            }
        }
    }

    @Test(arguments: [
        ("127.0.0.1:8080", "127.0.0.1", 8080), ("0.0.0.0:0", "0.0.0.0", 0),
        ("255.255.255.255:65535", "255.255.255.255", 65535),
        ("localhost:1", "127.0.0.1", 1), ("LocalHost:1", "127.0.0.1", 1), ("[::1]:80", "[::1]", 80),
        ("[::]:80", "[::]", 80),
        ("[2001:db8::1:0:0:2]:80", "[2001:db8::1:0:0:2]", 80), ("[1:2:3:4:5:6:7:8]:9", "[1:2:3:4:5:6:7:8]", 9),
        ("[::ffff:10.1.2.3]:9", "10.1.2.3", 9), ("[64:ff9b::10.1.2.3]:9", "[64:ff9b::a01:203]", 9),
        ("[1::]:9", "[1::]", 9), ("[FE80::A]:9", "[fe80::a]", 9), ("[1:0:3:0:5:0:7:0]:9", "[1:0:3:0:5:0:7:0]", 9),
    ])
    func `a listening address is read`(_ row: (text: String, host: String, port: Int)) throws {
        let read = try AddressText.listen(Array(row.text.utf8))
        #expect(text(PublicURLText.hostText(read.address)) == row.host)
        #expect(Int(read.port) == row.port)
    }

    @Test(arguments: [
        "", ":", ":80", "*:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1",
        "127.0.0.1:08",
        "127.0.0:80", "127.0.0.0.1:80", "127.0.0.01:80", "127.0.0.256:80", "127.0.0.1:80 ", " 127.0.0.1:80",
        "0x7f.0.0.1:80",
        "example.com:80", "[]:80", "[::1]", "[::1]80", "[::1:80", "::1:80", "[:::]:80", "[1:2:3:4:5:6:7]:80",
        "[1:2:3:4:5:6:7:8:9]:80", "[1::2::3]:80", "[12345::]:80", "[g::]:80", "[::1%lo]:80", "[1:2:3:4:5:6:7::8:9]:80",
        "[::1.2.3]:80", "[1.2.3.4]:80", "[localhost]:80", "[:1]:80", "[1:]:80", "[::ffff:1.2.3.4:5]:80",
        "127.0.0.1:99999999999999999999",
    ])
    func `anything else is no listening address`(_ text: String) {
        var isRefused = false
        do throws(AddressText.ListenError) { _ = try AddressText.listen(Array(text.utf8)) } catch { isRefused = true }
        #expect(isRefused)
    }

    @Test(arguments: [
        ("10.0.0.0/8", 104, false), ("10.0.0.1", 128, false), ("0.0.0.0/0", 96, false), ("::/0", 0, false),
        ("2001:db8::/32", 32, false), ("::1", 128, false), ("10.0.0.1/8", 104, true), ("2001:db8::1/64", 64, true),
        ("2001:db8:0:0:1::/63", 63, true), ("192.168.1.128/25", 121, false),
    ])
    func `a block of addresses is read`(_ row: (text: String, prefix: Int, hasBits: Bool)) throws {
        let range = try #require(AddressText.range(Array(row.text.utf8)))
        #expect(range.prefixLength == row.prefix)
        #expect(AddressText.hasBitsBehindPrefix(range) == row.hasBits)
    }

    @Test(arguments: [
        "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/8/8", "10.0.0.0/-1", "10.0.0.0/08", "a/8",
    ])
    func `anything else is no block of addresses`(_ text: String) {
        #expect(AddressText.range(Array(text.utf8)) == nil)
    }

    @Test(arguments: [
        ("https://mcp.example.com", "https://mcp.example.com", "mcp.example.com"),
        ("HTTPS://MCP.Example.com:443", "https://mcp.example.com", "mcp.example.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "127.0.0.1"), ("http://[::1]:80", "http://[::1]", "[::1]"),
        ("https://a:80", "https://a:80", "a"),
    ])
    func `an origin is read`(_ row: (text: String, origin: String, host: String)) throws {
        let url = try PublicURLText.parse(Array(row.text.utf8))
        #expect(text(url.origin) == row.origin)
        #expect(text(url.host) == row.host)
    }

    @Test(arguments: [
        "", "a", "//a", "ftp://a", "https:/a", "https://", "https://:80", "https://a/", "https://a?b", "https://a#b",
        "https://a:", "https://a:0", "https://a:65536", "https://a:b", "https://u@a", "https://u:p@a", "https://a b",
        "https://a..b", "https://[::1", "https://[a]", "https://[::1]x", "https://a\\b", "https://ä",
    ])
    func `anything else is no origin`(_ text: String) {
        var isRefused = false
        do throws(PublicURLText.Problem) { _ = try PublicURLText.parse(Array(text.utf8)) } catch { isRefused = true }
        #expect(isRefused)
    }

    @Test(arguments: [
        ("0ms", 0), ("1ms", 1_000_000), ("30s", 30_000_000_000), ("5m", 300_000_000_000), ("12h", 43_200_000_000_000),
        ("90d", 7_776_000_000_000_000), ("106751d", 9_223_286_400_000_000_000),
    ])
    func `a duration is read, and spelled as it was`(_ row: (text: String, nanoseconds: UInt64)) {
        #expect(ConfigUnits.duration(Array(row.text.utf8)) == row.nanoseconds)
        #expect(ConfigUnits.text(duration: row.nanoseconds) == row.text)
    }

    @Test(arguments: [
        "", "s", "1", "1S", "1 s", " 1s", "1s ", "-1s", "+1s", "1.5s", "1h30m", "1us", "1w", "106752d", "٣s",
    ])
    func `anything else is no duration`(_ text: String) {
        #expect(ConfigUnits.duration(Array(text.utf8)) == nil)
    }

    @Test(arguments: [("0B", 0), ("512B", 512), ("64KiB", 65536), ("4MiB", 4_194_304), ("1GiB", 1_073_741_824)])
    func `a size is read, and spelled as it was`(_ row: (text: String, bytes: UInt64)) {
        #expect(ConfigUnits.size(Array(row.text.utf8)) == row.bytes)
        #expect(ConfigUnits.text(size: row.bytes) == row.text)
    }

    @Test(arguments: ["", "B", "1", "1K", "1KB", "1kib", "1 KiB", "-1B", "1.5MiB", "9999999999GiB"])
    func `anything else is no size`(_ text: String) {
        #expect(ConfigUnits.size(Array(text.utf8)) == nil)
    }

    @Test(
        arguments: [
            ("lisen", "listen"), ("LISTEN", "listen"), ("public-url", "public_url"), ("publicUrl", "public_url"),
            ("accses", "access"), ("warn", nil), ("x", nil), ("", nil), ("acc", "access"),
        ] as [(String, String?)]
    )
    func `the nearest name is offered where it is near`(_ row: (typed: String, nearest: String?)) {
        let names = ["listen", "public_url", "access", "log"].map { Array($0.utf8) }
        #expect(Spelling.nearest(to: Array(row.typed.utf8), among: names).map(text) == row.nearest)
    }

    @Test func `a long text is cut in a message`() {
        let long = [UInt8](repeating: 0x61, count: 500)
        #expect(ConfigText.quoted(long).utf8.count < 100)
        #expect(ConfigText.quoted([0x61, 0xFF, 0x0A, 0x62]) == "\"a??b\"")
    }
}
