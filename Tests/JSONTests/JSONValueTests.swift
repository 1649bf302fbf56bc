// SPDX-License-Identifier: Apache-2.0

import JSON
import Testing

struct JSONValueTests {
    @Test func `a document gives back its values`() throws {
        let root = try document(#" {"a":[1,-2.5e3,"x\n😀"],"b":{"c":true,"d":null,"e":false}, "n":-12} "#).root
        #expect(root.kind == .object)
        #expect(root.count == 3)
        #expect(root["a"]?.count == 3)
        #expect(root["a"]?.elements.map(\.kind) == [.number, .number, .string])
        #expect(root["a"]?.elements.map(\.string) == [nil, nil, Array("x\n😀".utf8)])
        #expect(root["b"]?["c"]?.bool == true)
        #expect(root["b"]?["e"]?.bool == false)
        #expect(root["b"]?["d"]?.isNull == true)
        #expect(root["n"]?.integer == -12)
        #expect(root["a"]?.raw == Array(#"[1,-2.5e3,"x\n😀"]"#.utf8))
        #expect(root.members.map { $0.name.string } == ["a", "b", "n"].map { Array($0.utf8) })
    }

    @Test func `what a value is not, it does not give`() throws {
        let root = try document(#"{"s":"1","a":[{"x":1}],"n":1,"t":true,"z":null}"#).root
        #expect(root["missing"] == nil)
        #expect(root["s"]?["x"] == nil)
        #expect(root["a"]?["x"] == nil)
        #expect(root["s"]?.integer == nil)
        #expect(root["n"]?.string == nil)
        #expect(root["n"]?.bool == nil)
        #expect(root["s"]?.isNull == false)
        #expect(root["n"]?.equals("1") == false)
        #expect(root["a"]?.members.map(\.name.raw) == [])
        #expect(root.elements.map(\.raw) == [])
        #expect(root["s"]?.count == 0)
    }

    @Test(arguments: [
        (#""""#, ""), (#""a""#, "a"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
        (#""\u0041\u00e9\u20AC""#, "Aé€"),
        (#""\uD83D\uDE00x""#, "😀x"), (#""\u0000""#, "\0"), (#""é€😀""#, "é€😀"), (#""\uFFFF""#, "\u{FFFF}"),
        (#""\ud800\udc00\udbff\udfff""#, "\u{10000}\u{10FFFF}"),
    ])
    func `a string is decoded`(text: String, decoded: String) throws {
        let value = try document(text).root
        #expect(value.string == Array(decoded.utf8))
        let member = try document("{\"x\":\(text)}").root["x"]
        #expect(member?.string == Array(decoded.utf8))
        #expect(value.plainRange == (text.contains("\\") ? nil : 1..<text.utf8.count - 1))
    }

    @Test(arguments: [
        (#""name""#, true), (#""n\u0061me""#, true), (#""\u006e\u0061\u006d\u0065""#, true), (#""Name""#, false),
        (#""nam""#, false), (#""name ""#, false), (#""nam\u0065s""#, false), (#""n\u0041me""#, false),
    ])
    func `a string is compared decoded`(text: String, isName: Bool) throws {
        #expect(try document(text).root.equals("name") == isName)
        let object = try document("{\(text):1}").root
        #expect((object["name"] != nil) == isName)
        #expect((object.member(Array("name".utf8)) != nil) == isName)
        var isSeen = false
        object.forEachMember { name, place in
            isSeen = name.count == 4 && name[0] == 0x6E && name[1] == 0x61 && name[2] == 0x6D && name[3] == 0x65
            #expect(JSONValue(document: object.document, place: place).integer == 1)
        }
        #expect(isSeen == isName)
    }

    @Test(arguments: [
        ("0", 0), ("-0", 0), ("7", 7), ("-12", -12), ("9223372036854775807", Int.max),
        ("-9223372036854775808", Int.min),
        ("9223372036854775808", nil), ("-9223372036854775809", nil), ("99999999999999999999999", nil),
        ("1.0", nil), ("1e2", nil), ("1E2", nil), ("-1.5", nil),
    ])
    func `an integer is read only where it is one and fits`(text: String, number: Int?) throws {
        #expect(try document(text).root.integer == number)
    }

    @Test func `a place leads back to its value`() throws {
        let root = try document(#"{"a":{"b":[1,2]}}"#).root
        let inner = try #require(root["a"]?["b"])
        #expect(JSONValue(document: root.document, place: inner.place).range == inner.range)
        #expect(JSONValue(document: root.document, place: .root).range == root.range)
    }
}
