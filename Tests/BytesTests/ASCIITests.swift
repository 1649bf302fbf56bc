// SPDX-License-Identifier: Apache-2.0

import Bytes
import Testing

private func folds(_ text: String, _ literal: StaticString) -> Bool {
    let bytes = [UInt8](text: text)
    return bytes.span.equalsIgnoringCase(literal)
}

private func starts(_ text: String, _ literal: StaticString) -> Bool {
    let bytes = [UInt8](text: text)
    return bytes.span.starts(with: literal)
}

private func equal(_ one: [UInt8], _ other: [UInt8]) -> Bool { one.span.equals(other.span) }

private func find(_ byte: UInt8, in text: String, from start: Int = 0) -> Int? {
    let bytes = [UInt8](text: text)
    return bytes.span.firstOffset(of: byte, from: start)
}

@Suite struct ASCIITests {
    @Test func `every byte has its class and its lower case`() {
        let digits = Set("0123456789".utf8)
        let capitals = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
        let letters = capitals.union("abcdefghijklmnopqrstuvwxyz".utf8)
        for byte in UInt8.min...UInt8.max {
            #expect(ASCII.isDigit(byte) == digits.contains(byte))
            #expect(ASCII.isLetter(byte) == letters.contains(byte))
            #expect(ASCII.lower(byte) == (capitals.contains(byte) ? byte + 32 : byte))
        }
    }

    @Test func `eight bytes have the lower case of each`() {
        for byte in UInt8.min...UInt8.max {
            for place in 0..<8 {
                // Neighbours that a carry would change.
                for other: UInt8 in [0x00, 0x40, 0x5A, 0x7F, 0x80, 0xFF] {
                    var bytes = [UInt8](repeating: other, count: 8)
                    bytes[place] = byte
                    let lower = bytes.map { ASCII.lower($0) }
                    let (word, want) = (ASCII.lower(bytes.span.word(at: 0)), lower.span.word(at: 0))
                    #expect(word == want)
                }
            }
        }
    }

    @Test func `texts of every length are compared to their last byte`() {
        for length in 0..<40 {
            let text = (0..<length).map { UInt8($0 + 0x40) }
            let folded = text.map { ASCII.lower($0) }
            let (isEqual, isFolded) = (equal(text, text), text.span.equalsIgnoringCase(folded.span))
            #expect(isEqual && isFolded)
            for place in 0..<length {
                var other = text
                other[place] ^= 0x80
                let (isEqual, isFolded) = (equal(text, other), text.span.equalsIgnoringCase(other.span))
                #expect(!isEqual && !isFolded)
            }
        }
    }

    @Test func `the first lane of sixteen that fails is found`() {
        let ones = SIMD16<UInt8>(repeating: 1)
        #expect((ones .== ones).firstUnset == 16)
        for place in 0..<16 {
            for second in place..<16 {
                var block = ones
                block[place] = 0
                block[second] = 0
                #expect((block .== ones).firstUnset == place)
            }
        }
    }

    @Test func `every byte is the hexadecimal digit it is, or none`() {
        var values: [UInt8: UInt8] = [:]
        for (value, digit) in "0123456789abcdef".utf8.enumerated() { values[digit] = UInt8(value) }
        for (value, digit) in "0123456789ABCDEF".utf8.enumerated() { values[digit] = UInt8(value) }
        for byte in UInt8.min...UInt8.max { #expect(ASCII.hexValue(byte) == values[byte]) }
    }

    @Test func `a literal of one character has its one byte`() {
        #expect([UInt8]("x") == [0x78])
        #expect([UInt8]("") == [])
        #expect([0x78].equals("x"))
        var text: [UInt8] = []
        text.append("é")
        #expect(text == [0xC3, 0xA9])
    }

    @Test func `equality is of every byte and of the length`() {
        #expect([UInt8](text: "bearer").equals("bearer"))
        for other in ["", "beare", "bearers", "Bearer", "bearex", "xearer"] {
            #expect(![UInt8](text: other).equals("bearer"))
        }
        #expect([UInt8]().equals(""))
    }

    @Test func `equality without case folds ASCII letters and nothing else`() {
        for text in ["bearer", "BEARER", "bEaReR"] { #expect(folds(text, "Bearer")) }
        // U+212A KELVIN SIGN folds to k in Unicode; `[` and `{` differ by the same bit as letters do.
        for (text, literal) in [("\u{212A}", "k" as StaticString), ("[", "{"), ("@", "`"), ("ab", "abc")] {
            #expect(!folds(text, literal))
        }
    }

    @Test func `a beginning is told from what is shorter or different`() {
        #expect(starts("ghk_x", "ghk_"))
        #expect(starts("ghk_", "ghk_"))
        #expect(starts("x", ""))
        #expect(!starts("ghk", "ghk_"))
        #expect(!starts("Ghk_x", "ghk_"))
    }

    @Test func `two spans are equal when their bytes are`() {
        #expect(equal([1, 2, 3], [1, 2, 3]))
        #expect(equal([], []))
        #expect(!equal([1, 2, 3], [1, 2]))
        #expect(!equal([1, 2, 3], [1, 2, 4]))
    }

    @Test func `a byte is found from where the search starts`() {
        #expect(find(0x2E, in: "a.b.c") == 1)
        #expect(find(0x2E, in: "a.b.c", from: 2) == 3)
        #expect(find(0x2E, in: "a.b.c", from: 4) == nil)
        #expect(find(0x2E, in: "a.b.c", from: 5) == nil)
        #expect(find(0x7A, in: "a.b.c") == nil)
    }

    @Test(arguments: [
        ("", ""), (" ", ""), (" \t ", ""), ("a", "a"), (" a", "a"), ("a\t", "a"), ("\t a b \t", "a b"),
        ("\u{A0}a", "\u{A0}a"),  // a no-break space is not white space here
        ("\na\r", "\na\r"),  // nor are line ends
    ]) func `trimming takes spaces and tabs from both ends`(text: String, trimmed: String) {
        let bytes = [UInt8](text: text)
        let range = bytes.span.trimmed
        #expect(Array(bytes[range]) == Array(trimmed.utf8))
    }
}
