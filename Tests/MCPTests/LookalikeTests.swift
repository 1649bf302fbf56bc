// SPDX-License-Identifier: Apache-2.0

import Bytes
import Testing

@testable import MCP

struct LookalikeTests {
    @Test(arguments: [
        "Jsonrpc", "ID", "METHOD", "Params", "param\u{17F}", "re\u{17F}ult", "errOr", "method ", " method", "i\\u0064 ",
        "\\u0049d",
    ])
    func `another spelling of an envelope member is refused`(name: String) {
        #expect(code(#"{"jsonrpc":"2.0","id":1,"method":"tools/list","\#(name)":{}}"#) == -32600)
    }

    @Test(arguments: [
        "Name", "NAME", "n\\u0041me", "name ", " name", "name\\u0020", "Arguments", "argument\u{17F}", "Uri", "URI",
        "Ref",
        "_Meta", "_META ", "Cursor", "taskid", "TaskId", "requestid", "ProgressToken", "progressto\u{212A}en",
        "ta\u{17F}\u{212A}",
        "Task", "tas\u{212A}Id", "Method", "ID", "jsonRPC", "InputResponses", "requeststate", "Capabilities",
        "clientinfo",
        "ProtocolVersion", "LEVEL", "Type", "Notifications",
    ])
    func `another spelling of a judged parameter is refused in every method`(name: String) {
        for method in ["tools/call", "x/unknown"] {
            #expect(code(call(method, #"{"name":"safe","\#(name)":"danger"}"#)) == -32600, "\(method)")
            #expect(code(call(method, #"{"\#(name)":"danger"}"#)) == -32600, "\(method)")
        }
        #expect(code(#"{"jsonrpc":"2.0","method":"notifications/x","params":{"\#(name)":1}}"#) == -32600)
        #expect(code(call("tools/call", #"{"name":"safe","arguments":{"\#(name)":"danger"}}"#)) == nil)
    }

    @Test(arguments: [
        "nam", "names", "naïve", "title", "x", "", " ", "äname", "name\u{301}", "n ame", "_", "Ŧask", "task\u{FF33}",
    ])
    func `a name that no reader confuses with a judged one passes`(name: String) {
        #expect(code(call("tools/call", #"{"name":"safe","\#(name)":1}"#)) == nil)
    }

    @Test func `a judged name may be written with escapes`() throws {
        let body = #"{"json\u0072pc":"2.0","\u0069d":1,"method":"tools/call","p\u0061rams":{"n\u0061me":"x"}}"#
        #expect(try request(body).call.target == .tool(bytes("x")))
    }

    @Test func `a NUL behind a name never gets past the reader`() {
        #expect(code(call("tools/call", #"{"name":"safe","name\u0000":"danger"}"#)) == -32600)
    }

    @Test(arguments: [
        #"{"ref":{"type":"ref/prompt","name":"p","Name":"q"}}"#, #"{"ref":{"type":"ref/prompt","name":"p","URI":"q"}}"#,
        #"{"ref":{"type":"ref/prompt","name":"p","Type":"ref/resource"}}"#,
    ])
    func `another spelling inside a reference is refused`(params: String) {
        #expect(code(call("completion/complete", params)) == -32600)
        #expect(code(call("completion/complete", #"{"ref":{"type":"ref/prompt","name":"p","title":"q"}}"#)) == nil)
    }

    @Test(arguments: [
        "progresstoken", "IO.modelcontextprotocol/protocolVersion", "io.modelcontextprotocol/ProtocolVersion",
    ])
    func `another spelling inside _meta is refused`(name: String) {
        #expect(code(call("ping", #"{"_meta":{"\#(name)":"x"}}"#)) == -32600)
        #expect(code(call("ping", #"{"_meta":{"traceparent":"x","com.example/Name":1,"Name":1}}"#)) == nil)
    }

    @Test func `another spelling inside the notifications of a subscription is refused`() {
        #expect(code(call("subscriptions/listen", #"{"notifications":{"ResourceSubscriptions":["u:"]}}"#)) == -32600)
        #expect(code(call("subscriptions/listen", #"{"notifications":{"resourceSubscriptions":["u:"]}}"#)) == nil)
    }

    @Test func `the tables know each of their names and no two alike`() {
        func check<Name: JudgedName>(_: Name.Type) {
            var folded: Set<String> = []
            for name in Name.allCases {
                #expect(Name.table.match(name.text.bytes.span) == .known(name.rawValue))
                #expect(folded.insert("\(name.text)".lowercased()).inserted)
            }
            #expect(Name.allCases.count <= 32, "the places of JudgedMembers")
        }
        check(EnvelopeName.self)
        check(ParamName.self)
        check(ReferenceName.self)
        check(MetaName.self)
        check(SubscriptionName.self)
    }

    @Test func `many members take one look-up each`() {
        let members = (0..<50_000).map { "\"k\($0)\":1" }.joined(separator: ",")
        #expect(code(call("tools/list", "{\(members)}")) == nil)
        #expect(code(call("tools/list", "{\(members),\"Cursor\":\"\"}")) == -32600)
    }
}
