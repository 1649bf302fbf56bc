// SPDX-License-Identifier: Apache-2.0

import Bytes
import Foundation
import Testing

private func read(_ bytes: [UInt8]) throws -> NSDictionary {
    try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? NSDictionary)
}

@Suite struct JSONWriterTests {
    @Test func `members, arrays and values of every kind get their commas`() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("a", 1)
        writer.member("b", "x" as StaticString)
        writer.member("c", [UInt8](text: "y"))
        writer.member("d", "z" as String)
        writer.name("e")
        writer.beginArray()
        writer.integer(-1)
        writer.bool(true)
        writer.bool(false)
        writer.null()
        writer.raw("[]" as StaticString)
        writer.beginObject()
        writer.endObject()
        writer.beginArray()
        writer.endArray()
        writer.string("s" as StaticString)
        writer.endArray()
        writer.name("f")
        writer.beginObject()
        writer.endObject()
        writer.endObject()
        let expected = #"{"a":1,"b":"x","c":"y","d":"z","e":[-1,true,false,null,[],{},[],"s"],"f":{}}"#
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
    }

    @Test func `every character comes back, and none ends the line`() throws {
        for value in UInt32(0)..<0x3000 {
            let scalar = try #require(Unicode.Scalar(value))
            let text = "a\(Character(scalar))b"
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("t", text)
            writer.endObject()
            #expect(try read(writer.bytes)["t"] as? String == text)
            let line = String(decoding: writer.bytes, as: UTF8.self)
            #expect(line.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
            #expect(line.split(whereSeparator: \.isNewline).count == 1)
        }
    }

    @Test func `escapes are the short ones where there are short ones`() {
        var writer = JSONWriter()
        writer.string("\"\\\n\r\t\u{0}\u{1F}\u{7F}\u{85}\u{9B}\u{A0}\u{2027}\u{2028}\u{2029}\u{202A}/é" as String)
        let expected =
            #""\"\\\n\r\t\u0000\u001f\u007f\u0085\u009b"# + "\u{A0}\u{2027}" + #"\u2028\u2029"# + "\u{202A}/é\""
        #expect(String(decoding: writer.bytes, as: UTF8.self).unicodeScalars.elementsEqual(expected.unicodeScalars))
    }

    @Test func `each byte that is not UTF-8 becomes one replacement character`() throws {
        for byte in UInt8(0x80)...UInt8.max {
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("t", [0x61, byte, 0x62])
            writer.endObject()
            #expect(try read(writer.bytes)["t"] as? String == "a\u{FFFD}b")
        }
        var writer = JSONWriter()
        writer.string([0xE2, 0x80] as [UInt8])
        #expect(writer.bytes == Array("\"\u{FFFD}\u{FFFD}\"".utf8))
    }
}
