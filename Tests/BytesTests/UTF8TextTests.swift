// SPDX-License-Identifier: Apache-2.0

import Bytes
import TestSupport
import Testing

private func firstInvalid(_ bytes: [UInt8]) -> Int? { UTF8Text.firstInvalidOffset(bytes.span) }

@Suite struct UTF8TextTests {
    @Test func `every sequence of two bytes is judged as the standard library judges it`() {
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                let bytes = [first, second]
                #expect((firstInvalid(bytes) == nil) == (String(validating: bytes, as: UTF8.self) != nil))
            }
        }
    }

    @Test func `longer sequences are judged as the standard library judges them at every edge`() {
        let edges: [UInt8] = [0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF]
        for first in UInt8(0xC0)...UInt8.max {
            for second in edges {
                for third in edges {
                    for fourth in edges {
                        for bytes in [[first, second, third], [first, second, third, fourth]] {
                            let expected = String(validating: bytes, as: UTF8.self) != nil
                            #expect((firstInvalid(bytes) == nil) == expected)
                        }
                    }
                }
            }
        }
    }

    @Test func `every scalar value is written as the standard library writes it and read as one sequence`() {
        var wrong = 0
        for value in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            var bytes: [UInt8] = []
            UTF8Text.append(value, to: &bytes)
            let expected = Array(UTF8.encode(scalar).map(Array.init) ?? [])
            if bytes != expected || UTF8Text.sequenceLength(bytes.span, at: 0) != bytes.count { wrong += 1 }
        }
        #expect(wrong == 0)
    }

    @Test func `a sequence cut short is found where it starts`() {
        for text in ["é", "€", "😀"] {
            let whole = Array(text.utf8)
            for length in 1..<whole.count {
                #expect(firstInvalid([0x61] + whole.prefix(length)) == 1)
            }
            #expect(firstInvalid([0x61] + whole) == nil)
        }
        #expect(firstInvalid([]) == nil)
    }
}
