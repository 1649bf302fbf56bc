// SPDX-License-Identifier: Apache-2.0

import Bytes
import Testing

@testable import HTTP

/// The PROXY protocol, versions 1 and 2, as a proxy puts it in front of a connection.
struct ProxyHeaderTests {
    private static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]

    private static func block(_ command: UInt8, _ family: UInt8, _ rest: [UInt8], length: Int? = nil) -> [UInt8] {
        let length = length ?? rest.count
        return signature + [command, family, UInt8(length >> 8), UInt8(length & 0xFF)] + rest
    }

    private static let v4: [UInt8] = [203, 0, 113, 7, 192, 0, 2, 1, 0xDE, 0xAD, 0x01, 0xBB]
    private static let v6: [UInt8] =
        [0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7] + [UInt8](repeating: 0, count: 16) + [
            0, 80, 1, 187,
        ]

    /// What the reader says of bytes that come in pieces, and how many it took.
    private static func read(_ bytes: [UInt8], piece: Int) -> (String, taken: Int) {
        var reader = ProxyHeaderReader()
        var taken = 0
        while taken < bytes.count {
            let end = min(taken + piece, bytes.count)
            var offset = 0
            do {
                let found = try reader.next(bytes.span.extracting(taken..<end), offset: &offset)
                taken += offset
                switch found {
                case nil: continue
                case .socket: return ("socket", taken)
                case .address(let address, let port):
                    return ("\(String(decoding: address.text, as: UTF8.self)) \(port)", taken)
                }
            } catch {
                return ("error: \(error.reason)", taken + offset)
            }
        }
        return ("incomplete", taken)
    }

    private static let good: [(header: [UInt8], meaning: String)] = [
        (Array("PROXY TCP4 203.0.113.7 192.0.2.1 57005 443\r\n".utf8), "203.0.113.7 57005"),
        (Array("PROXY TCP6 2001:db8::7 ::1 80 443\r\n".utf8), "2001:db8::7 80"),
        (Array("PROXY TCP6 ::ffff:203.0.113.7 ::1 0 65535\r\n".utf8), "203.0.113.7 0"),
        (Array("PROXY UNKNOWN\r\n".utf8), "socket"),
        (Array("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n".utf8), "socket"),
        (Array("PROXY UNKNOWN \(String(repeating: "x", count: 107 - 16))\r\n".utf8), "socket"),
        (block(0x21, 0x11, v4), "203.0.113.7 57005"), (block(0x21, 0x21, v6), "2001:db8::7 80"),
        (block(0x21, 0x11, v4 + [0x04, 0, 3, 1, 2, 3]), "203.0.113.7 57005"),
        (block(0x21, 0x11, v4 + [UInt8](repeating: 0x0A, count: 4096 - 12)), "203.0.113.7 57005"),
        (block(0x20, 0x00, []), "socket"), (block(0x20, 0x11, v4), "socket"), (block(0x20, 0xFF, [1, 2]), "socket"),
        (block(0x21, 0x00, []), "socket"), (block(0x21, 0x00, [9, 9, 9]), "socket"),
        (block(0x21, 0x31, [UInt8](repeating: 0x2F, count: 216)), "socket"),
    ]

    @Test(arguments: good.indices, [1, 2, 7, 15, 16, 17, 100_000])
    func `a header is read to its end and no further`(_ index: Int, _ piece: Int) {
        let (header, meaning) = Self.good[index]
        for behind in [[], Array("GET / HTTP/1.1\r\n".utf8), [0x16, 0x03, 0x01]] {
            let (found, taken) = Self.read(header + behind, piece: piece)
            #expect(found == meaning)
            #expect(taken == header.count)
        }
        for length in 0..<header.count { #expect(Self.read(Array(header[..<length]), piece: piece).0 == "incomplete") }
    }

    private static let bad: [(header: [UInt8], reason: String)] =
        [
            ("GET / HTTP/1.1\r\n", "no PROXY header"), ("POST / HTTP/1.1\r\n", "no PROXY header"),
            ("\r\nGET / HTTP/1.1\r\n", "no PROXY header"), ("proxy TCP4 1.2.3.4 1.2.3.4 1 1\r\n", "no PROXY header"),
            (" PROXY TCP4 1.2.3.4 1.2.3.4 1 1\r\n", "no PROXY header"), ("PROXY\r\n", "no PROXY header"),
            ("PROXYTCP4 1.2.3.4 1.2.3.4 1 1\r\n", "no PROXY header"),
            ("PROXY \r\n", "malformed PROXY line"), ("PROXY TCP5 1.2.3.4 1.2.3.4 1 1\r\n", "malformed PROXY line"),
            ("PROXY UNKNOWNS\r\n", "malformed PROXY line"), ("PROXY unknown\r\n", "malformed PROXY line"),
            ("PROXY TCP4 1.2.3.4 1.2.3.4 1 1\n", "malformed PROXY line"),
            ("PROXY TCP4 1.2.3.4 1.2.3.4 1\r1\r\n", "malformed PROXY line"),
            ("PROXY TCP4 1.2.3.4 1.2.3.4 1 1 \r\n", "malformed PROXY line"),
            ("PROXY TCP4  1.2.3.4 1.2.3.4 1 1\r\n", "malformed PROXY line"),
            ("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", "malformed PROXY line"),
            ("PROXY TCP4 1.2.3.256 1.2.3.4 1 1\r\n", "malformed PROXY line"),
            ("PROXY TCP4 01.2.3.4 1.2.3.4 1 1\r\n", "malformed PROXY line"),
            ("PROXY TCP4 ::1 ::1 1 1\r\n", "malformed PROXY line"),
            ("PROXY TCP6 1.2.3.4 1.2.3.4 1 1\r\n", "malformed PROXY line"),
            ("PROXY TCP6 [::1] ::1 1 1\r\n", "malformed PROXY line"),
            ("PROXY TCP6 ::1%eth0 ::1 1 1\r\n", "malformed PROXY line"),
            ("PROXY TCP4 1.2.3.4 1.2.3.4 65536 1\r\n", "malformed PROXY line"),
            ("PROXY TCP4 1.2.3.4 1.2.3.4 01 1\r\n", "malformed PROXY line"),
            ("PROXY TCP4 1.2.3.4 1.2.3.4 -1 1\r\n", "malformed PROXY line"),
            ("PROXY UNKNOWN \(String(repeating: "x", count: 108 - 16))\r\n", "PROXY line too long"),
            ("PROXY UNKNOWN \(String(repeating: "x", count: 5000))", "PROXY line too long"),
        ].map { (Array($0.0.utf8), $0.1) } + [
            ([0x16, 0x03, 0x01, 0x02, 0x00], "no PROXY header"), (signature.dropLast() + [0x0B], "no PROXY header"),
            (block(0x11, 0x11, v4), "unknown PROXY version or command"),
            (block(0x22, 0x11, v4), "unknown PROXY version or command"),
            (block(0x21, 0x11, Array(v4.dropLast())), "PROXY addresses cut short"),
            (block(0x21, 0x21, v4), "PROXY addresses cut short"),
            (block(0x21, 0x31, v6), "PROXY addresses cut short"),
            (block(0x21, 0x12, v4), "unknown PROXY address family"),
            (block(0x21, 0x22, v6), "unknown PROXY address family"),
            (block(0x21, 0x41, v6), "unknown PROXY address family"),
            (block(0x21, 0x11, v4, length: 4097), "PROXY header too long"),
            (block(0x20, 0x00, [], length: 65535), "PROXY header too long"),
        ]

    @Test(arguments: bad.indices, [1, 3, 100_000])
    func `anything else is refused`(_ index: Int, _ piece: Int) {
        let (header, reason) = Self.bad[index]
        #expect(Self.read(header, piece: piece).0 == "error: \(reason)")
    }
}
