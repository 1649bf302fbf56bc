// SPDX-License-Identifier: Apache-2.0

import MCP
import Testing

struct ListFilterTests {
    private func filtered(
        _ result: String,
        _ method: MCPMethod = .toolsList,
        isPrivate: Bool = false,
        keep: (MCPTarget) -> Bool = { $0.name?.first == 0x61 }
    ) throws -> String? {
        let response = try answer(#"{"jsonrpc":"2.0","id":1,"result":\#(result)}"#)
        return MCPListFilter.filter(response, method: method, isPrivate: isPrivate, keep: keep).map(text)
    }

    private func whole(_ result: String) -> String { #"{"jsonrpc":"2.0","id":1,"result":\#(result)}"# }

    @Test(arguments: [
        (#"{"tools":[{"name":"a"},{"name":"b"},{"name":"ab"}]}"#, #"{"tools":[{"name":"a"},{"name":"ab"}]}"#),
        (#"{"tools":[{"name":"b"},{"x":1.0,"name":"\u0061"}]}"#, #"{"tools":[{"x":1.0,"name":"\u0061"}]}"#),
        (#"{"tools":[{"name":"b"}],"nextCursor":"x"}"#, #"{"tools":[],"nextCursor":"x"}"#),
        (#"{"nextCursor":"","tools":[],"y":[1 ,2]}"#, #"{"nextCursor":"","tools":[],"y":[1,2]}"#),
        ("{ \"tools\" : [ {\"name\":\"a\" } ,\n{\"name\":\"b\"} ] }", #"{"tools":[{"name":"a"}]}"#),
    ])
    func `entries that are not kept go, everything else stays`(result: String, kept: String) throws {
        #expect(try filtered(result) == whole(kept))
    }

    @Test(arguments: [
        #"{"title":"a"}"#, #"{"name":1}"#, #"{"name":["a"]}"#, "1", "null", #""a""#, "[]", #"{"name":"a\u0000"}"#,
        // For a reader without case this entry has another name.
        #"{"name":"a","Name":"b"}"#, #"{"name":"a","name ":"b"}"#,
    ])
    func `an entry without one readable name goes`(entry: String) throws {
        #expect(
            try filtered(#"{"tools":[{"name":"a"},\#(entry)]}"#) { _ in true } == whole(#"{"tools":[{"name":"a"}]}"#)
        )
    }

    @Test(arguments: [
        (MCPMethod.toolsList, "tools", "name", MCPTarget.tool(bytes("k"))),
        (.promptsList, "prompts", "name", .prompt(bytes("k"))),
        (.resourcesList, "resources", "uri", .resource(uri: bytes("k"))),
        (.resourcesTemplatesList, "resourceTemplates", "uriTemplate", .template(uri: bytes("k"))),
    ])
    func `each list is asked by its own kind of name`(
        method: MCPMethod,
        list: String,
        key: String,
        target: MCPTarget
    ) throws {
        let result = #"{"\#(list)":[{"\#(key)":"k","other":"o"},{"\#(key)":"z"}]}"#
        var asked: [MCPTarget] = []
        let kept = try filtered(result, method) {
            asked.append($0)
            return $0 == target
        }
        #expect(kept == whole(#"{"\#(list)":[{"\#(key)":"k","other":"o"}]}"#))
        #expect(asked.first == target)
        #expect(asked.count == 2)
    }

    @Test(arguments: [
        "{}", #"{"tools":{}}"#, #"{"tools":null}"#, #"{"prompts":[]}"#, "[]", "7", #"{"tools":[],"Tools":[]}"#,
        #"{"TOOLS":[]}"#,
    ])
    func `what is not a list of the method gives nothing`(result: String) throws {
        #expect(try filtered(result) { _ in true } == nil)
        #expect(try filtered(#"{"tools":[]}"#) { _ in true } == whole(#"{"tools":[]}"#))
        #expect(try filtered(#"{"tools":[]}"#, .toolsCall) { _ in true } == nil)
    }

    @Test func `an error passes as it is`() throws {
        let response = try answer(#"{"jsonrpc":"2.0","id":1, "error":{"code":-1,"message":"m"}}"#)
        let text = MCPListFilter.filter(response, method: .toolsList) { _ in false }.map(text)
        #expect(text == #"{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"m"}}"#)
    }

    @Test(arguments: [
        (#"{"tools":[],"cacheScope":"public","ttlMs":5}"#, #"{"tools":[],"cacheScope":"private","ttlMs":5}"#),
        (#"{"cacheScope":7,"tools":[]}"#, #"{"cacheScope":"private","tools":[]}"#),
        (#"{ "tools":[{"name":"b"}]}"#, #"{"cacheScope":"private","tools":[]}"#),
        (#"{"ttlMs":5,"tools":[]}"#, #"{"cacheScope":"private","ttlMs":5,"tools":[]}"#),
    ])
    func `a filtered list of the modern era is private`(result: String, sent: String) throws {
        #expect(try filtered(result, isPrivate: true) == whole(sent))
    }
}
