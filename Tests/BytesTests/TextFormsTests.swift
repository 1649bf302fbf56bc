// SPDX-License-Identifier: Apache-2.0

import Bytes
import TestSupport
import Testing

private func decode64(_ text: [UInt8]) -> [UInt8]? { Base64URL.decode(text.span) }
private func decodeHex(_ text: [UInt8]) -> [UInt8]? { Hex.decode(text.span) }
private func parseDecimal(_ text: String) -> Int? {
    let bytes = [UInt8](text: text)
    return DecimalText.parse(bytes.span)
}

@Suite struct Base64URLTests {
    /// RFC 4648, section 10, without padding; the last two use both letters of the URL alphabet.
    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
        ("foobar", "Zm9vYmFy"), ("~~~", "fn5-"), ("???", "Pz8_"),
    ]) func `known texts encode and decode`(plain: String, text: String) {
        #expect(Base64URL.encode(Array(plain.utf8)) == Array(text.utf8))
        #expect(decode64(Array(text.utf8)) == Array(plain.utf8))
    }

    @Test func `bytes of every length come back`() {
        var random = SeededGenerator(seed: 1)
        for length in 0...200 {
            let bytes = random.bytes(length)
            let text = Base64URL.encode(bytes)
            #expect(text.count == (length * 4 + 2) / 3)
            #expect(decode64(text) == bytes)
        }
    }

    @Test func `a text decodes only if encoding gives it back`() {
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                for text in [[first, second], [0x41, first, second], [0x41, 0x42, first, second]] {
                    guard let bytes = decode64(text) else { continue }
                    #expect(Base64URL.encode(bytes) == text)
                }
            }
        }
    }

    @Test func `every byte outside the alphabet is refused in every place`() {
        let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        for byte in UInt8.min...UInt8.max {
            for place in 0..<4 {
                var text = [UInt8](text: "AAAA")
                text[place] = byte
                #expect((decode64(text) != nil) == alphabet.contains(byte))
            }
        }
    }

    @Test(arguments: [
        "A", "AAAAA",  // a length that no encoder makes
        "Zg==", "Zm8=",  // padding
        "Zh", "Zm9",  // bits behind the last byte
        "Zm 9v", "Zm9v\n", "+/AA",
    ]) func `another spelling is refused`(text: String) {
        #expect(decode64(Array(text.utf8)) == nil)
    }
}

@Suite struct HexTests {
    @Test func `every byte is written in lower case and read in either`() {
        for byte in UInt8.min...UInt8.max {
            let expected = String(byte, radix: 16)
            let text = [UInt8](text: expected.count == 1 ? "0" + expected : expected)
            #expect(Hex.encode([byte]) == text)
            #expect(decodeHex(text) == [byte])
            #expect(decodeHex(String(decoding: text, as: UTF8.self).uppercased().utf8.map { $0 }) == [byte])
        }
    }

    @Test func `every byte that is no digit is refused in both places`() {
        for byte in UInt8.min...UInt8.max where ASCII.hexValue(byte) == nil {
            #expect(decodeHex([byte, 0x30]) == nil)
            #expect(decodeHex([0x30, byte]) == nil)
        }
    }

    @Test func `an odd number of digits is refused and none is no bytes`() {
        #expect(decodeHex([]) == [])
        #expect(decodeHex([0x30]) == nil)
        #expect(decodeHex([0x30, 0x30, 0x30]) == nil)
        #expect(Hex.encode([]) == [])
    }

    @Test(
        arguments: [
            (0, "0000000000000000"), (1, "0000000000000001"), (0x0123_4567_89AB_CDEF, "0123456789abcdef"),
            (.max, "ffffffffffffffff"),
        ] as [(UInt64, String)]
    ) func `a word has sixteen digits`(word: UInt64, text: String) {
        var bytes: [UInt8] = []
        Hex.append(word, to: &bytes)
        #expect(bytes == Array(text.utf8))
    }
}

@Suite struct DecimalTextTests {
    @Test(arguments: [
        ("0", 0), ("7", 7), ("00", 0), ("0010", 10), ("4294967296", 4_294_967_296),
        ("9223372036854775807", .max), ("0000000000000000000000009223372036854775807", .max),
    ]) func `digits are read up to the largest number`(text: String, number: Int) {
        #expect(parseDecimal(text) == number)
    }

    @Test(arguments: [
        "", "+1", "-1", " 1", "1 ", "1.", "0x1", "1e3", "1_000", "٢", "9223372036854775808", "9223372036854775810",
        "18446744073709551619", "99999999999999999999999999999999",
    ]) func `anything else is refused`(text: String) {
        #expect(parseDecimal(text) == nil)
    }

    @Test(arguments: [0, 1, 9, 10, 99, 100, -1, -10, .max, .min, 1_000_000_007])
    func `a number is written as Swift writes it`(number: Int) {
        var text: [UInt8] = [0x78]
        DecimalText.append(number, to: &text)
        #expect(text == Array("x\(number)".utf8))
    }
}
