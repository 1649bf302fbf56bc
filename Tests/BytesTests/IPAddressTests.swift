// SPDX-License-Identifier: Apache-2.0

import Bytes
import Foundation
import TestSupport
import Testing

private func parse(_ text: String) -> IPAddress? {
    let bytes = [UInt8](text: text)
    return IPAddress.parse(bytes.span)
}

private func parseRange(_ text: String) -> AddressRange? {
    let bytes = [UInt8](text: text)
    return AddressRange.parse(bytes.span)
}

private func string(_ address: IPAddress) -> String { String(decoding: address.text, as: UTF8.self) }

/// What the C library makes of the text.
private func systemReading(_ text: String) -> IPAddress? {
    var four = in_addr()
    if inet_pton(AF_INET, text, &four) == 1 { return IPAddress(v4: UInt32(bigEndian: four.s_addr)) }
    var six = in6_addr()
    guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
    let bytes = withUnsafeBytes(of: &six) { Array($0) }
    func word(_ part: ArraySlice<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
    return IPAddress(high: word(bytes[..<8]), low: word(bytes[8...]))
}

@Suite struct IPAddressTests {
    @Test(arguments: [
        ("0.0.0.0", "0.0.0.0"), ("127.0.0.1", "127.0.0.1"), ("255.255.255.255", "255.255.255.255"),
        ("10.20.30.40", "10.20.30.40"), ("::", "::"), ("::1", "::1"), ("1::", "1::"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("2001:0db8::0001", "2001:db8::1"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),  // RFC 5952, 4.2.2: one zero group is not shortened
        ("2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),  // 4.2.3: the longest
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),  // 4.2.3: the first of two
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
        ("0:0:0:0:0:0:0:0", "::"), ("1:0:0:0:0:0:0:0", "1::"), ("0:0:1::", "0:0:1::"),
        ("::ffff:1.2.3.4", "1.2.3.4"), ("::FFFF:102:304", "1.2.3.4"), ("0:0:0:0:0:ffff:1.2.3.4", "1.2.3.4"),
        ("::1.2.3.4", "::102:304"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
        ("1:2:3:4:5:6:7.8.9.10", "1:2:3:4:5:6:708:90a"), ("1::7.8.9.10", "1::708:90a"),
        ("abcd:ef01:2345:6789:abcd:ef01:2345:6789", "abcd:ef01:2345:6789:abcd:ef01:2345:6789"),
    ]) func `an address is read, and written in its one form`(text: String, written: String) throws {
        let address = try #require(parse(text))
        #expect(string(address) == written)
        #expect(parse(written) == address)
        #expect(systemReading(text) == address)
    }

    @Test(arguments: [
        "", ".", "1", "1.2.3", "1.2.3.", "1.2.3.4.", ".1.2.3.4", "1..2.3", "1.2.3.4.5", "256.1.1.1", "1.1.1.999",
        "01.2.3.4", "1.2.3.00", "1.2.3.04", "0x1.2.3.4", "1.2.3.4 ", " 1.2.3.4", "+1.2.3.4", "1.2.3.-4", "1.2.3.1000",
        "2130706433", "127.1", "٢.2.3.4", ":", ":::", "::1::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "12345::", "g::", ":1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:",
        "1:", "::1:", "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:6:7:8.9.10.11", "::1.2.3", "::1.2.3.4.5", "::1.2.3.04",
        "::1.2.3.4:5", "1.2.3.4::", "1.2.3.4:5", "fe80::1%eth0", "[::1]", "::1/64", "::1 ", "1::-1", "::ffff:1.2.3.256",
    ]) func `what is no address is refused`(text: String) {
        #expect(parse(text) == nil)
        #expect(systemReading(text) == nil)
    }

    @Test func `a hundred thousand mutated texts are read as the C library reads them`() {
        var random = SeededGenerator(seed: 3)
        let seeds = ["1.2.3.4", "::ffff:255.1.2.3", "2001:db8::1", "1:2:3:4:5:6:7:8", "::", "fe80::a:b", "1::7.8.9.10"]
        let alphabet = Array("0123456789abcdefF:.".utf8)
        var read = 0
        for _ in 0..<100_000 {
            var text = Array(seeds[Int(random.next() % UInt64(seeds.count))].utf8)
            for _ in 0..<(random.next() % 4) {
                let place = Int(random.next() % UInt64(text.count + 1))
                let byte = alphabet[Int(random.next() % UInt64(alphabet.count))]
                switch random.next() % 3 {
                case 0: text.insert(byte, at: place)
                case 1 where place < text.count: text[place] = byte
                default: if place < text.count, text.count > 1 { text.remove(at: place) }
                }
            }
            let string = String(decoding: text, as: UTF8.self)
            let mine = parse(string)
            #expect(mine == systemReading(string), "\(string)")
            if mine != nil { read += 1 }
        }
        #expect(read > 10_000)
    }

    @Test func `random addresses are written as they are read, in lower case and with no longer form`() throws {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<20_000 {
            // Sparse groups, so that gaps of every length and place come up.
            func word() -> UInt64 {
                (0..<4).reduce(0) { word, _ in
                    word << 16 | (random.next() % 2 == 0 ? 0 : random.next() & (random.next() % 2 == 0 ? 0xF : 0xFFFF))
                }
            }
            let address = IPAddress(high: word(), low: word())
            let text = string(address)
            #expect(parse(text) == address)
            #expect(text == text.lowercased())
            if !address.isV4, address.high != 0 { #expect(systemText(address) == text) }
        }
    }

    /// As the C library writes it; it differs from RFC 5952 only where the first 64 bits are zero.
    private func systemText(_ address: IPAddress) -> String {
        var words = [address.high.bigEndian, address.low.bigEndian]
        var buffer = [CChar](repeating: 0, count: 64)
        _ = inet_ntop(AF_INET6, &words, &buffer, 64)
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    @Test(arguments: [
        ("203.0.113.7", "203.0.113.7"), ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"), ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::"),
        ("2001:db8:1:3::", "2001:db8:1:3::"), ("::1", "::"),
    ]) func `a caller is an IPv4 address or the first half of an IPv6 one`(text: String, block: String) throws {
        #expect(string(try #require(parse(text)).callerBlock) == block)
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.255.255.255", true), ("::1", true), ("::ffff:127.0.0.1", true),
        ("126.255.255.255", false), ("128.0.0.0", false), ("::2", false), ("::", false), ("::7f00:1", false),
        ("1::1", false),
    ]) func `loopback is told`(text: String, expected: Bool) throws {
        #expect(try #require(parse(text)).isLoopback == expected)
    }
}

@Suite struct AddressRangeTests {
    @Test(arguments: [
        ("10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"], ["9.255.255.255", "11.0.0.0", "::a00:0"]),
        ("192.0.2.128/25", ["192.0.2.128", "192.0.2.255"], ["192.0.2.127", "192.0.3.128"]),
        ("192.0.2.1", ["192.0.2.1", "::ffff:192.0.2.1"], ["192.0.2.0", "::c000:201"]),
        ("192.0.2.1/32", ["192.0.2.1"], ["192.0.2.2"]),
        ("0.0.0.0/0", ["0.0.0.0", "255.255.255.255"], ["::", "::1"]),
        ("::ffff:10.0.0.0/104", ["10.9.8.7"], ["11.0.0.0"]),
        ("::/0", ["::", "::1", "ffff::"], ["10.0.0.1"]),  // an IPv6 block holds no IPv4 address
        ("::1", ["::1"], ["::", "::2", "127.0.0.1"]),
        ("2001:db8::/32", ["2001:db8::", "2001:db8:ffff::1"], ["2001:db9::", "2001:db7:ffff::"]),
        ("2001:db8::/63", ["2001:db8::", "2001:db8:0:1::"], ["2001:db8:0:2::"]),
        ("2001:db8::/64", ["2001:db8::1", "2001:db8::ffff:0:0:1"], ["2001:db8:0:1::"]),
        ("2001:db8::/65", ["2001:db8::7fff:0:0:0"], ["2001:db8::8000:0:0:0"]),
        ("2001:db8::2/127", ["2001:db8::2", "2001:db8::3"], ["2001:db8::1", "2001:db8::4"]),
    ]) func `a block holds its addresses and no others`(text: String, inside: [String], outside: [String]) throws {
        let range = try #require(parseRange(text))
        for address in inside { #expect(range.contains(try #require(parse(address))), "\(address)") }
        for address in outside { #expect(!range.contains(try #require(parse(address))), "\(address)") }
        #expect(parseRange(String(decoding: range.text, as: UTF8.self)) == range)
    }

    @Test(arguments: [
        "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08", "10.0.0.0/8 ",
        "10.0.0.0/8/8", "10.0.0.0/255.0.0.0", "10.0.0/8", "::/129", "::/1000", "::/", "::/00",
        "10.1.0.0/8", "192.0.2.1/31", "2001:db8::1/32", "::1/127", "::ffff:10.0.0.0/90",  // bits behind the prefix
        "example.com", "10.0.0.0/a",
    ]) func `what is no block is refused`(text: String) {
        #expect(parseRange(text) == nil)
    }

    @Test func `every prefix length cuts at its own bit`() throws {
        for bits in 1...128 {
            // The first address with only the last bit of the prefix set; its neighbour lacks it.
            let bit = UInt64(1) << UInt64(63 - (bits - 1) % 64)
            let base = bits <= 64 ? IPAddress(high: bit, low: 0) : IPAddress(high: 1 << 63, low: bit)
            let other = bits <= 64 ? IPAddress(high: 0, low: 1) : IPAddress(high: 1 << 63, low: 0)
            let range = AddressRange(base: base, prefixLength: bits)
            #expect(range.contains(base))
            #expect(!range.contains(other))
            #expect(parseRange(String(decoding: range.text, as: UTF8.self)) == range)
        }
    }
}
