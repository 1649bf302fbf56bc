// SPDX-License-Identifier: Apache-2.0

import MCP
import Testing

struct RequestTests {
    @Test(arguments: [
        (
            "tools/call", #"{"name":"safe","arguments":{"name":"x"}}"#, MCPMethod.toolsCall,
            MCPTarget.tool(bytes("safe"))
        ),
        ("tools/call", #"{"name":"d\u0061nger"}"#, .toolsCall, .tool(bytes("danger"))),
        ("tools/call", #"{"n\u0061me":"x"}"#, .toolsCall, .tool(bytes("x"))),
        ("tools/call", #"{"name":"sa\nfe"}"#, .toolsCall, .tool(bytes("sa\nfe"))),
        ("tools/call", #"{"name":""}"#, .toolsCall, .tool([])),
        ("prompts/get", #"{"name":"p"}"#, .promptsGet, .prompt(bytes("p"))),
        ("resources/read", #"{"uri":"file:///a"}"#, .resourcesRead, .resource(uri: bytes("file:///a"))),
        ("resources/subscribe", #"{"uri":"u:"}"#, .resourcesSubscribe, .resource(uri: bytes("u:"))),
        ("resources/unsubscribe", #"{"uri":"u:"}"#, .resourcesUnsubscribe, .resource(uri: bytes("u:"))),
        ("completion/complete", #"{"ref":{"type":"ref/prompt","name":"p"}}"#, .completionComplete, .prompt(bytes("p"))),
        (
            "completion/complete", #"{"ref":{"type":"ref/resource","uri":"u:{x}"},"argument":{"name":"x","value":""}}"#,
            .completionComplete, .template(uri: bytes("u:{x}"))
        ),
        ("tasks/get", #"{"taskId":"t"}"#, .tasksGet, .task(bytes("t"))),
        ("tasks/result", #"{"taskId":"t"}"#, .tasksResult, .task(bytes("t"))),
        ("tasks/cancel", #"{"taskId":"t"}"#, .tasksCancel, .task(bytes("t"))),
        ("tasks/update", #"{"taskId":"t"}"#, .tasksUpdate, .task(bytes("t"))),
        ("tasks/list", "{}", .tasksList, .none), ("tools/list", #"{"cursor":""}"#, .toolsList, .none),
        ("initialize", #"{"protocolVersion":"2025-11-25","capabilities":{}}"#, .initialize, .none),
        ("server/discover", "{}", .serverDiscover, .none), ("ping", "{}", .ping, .none),
        ("x/y", #"{"name":"n"}"#, .other(bytes("x/y")), .none), ("", "{}", .other([]), .none),
        ("TOOLS/CALL", #"{"name":"n"}"#, .other(bytes("TOOLS/CALL")), .none),
        ("tools\\/call", #"{"name":"n"}"#, .toolsCall, .tool(bytes("n"))),
    ])
    func `a request names its method and object`(method: String, params: String, read: MCPMethod, target: MCPTarget)
        throws
    {
        #expect(try request(call(method, params)).call == MCPCall(method: read, target: target))
    }

    @Test func `a request without params is read where its method needs none`() throws {
        let read = try request(#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#)
        #expect(read.call == MCPCall(method: .toolsList, target: .none))
        #expect(code(#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#) == -32602)
    }

    @Test(arguments: [
        ("tools/call", "{}"), ("tools/call", #"{"name":["danger"]}"#), ("tools/call", #"{"name":null}"#),
        ("tools/call", #"{"name":1}"#), ("tools/call", #"["safe"]"#), ("tools/call", #"{"name":"a\u0000b"}"#),
        ("tools/call", #"{"uri":"safe"}"#), ("prompts/get", #"{"name":{}}"#), ("resources/read", #"{"name":"x"}"#),
        ("resources/subscribe", #"{"uri":7}"#), ("tasks/get", #"{"taskId":1}"#), ("tasks/cancel", "{}"),
        ("tools/list", "[]"), ("tools/list", "null"), ("x/y", #""text""#),
        ("completion/complete", "{}"), ("completion/complete", #"{"ref":"ref/prompt"}"#),
        ("completion/complete", #"{"ref":{"name":"p"}}"#), ("completion/complete", #"{"ref":{"type":"ref/prompt"}}"#),
        ("completion/complete", #"{"ref":{"type":"ref/tool","name":"p"}}"#),
        ("completion/complete", #"{"ref":{"type":"ref/resource","name":"p"}}"#),
        // Either could be the one that a lenient server takes.
        ("completion/complete", #"{"ref":{"type":"ref/prompt","name":"p","uri":"u:"}}"#),
        ("completion/complete", #"{"ref":{"type":"ref/resource","name":"p","uri":"u:"}}"#),
        ("tools/call", #"{"name":"x","_meta":[]}"#), ("tools/call", #"{"name":"x","_meta":{"progressToken":{}}}"#),
        ("ping", #"{"_meta":{"io.modelcontextprotocol/protocolVersion":1}}"#),
    ])
    func `params that do not fit the method are -32602 and keep the id`(method: String, params: String) throws {
        guard case .failure(let error) = read(call(method, params, id: "\"q\"")) else {
            Issue.record("it was read")
            return
        }
        #expect(error.code == -32602)
        #expect(error.id?.text == bytes("\"q\""))
    }

    @Test func `the version and the progress token are found in _meta`() throws {
        let meta = #"{"io.modelcontextprotocol/protocolVersion":"2026\u002d07-28","progressToken":"t\u0031"}"#
        let modern = try request(call("tools/call", #"{"_meta":\#(meta),"name":"x"}"#))
        #expect(modern.modernVersion == bytes("2026-07-28"))
        #expect(modern.progressToken == bytes(#""t\u0031""#))
        let legacy = try request(call("tools/call", #"{"_meta":{"progressToken": 7.0},"name":"x"}"#))
        #expect(legacy.modernVersion == nil)
        #expect(legacy.progressToken == bytes("7.0"))
        #expect(try request(call("ping", "{}")).progressToken == nil)
    }

    @Test func `a progress token up to the limit is read, a longer one is refused`() {
        func body(_ length: Int) -> String {
            call("ping", #"{"_meta":{"progressToken":"\#(String(repeating: "t", count: length))"}}"#)
        }
        #expect(code(body(MCPLimits.idBytesMax)) == nil)
        #expect(code(body(MCPLimits.idBytesMax + 1)) == -32602)
    }

    @Test func `a progress token that is over the limit only as it goes out is refused`() {
        // Three bytes that go out as the six of an escape.
        func body(_ length: Int) -> String {
            call("ping", "{\"_meta\":{\"progressToken\":\"\u{2029}\(String(repeating: "t", count: length - 6))\"}}")
        }
        #expect(code(body(MCPLimits.idBytesMax)) == nil)
        #expect(code(body(MCPLimits.idBytesMax + 1)) == -32602)
    }

    @Test func `every known method reads back as its text`() {
        let texts = [
            "tools/call", "tools/list", "initialize", "server/discover", "ping", "resources/list", "resources/read",
            "resources/templates/list", "prompts/list", "prompts/get", "completion/complete", "logging/setLevel",
            "subscriptions/listen", "sampling/createMessage", "elicitation/create", "roots/list",
            "notifications/initialized", "notifications/progress", "notifications/cancelled",
            "notifications/roots/list_changed", "notifications/tasks/status", "notifications/message",
            "notifications/resources/updated",
        ]
        for name in texts {
            let method = MCPMethod(bytes(name))
            #expect(method.text == bytes(name))
            if case .other = method { Issue.record("\(name) is not known") }
        }
        #expect(MCPMethod(bytes("Tools/call")) == .other(bytes("Tools/call")))
    }
}

struct NotificationTests {
    @Test func `a message without id is a notification, whatever it asks for`() throws {
        let read = try notification(#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"danger"}}"#)
        #expect(read.method == .toolsCall)
    }

    @Test func `notifications give what they are about`() throws {
        let cancelled = try notification(
            #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"a","reason":"x"}}"#
        )
        #expect(cancelled.cancelledID?.text == bytes("\"a\""))
        let odd = try notification(
            #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1.5}}"#
        )
        #expect(odd.cancelledID == nil)
        let progress = try notification(
            #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":3,"progress":1}}"#
        )
        #expect(progress.progressToken == bytes("3"))
        #expect(progress.cancelledID == nil)
        let bare = try notification(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
        #expect(bare.method == .notificationInitialized)
    }
}
