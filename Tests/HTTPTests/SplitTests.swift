// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTP

/// SplitMix64: the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

struct SplitTests {
    private static let small = [
        "GET /a?b HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}",
        "POST http://a/ HTTP/1.0\r\nConnection: close\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;a=\"b\"\r\n{}\r\n0\r\nX: y\r\n\r\n",
    ]

    @Test(arguments: small)
    func `every byte at every place has one verdict`(_ text: String) {
        let good = Array(text.utf8)
        #expect(trace(good).verdict == "200")
        for place in good.indices {
            for byte in UInt8.min...UInt8.max {
                var input = good
                input[place] = byte
                let whole = trace(input)
                #expect(traceByteByByte(input) == whole, "byte \(byte) at \(place)")
                #expect(trace(input, cutAt: [place]) == whole, "byte \(byte) at \(place), cut before")
                #expect(trace(input, cutAt: [place + 1]) == whole, "byte \(byte) at \(place), cut behind")
            }
        }
    }

    @Test(arguments: small)
    func `a byte left out, put in or said twice has one verdict`(_ text: String) {
        let good = Array(text.utf8)
        for place in good.indices {
            for byte in [0, 0x09, 0x0A, 0x0D, 0x20, 0x2C, 0x30, 0x3A, 0x3B, 0x41, 0xFF] as [UInt8] {
                var input = good
                input.insert(byte, at: place)
                #expect(traceByteByByte(input) == trace(input), "byte \(byte) put in at \(place)")
            }
            var shorter = good
            shorter.remove(at: place)
            #expect(traceByteByByte(shorter) == trace(shorter), "byte left out at \(place)")
        }
    }

    @Test(arguments: small)
    func `every prefix is incomplete and every pair of cuts agrees`(_ text: String) {
        let input = Array(text.utf8)
        let whole = trace(input)
        for first in 1..<input.count {
            #expect(trace(Array(input[..<first])).error == nil)
            for second in stride(from: first + 1, to: input.count, by: 3) {
                #expect(trace(input, cutAt: [first, second]) == whole, "cut at \(first) and \(second)")
            }
        }
    }

    /// Requests from a grammar that is right more often than not, cut at random.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `random requests give the same events however they are cut`(_ seed: UInt64) {
        var random = SeededGenerator(state: seed)
        var accepted = 0
        for round in 0..<1500 {
            let input = Self.request(&random) + (Bool.random(using: &random) ? Self.request(&random) : [])
            let whole = trace(input)
            if whole.error == nil { accepted += 1 }
            for _ in 0..<3 {
                let count = Int.random(in: 1...6, using: &random)
                let cuts = (0..<count).map { _ in Int.random(in: 0...input.count, using: &random) }.sorted()
                #expect(trace(input, cutAt: cuts) == whole, "seed \(seed), round \(round), cut at \(cuts)")
            }
            #expect(traceByteByByte(input) == whole, "seed \(seed), round \(round), byte by byte")
        }
        #expect(accepted > 100 && accepted < 1400, "the grammar should be refused sometimes, and not always")
    }

    private static func request(_ random: inout SeededGenerator) -> [UInt8] {
        let line = pick(
            [
                "GET / HTTP/1.1", "POST /mcp HTTP/1.1", "POST /a/b?c HTTP/1.0", "OPTIONS * HTTP/1.1",
                "GET http://h/x HTTP/1.1",
            ],
            &random
        )
        var text = "\(pick(["", "", "", "\r\n"], &random))\(line)\r\nHost: gw.test\r\n"
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            text +=
                pick(
                    [
                        "Accept: a/b", "Connection: keep-alive", "Connection: x, TE", "X-Y:  z\t", "Mcp-Session-Id: a",
                        "Cookie:",
                        "Authorization: Bearer abc", "Expect: 100-continue", "Content-Encoding: gzip",
                    ],
                    &random
                ) + "\r\n"
        }
        switch Int.random(in: 0...3, using: &random) {
        case 0: text += "\r\n"
        case 1: text += "Content-Length: 5\r\n\r\nhello"
        case 2: text += "Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n"
        default: text += "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nT: u\r\n\r\n"
        }
        var bytes = Array(text.utf8)
        if Int.random(in: 0...3, using: &random) == 0 {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            bytes[place] = UInt8.random(in: 0...255, using: &random)
        }
        return bytes
    }

    private static func pick(_ choices: [String], _ random: inout SeededGenerator) -> String {
        choices[Int.random(in: 0..<choices.count, using: &random)]
    }
}
