// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import JSON

/// Sweeps over all positions of a text, where tables would miss the one that matters.
struct SweepTests {
    static let texts = [
        #"{"jsonrpc":"2.0","id":1,"method":"tools/call","#
            + #""params":{"name":"é\ud83d\ude00x","arguments":{"x":[-1.5e+3,true]}}}"#,
        "[ { \"a\" : null , \"b\" : [ ] } , \"\u{2028}漢字かな\" , false,0.25 ]",
        "\"a long string, longer than two vectors of sixteen bytes\"",
    ]

    @Test(arguments: texts)
    func `every prefix of a document is refused`(text: String) {
        let bytes = Array(text.utf8)
        #expect(refusal(bytes) == nil)
        for length in 0..<bytes.count {
            let error = refusal(Array(bytes[..<length]))
            #expect(error != nil, "the first \(length) bytes")
            #expect((error?.offset ?? 0) <= length)
        }
    }

    @Test(arguments: texts)
    func `every byte at every position is read soundly or refused`(text: String) {
        let original = Array(text.utf8)
        for position in original.indices {
            var bytes = original
            for byte in UInt8.min...UInt8.max {
                bytes[position] = byte
                guard let read = try? JSONDocument(bytes) else { continue }
                if let fault = faultOfMinified(read) {
                    Issue.record("\(byte) at \(position): the minified text \(fault)")
                }
            }
        }
    }

    @Test(arguments: texts)
    func `a document without any one of its bytes is read soundly or refused`(text: String) {
        let original = Array(text.utf8)
        for position in original.indices {
            var bytes = original
            bytes.remove(at: position)
            guard let read = try? JSONDocument(bytes) else { continue }
            #expect(faultOfMinified(read) == nil)
        }
    }

    @Test func `the scan for special bytes finds the first, at every length and offset`() {
        func isSpecial(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x22 || byte == 0x5C || byte >= 0x7F }
        for byte in UInt8.min...UInt8.max {
            for length in [1, 7, 8, 9, 15, 16, 17, 23, 24, 25, 40, 41] {
                for position in 0..<length {
                    var bytes = [UInt8](repeating: 0x61, count: length)
                    bytes[position] = byte
                    let first = isSpecial(byte) ? position : length
                    #expect(bytes.span.firstSpecialOffset(from: 0) == first)
                    #expect(bytes.span.firstSpecialOffset(from: position) == first)
                    #expect(bytes.span.firstSpecialOffset(from: position + 1) == length)
                }
            }
        }
    }

    @Test func `neighbours do not hide the first special byte`() {
        // Borrows and carries run from one byte into the next: all pairs of interesting neighbours.
        let interesting: [UInt8] = [0x00, 0x01, 0x1F, 0x20, 0x21, 0x22, 0x23, 0x5B, 0x5C, 0x5D, 0x7E, 0x7F, 0x80, 0xFF]
        for first in interesting {
            for second in interesting {
                for start in [0, 6, 7, 8, 14, 15, 20] {
                    var bytes = [UInt8](repeating: 0x20, count: 40)
                    bytes[start] = first
                    bytes[start + 1] = second
                    let naive = bytes.firstIndex { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C || $0 >= 0x7F } ?? 40
                    #expect(bytes.span.firstSpecialOffset(from: 0) == naive)
                }
            }
        }
    }

    /// A block of neighbours in one string, so that sequences of all lengths follow one another.
    @Test(arguments: Array(stride(from: UInt32(0), through: 0x10FFFF, by: 0x8000)))
    func `every scalar value passes`(first: UInt32) throws {
        var raw: [UInt8] = []
        for scalar in first..<first + 0x8000 where scalar >= 0x20 && scalar != 0x22 && scalar != 0x5C {
            guard let scalar = Unicode.Scalar(scalar) else { continue }
            raw.append(contentsOf: UTF8.encode(scalar) ?? .init())
        }
        #expect(try JSONDocument([0x22] + raw + [0x22]).root.string == raw)
    }
}
