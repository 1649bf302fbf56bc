// SPDX-License-Identifier: Apache-2.0

import JSON
import Testing

struct MinifyTests {
    @Test(arguments: [
        (" { \"a\" :\t[ 1 ,\r\n2 ] , \"b\":{ } , \"c\" : [ ] }\n", #"{"a":[1,2],"b":{},"c":[]}"#),
        ("[ \" a \\n b \" ]", "[\" a \\n b \"]"),
        ("[1.0, 1e2, -0, 1E+2]", "[1.0,1e2,-0,1E+2]"),
        ("[\"a/b\",\"a\\/b\", \"\\u0041\"]", "[\"a/b\",\"a\\/b\",\"\\u0041\"]"),
        ("\n true\r", "true"), ("\t\"x\"", "\"x\""), ("[true ,false , null]", "[true,false,null]"),
        ("[\"a\u{2028}b\u{2029}\u{85}\"]", "[\"a\\u2028b\\u2029\\u0085\"]"),
        ("{\"\u{2028}\":\"\u{85}\u{85}x\"}", "{\"\\u2028\":\"\\u0085\\u0085x\"}"),
        ("[\"\u{84}\u{86}\u{2027}\u{202A}\u{2068}\"]", "[\"\u{84}\u{86}\u{2027}\u{202A}\u{2068}\"]"),
        ("[\"\\u2028\"]", "[\"\\u2028\"]"), ("[\"漢\u{2028}字\"]", "[\"漢\\u2028字\"]"),
        ("{\"x\":\r{\"y\":1}\r}", #"{"x":{"y":1}}"#),
    ])
    func `white space between tokens goes, everything else stays`(text: String, minimal: String) throws {
        let read = try document(text)
        #expect(minified(read.root) == Array(minimal.utf8))
        #expect(faultOfMinified(read) == nil)
        var out: [UInt8] = [0x3E]
        read.root.appendMinified(to: &out)
        #expect(out == [0x3E] + Array(minimal.utf8))
    }

    @Test func `any value of a document can be minified by itself`() throws {
        let root = try document("{ \"a\" : [ 1 , { \"b\" : \"\u{2028}\" } ] , \"c\" : \"x\" }").root
        let array = try #require(root["a"])
        #expect(minified(array) == Array("[1,{\"b\":\"\\u2028\"}]".utf8))
        #expect(array.elements.map(minified) == ["1", "{\"b\":\"\\u2028\"}"].map { Array($0.utf8) })
        #expect(minified(try #require(root["c"])) == Array("\"x\"".utf8))
        #expect(root.members.map { minified($0.name) } == ["\"a\"", "\"c\""].map { Array($0.utf8) })
    }

    @Test(arguments: [
        ("{\"a\": 1}", false), ("{\"a\":\t1}", false), ("{\"a\":\n1}", true), ("{\"a\":\r1}", true), ("{}\n", true),
        ("\r{}", true), ("{\"a\":\"\\n\"}", false), ("{\"a\":\"\u{2028}\"}", false),
    ])
    func `a line break between tokens is known`(text: String, has: Bool) throws {
        #expect(try document(text).root.hasLineBreakOutsideStrings == has)
    }

    @Test func `a line break is known for the value that holds it`() throws {
        let root = try document("{\"a\":[1,\n2],\"b\":{\"c\":\"x\" }, \"d\":{\r},\"e\":\n5}").root
        let members = root.members.map { $0.value.hasLineBreakOutsideStrings }
        #expect(members == [true, false, true, false])
    }

    @Test(arguments: ["", " ", "\n"])
    func `values can be replaced on the way`(space: String) throws {
        let text = "{\"id\":1,\"a\":[{\"x\":true},\"y\"],\"z\":\"\"}".replacing(",", with: space + "," + space)
        let root = try document(text).root
        let id = try #require(root["id"])
        let inner = try #require(root["a"]?.elements.first { _ in true })
        let last = try #require(root["z"])
        func edited(_ edits: [JSONEdit]) -> String {
            var out: [UInt8] = []
            root.appendMinified(to: &out, edits: edits)
            return String(decoding: out, as: UTF8.self)
        }
        let one = JSONEdit(id, becomes: Array("\"new\"".utf8))
        let two = JSONEdit(inner, becomes: Array("[]".utf8))
        let three = JSONEdit(last, becomes: Array("null".utf8))
        #expect(edited([]) == #"{"id":1,"a":[{"x":true},"y"],"z":""}"#)
        #expect(edited([one]) == #"{"id":"new","a":[{"x":true},"y"],"z":""}"#)
        #expect(edited([three, one, two]) == #"{"id":"new","a":[[],"y"],"z":null}"#)
        #expect(edited([JSONEdit(root, becomes: Array("0".utf8))]) == "0")
    }
}
