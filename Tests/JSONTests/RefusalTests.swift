// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import JSON

struct RefusalTests {
    @Test(arguments: [
        ("", JSONError.Kind.empty, 0), ("  \n", .empty, 3),
        ("\u{FEFF}{}", .byteOrderMark, 0), ("{\0}\0", .notUTF8, 0), ("\0{\0}", .notUTF8, 0),
        ("{", .unexpectedEnd, 1), ("[1", .unexpectedEnd, 2), ("[1,", .unexpectedEnd, 3), ("\"a", .unexpectedEnd, 2),
        ("{\"a\"", .unexpectedEnd, 4), ("tru", .unexpectedEnd, 3), ("-", .unexpectedEnd, 1), ("1e", .unexpectedEnd, 2),
        ("\"\\", .unexpectedEnd, 2), ("\"\\u00", .unexpectedEnd, 5), ("\"\\ud83d\\u", .unexpectedEnd, 9),
        ("[1}", .unexpectedByte, 2), ("{\"a\":1]", .unexpectedByte, 6), ("[1 2]", .unexpectedByte, 3),
        ("{1:2}", .unexpectedByte, 1), ("{\"a\" 1}", .unexpectedByte, 5), ("{,}", .unexpectedByte, 1),
        ("[,1]", .unexpectedByte, 1), ("{'a':1}", .unexpectedByte, 1), ("[1,,2]", .unexpectedByte, 3),
        ("\u{c}1", .unexpectedByte, 0), ("[]\u{a0}", .trailingBytes, 2), ("// x\n1", .unexpectedByte, 0),
        ("{} {}", .trailingBytes, 3), ("1 2", .trailingBytes, 2), ("[]]", .trailingBytes, 2), ("1a", .trailingBytes, 1),
        ("[1,]", .trailingComma, 3), ("{\"a\":1,}", .trailingComma, 7), ("[[],]", .trailingComma, 4),
        ("NaN", .invalidLiteral, 0), ("Infinity", .invalidLiteral, 0), ("nulL", .invalidLiteral, 0),
        ("True", .invalidLiteral, 0), ("-Infinity", .invalidNumber, 1), ("+1", .unexpectedByte, 0),
        ("01", .invalidNumber, 0), ("-01", .invalidNumber, 0), ("1.", .unexpectedEnd, 2), ("[1.]", .invalidNumber, 3),
        ("[1e+]", .invalidNumber, 4), (".5", .unexpectedByte, 0), ("0x1", .trailingBytes, 1),
        ("\"a\tb\"", .controlCharacter, 2), ("\"a\nb\"", .controlCharacter, 2), ("\"\\x\"", .invalidEscape, 1),
        ("\"\\u00g0\"", .invalidEscape, 1), ("\"\\\n\"", .invalidEscape, 1), ("\"\\U0041\"", .invalidEscape, 1),
    ])
    func `a text that is not JSON is refused where it stops being so`(
        text: String,
        kind: JSONError.Kind,
        offset: Int
    ) {
        let error = refusal(text)
        #expect(error?.kind == kind)
        #expect(error?.offset == offset)
    }

    @Test(arguments: [
        // Half a pair, first or second, at the end, before another escape, before plain text, and in the wrong order.
        #""\ud800""#, #""\udc00""#, #""\ud800\n""#, #""\ud800xxxxxx""#, #""\udc00\ud800""#, #""\ud800\ud800""#,
        #""\ud800\u0041""#, #"{"\ud800":1}"#, #"{"\udfff":1}"#,
    ])
    func `a lone surrogate is refused in names and values`(text: String) {
        #expect(refusal(text)?.kind == .loneSurrogate)
        #expect(refusal(#"{"\ud800\udc00":"\udbff\udfff"}"#) == nil)
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
            [0xE2, 0x82],
            [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0xE4, 0xBD, 0xA0, 0xE4, 0xBD],
            [0xE4, 0xBD, 0xA0, 0xED, 0xA0, 0x80], [0xE4, 0xBD, 0xA0, 0xE0, 0x80, 0x80],
        ] as [[UInt8]]
    )
    func `bytes that are not UTF-8 are refused`(sequence: [UInt8]) {
        for padding in [0, 1, 7, 8, 15, 16, 31] {
            let plain = [UInt8](repeating: 0x61, count: padding)
            #expect(refusal([0x22] + plain + sequence + plain + [0x22])?.kind == .invalidUTF8)
            #expect(refusal([0x22] + plain + Array("é你好😀\u{7FF}\u{800}\u{FFFF}".utf8) + plain + [0x22]) == nil)
        }
    }

    @Test(arguments: [
        #"{"\u0000":1}"#, #"{"a\u001fb":1}"#, #"{"a\n":1}"#, #"{"\t":1}"#, #"{"\u007F":1}"#, "{\"\u{7F}\":1}",
    ])
    func `a control character in a member name is refused`(text: String) {
        #expect(refusal(text)?.kind == .controlCharacterInName)
        #expect(refusal("[\(text.dropFirst().dropLast(3))]") == nil, "in a value it is none of the reader's business")
    }

    @Test(arguments: [0xFF, 0xFE])
    func `UTF-16 with a mark is refused`(first: UInt8) {
        #expect(refusal([first, first ^ 1, 0x7B, 0x00])?.kind == .byteOrderMark)
    }

    @Test func `every kind of fault has a sentence of its own`() {
        let errors = JSONError.Kind.allCases.map { kind in String(describing: JSONError(kind, at: 0).sentence) }
        #expect(Set(errors).count == JSONError.Kind.allCases.count)
    }
}

struct LimitTests {
    @Test func `depth up to the limit is read, one more is refused`() {
        let limits = JSONLimits(depthMax: 3)
        #expect(refusal("[[[1]]]", limits) == nil)
        #expect(refusal("[[[[1]]]]", limits) == JSONError(.tooDeep, at: 3))
        #expect(refusal(#"{"a":[{"b":1}],"c":[[]]}"#, limits) == nil)
        #expect(refusal(#"{"a":[{"b":{}}]}"#, limits)?.kind == .tooDeep)
        #expect(refusal("1", JSONLimits(depthMax: 0)) == nil)
        #expect(refusal("[]", JSONLimits(depthMax: 0))?.kind == .tooDeep)
    }

    @Test func `the default depth is 64, and no depth is a recursion`() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(refusal(nested(64)) == nil)
        #expect(refusal(nested(65))?.kind == .tooDeep)
        #expect(refusal(nested(1_000_000), JSONLimits(depthMax: .max)) == nil)
        #expect(
            refusal(String(repeating: "{\"a\":", count: 1_000_000), JSONLimits(depthMax: .max))?.kind == .unexpectedEnd
        )
    }

    @Test func `a number up to the limit is read, a longer one is refused`() {
        #expect(refusal(String(repeating: "1", count: 256)) == nil)
        #expect(refusal(String(repeating: "1", count: 257)) == JSONError(.numberTooLong, at: 0))
        #expect(refusal("-1.5e10", JSONLimits(numberBytesMax: 7)) == nil)
        #expect(refusal("[-1.5e10]", JSONLimits(numberBytesMax: 6)) == JSONError(.numberTooLong, at: 1))
    }

    @Test func `a text up to the limit is read, a longer one is refused`() {
        #expect(refusal("[1,2]", JSONLimits(bytesMax: 5)) == nil)
        #expect(refusal("[1,2] ", JSONLimits(bytesMax: 5)) == JSONError(.tooLong, at: 5))
        #expect(JSONLimits(bytesMax: .max).bytesMax == 1 << 28)
    }
}
