// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTP

struct ResponseSplitTests {
    private static let small = [
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=\"b\"\r\n{}\r\n0\r\nX: y\r\n\r\n",
        "HTTP/1.0 404 X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 100 C\r\nA: b\r\n\r\nHTTP/1.1 204 X\r\nMcp-Session-Id: s\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\n",
    ]

    private static let settings = [
        ResponseSetting(), ResponseSetting(closes: true), ResponseSetting(isAnswerToHead: true),
    ]

    @Test(arguments: small)
    func `every byte at every place has one verdict`(_ text: String) {
        let good = Array(text.utf8)
        let closes = ResponseSetting(closes: true)
        #expect(read(good, closes).verdict == "complete")
        for place in good.indices {
            for byte in UInt8.min...UInt8.max {
                var input = good
                input[place] = byte
                let whole = read(input, closes)
                #expect(readByteByByte(input, closes) == whole, "byte \(byte) at \(place)")
                #expect(read(input, cutAt: [place], closes) == whole, "byte \(byte) at \(place), cut before")
                #expect(read(input, cutAt: [place + 1], closes) == whole, "byte \(byte) at \(place), cut behind")
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
                for setting in Self.settings {
                    #expect(readByteByByte(input, setting) == read(input, setting), "byte \(byte) put in at \(place)")
                }
            }
            var shorter = good
            shorter.remove(at: place)
            for setting in Self.settings {
                #expect(readByteByByte(shorter, setting) == read(shorter, setting), "byte left out at \(place)")
            }
        }
    }

    @Test(arguments: small)
    func `every pair of cuts agrees`(_ text: String) {
        let input = Array(text.utf8)
        for setting in Self.settings {
            let whole = read(input, setting)
            for first in 1..<input.count {
                for second in stride(from: first + 1, to: input.count, by: 3) {
                    #expect(read(input, cutAt: [first, second], setting) == whole, "cut at \(first) and \(second)")
                }
            }
        }
    }

    /// A connection that dies at any byte never leaves an answer that looks complete, where its head frames it.
    @Test(arguments: small.dropLast())
    func `a response that is cut off is never complete`(_ text: String) {
        let input = Array(text.utf8)
        for end in input.indices {
            let cut = read(Array(input[..<end]), ResponseSetting(closes: true))
            #expect(cut.error?.kind == .truncated, "cut off at \(end)")
        }
    }

    /// What this module writes it reads, and what is done to it does not depend on the cuts.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `random responses come back as they were written, however they are cut`(_ seed: UInt64) {
        var random = SeededGenerator(state: seed)
        for round in 0..<600 {
            let (written, want) = Self.response(&random)
            let setting = ResponseSetting(closes: want.framing == .untilClose)
            for _ in 0..<4 {
                let cuts = Self.cuts(written.count, &random)
                let result = read(written, cutAt: cuts, setting)
                #expect(result.verdict == "complete", "seed \(seed), round \(round), cut at \(cuts)")
                #expect(result.status == want.status && result.body == want.body && result.fields == want.fields)
                #expect(result.mayReuse == (want.keepAlive && want.framing != .untilClose))
            }
            var damaged = written
            let place = Int.random(in: 0..<damaged.count, using: &random)
            damaged[place] = UInt8.random(in: 0...255, using: &random)
            let whole = read(damaged, setting)
            for _ in 0..<2 {
                #expect(
                    read(damaged, cutAt: Self.cuts(damaged.count, &random), setting) == whole,
                    "seed \(seed), round \(round)"
                )
            }
            #expect(readByteByByte(damaged, setting) == whole, "seed \(seed), round \(round)")
        }
    }

    private static func cuts(_ count: Int, _ random: inout SeededGenerator) -> [Int] {
        (0..<Int.random(in: 0...8, using: &random)).map { _ in Int.random(in: 0...count, using: &random) }.sorted()
    }

    private static func response(_ random: inout SeededGenerator) -> (bytes: [UInt8], want: ResponseTrace) {
        var want = ResponseTrace()
        var out: [UInt8] = []
        for _ in 0..<Int.random(in: 0...2, using: &random) { ResponseHead.appendContinue(to: &out) }
        let status = [200, 202, 204, 304, 400, 404, 500][Int.random(in: 0..<7, using: &random)]
        var head = ResponseHead(status: status)
        var lines: [[UInt8]] = []
        for index in 0..<Int.random(in: 0...3, using: &random) {
            let value = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                UInt8.random(in: 0x21...0x7E, using: &random)
            }
            let name = Array("X-Field-\(index)".utf8)
            _ = head.field(name.span, value.span)
            lines += [name, value]
        }
        want.status = status
        want.keepAlive = Int.random(in: 0...3, using: &random) > 0
        let hasContent = status != 204 && status != 304
        let body = (0..<Int.random(in: 0...300, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        want.body = hasContent ? body : []
        if Bool.random(using: &random) {
            want.framing = .chunked
            head.append(to: &out, framing: .chunked, keepAlive: want.keepAlive)
            if hasContent { lines += [Array("transfer-encoding".utf8), Array("chunked".utf8)] }
            var start = 0
            while hasContent, start < body.count {
                let end = min(body.count, start + Int.random(in: 1...100, using: &random))
                ChunkWriter.append(Array(body[start..<end]), to: &out)
                start = end
            }
            if hasContent { ChunkWriter.appendLast(to: &out) }
        } else {
            want.framing = .length(want.body.count)
            head.append(to: &out, framing: .length(want.body.count), keepAlive: want.keepAlive)
            if hasContent { lines += [Array("content-length".utf8), Array("\(want.body.count)".utf8)] }
            out += want.body
        }
        if !want.keepAlive { lines += [Array("connection".utf8), Array("close".utf8)] }
        want.fields = lines
        return (out, want)
    }
}
