// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

/// Requests of 2026-07-28, and the batches of 2025-03-26.
@Suite struct `Eras and batches` {
    private static let meta: JSONTree = [
        "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": [:],
        "io.modelcontextprotocol/clientInfo": ["name": "t", "version": "1"],
    ]

    private func expectLegacyOnly(_ answer: MCPAnswer, _ place: SourceLocation = #_sourceLocation) {
        #expect(answer.status == 400, "\(answer)", sourceLocation: place)
        #expect(answer.code == -32022, "\(answer)", sourceLocation: place)
        let supported = answer.error["data"]["supported"].elements.compactMap(\.text)
        let legacy: Set<String> = ["2025-03-26", "2025-06-18", "2025-11-25"]
        #expect(legacy.isSubset(of: supported), "\(answer)", sourceLocation: place)
        #expect(!supported.contains("2026-07-28"), "\(answer)", sourceLocation: place)
    }

    @Test func `modern requests are told which versions there are`() throws {
        let run = try ScriptedGateway()
        let session = run.gateway.session("scripted", run.full)
        let header = [("MCP-Protocol-Version", "2026-07-28")]
        let requests: [(String, JSONTree)] = [
            ("server/discover", ["_meta": Self.meta]), ("tools/list", ["_meta": Self.meta]),
            ("tools/call", ["name": "safe", "arguments": [:], "_meta": Self.meta]),
        ]
        for (method, parameters) in requests {
            let body = MCPSession.request(method, parameters, id: 11).bytes
            let answer = try session.exchange(body, header + [("Mcp-Method", method)])
            expectLegacyOnly(answer)
            #expect(answer.response["id"] == 11)
        }
        #expect(run.server.starts == 0)
        try session.open()
        #expect(try session.call("safe").toolText == "ran safe")
    }

    @Test func `header or body alone are enough to be modern`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        let plain = MCPSession.request("tools/list", [:], id: 1).bytes
        let byHeader = try session.exchange(plain, [("MCP-Protocol-Version", "2026-07-28")])
        #expect(byHeader.status == 400, "\(byHeader)")
        let claimed = MCPSession.request("tools/call", ["name": "danger", "_meta": Self.meta], id: 2).bytes
        let byBody = try session.exchange(claimed)
        #expect(byBody.status == 400, "\(byBody)")
        #expect(run.server.calls.isEmpty)
        #expect(run.server.messages("tools/list").isEmpty)
        #expect(try session.call("safe").toolText == "ran safe")
    }

    @Test func `initialize for a version to come is agreed down`() throws {
        let run = try ScriptedGateway()
        let session = run.gateway.session("scripted", run.full, version: "2026-07-28")
        let answer = try session.initialize()
        #expect(answer.result["protocolVersion"].text == "2025-11-25", "\(answer)")
    }

    /// MCP-92: only the body counts.
    @Test func `headers of the modern era never decide for a legacy client`() throws {
        let run = try ScriptedGateway()
        let session = try run.gateway.open("scripted", run.limited)
        session.extraFields = [("Mcp-Method", "tools/call"), ("Mcp-Name", "safe")]
        #expect(try session.call("danger").code == -32602)
        #expect(try session.call("safe").toolText == "ran safe")
        #expect(run.server.calls == ["safe"])
    }

    private func calls(_ names: String...) -> [UInt8] {
        JSONTree.array(
            names.enumerated().map {
                MCPSession.request("tools/call", ["name": .string($1), "arguments": [:]], id: JSONTree($0 + 1))
            }
        ).bytes
    }

    @Test func `a batch is served in a session of its version`() throws {
        let run = try ScriptedGateway()
        let session = try run.gateway.open("scripted", run.limited, version: "2025-03-26")
        let answer = try session.exchange(calls("safe", "safe"))
        #expect(answer.status == 200, "\(answer)")
        let answers = answer.batch.isEmpty ? answer.messages : answer.batch
        #expect(answers.compactMap { $0["id"].int }.sorted() == [1, 2], "\(answer)")
        #expect(answers.allSatisfy { $0["result"]["content"][0]["text"].text == "ran safe" })
    }

    @Test func `a batch passes whole or not at all`() throws {
        let run = try ScriptedGateway()
        let session = try run.gateway.open("scripted", run.limited, version: "2025-03-26")
        let answer = try session.exchange(calls("safe", "danger", "safe"))
        #expect(answer.description.contains("-32602"), "\(answer)")
        #expect(run.server.calls.isEmpty)
        #expect(try session.call("safe").toolText == "ran safe")
        #expect(run.server.calls == ["safe"])
    }

    @Test(arguments: ["2025-06-18", "2025-11-25"])
    func `a batch is refused in any other session`(_ version: String) throws {
        let run = try ScriptedGateway()
        let session = try run.open(version: version)
        for body in [calls("safe"), calls("safe", "safe"), Array("[]".utf8), Array("[1]".utf8)] {
            let answer = try session.exchange(body)
            #expect(answer.status == 400, "\(answer)")
            #expect(answer.code == -32600, "\(answer)")
        }
        // Nor by a header that says otherwise, or none.
        let claimed = try session.exchange(calls("safe"), [("MCP-Protocol-Version", "2025-03-26")])
        #expect(claimed.status == 400, "\(claimed)")
        #expect(run.server.calls.isEmpty)
        #expect(try session.call("safe").toolText == "ran safe")
    }

    @Test func `initialize never comes in a batch`() throws {
        let run = try ScriptedGateway()
        let session = run.gateway.session("scripted", run.full, version: "2025-03-26")
        let parameters: JSONTree = [
            "protocolVersion": "2025-03-26", "capabilities": [:], "clientInfo": ["name": "t", "version": "1"],
        ]
        let answer = try session.exchange(JSONTree.array([MCPSession.request("initialize", parameters, id: 1)]).bytes)
        #expect(answer.status == 400, "\(answer)")
        #expect(run.server.starts == 0)
    }

    private static let changed = MCPSession.notification("notifications/roots/list_changed")

    @Test(arguments: [true, false])
    func `a notification in a batch takes nothing from the answers`(_ isFirst: Bool) throws {
        let run = try ScriptedGateway()
        let session = try run.open(version: "2025-03-26")
        let call = MCPSession.request("tools/call", ["name": "safe"], id: 1)
        let messages = isFirst ? [Self.changed, call] : [call, Self.changed]
        let answer = try session.exchange(JSONTree.array(messages).bytes)
        #expect(answer.status == 200, "\(answer)")
        #expect(answer.description.contains("ran safe"), "\(answer)")
        let alone = try session.exchange(JSONTree.array([Self.changed, Self.changed]).bytes)
        #expect(alone.status == 202)
        #expect(try session.call("safe").toolText == "ran safe")
    }

    @Test func `an answer to no question in a batch takes nothing from the others`() throws {
        let run = try ScriptedGateway()
        let session = try run.open(version: "2025-03-26")
        let stray: JSONTree = ["jsonrpc": "2.0", "id": "nobody", "result": [:]]
        let call = MCPSession.request("tools/call", ["name": "safe"], id: 1)
        let answer = try session.exchange(JSONTree.array([stray, call]).bytes)
        #expect(answer.description.contains("ran safe"), "\(answer)")
    }

    @Test func `a batch that becomes a stream keeps the answers that came before`() throws {
        let run = try ScriptedGateway()
        let session = try run.open(version: "2025-03-26")
        let file = JSONTree.string(run.gate())
        let first = MCPSession.request("tools/call", ["name": "safe"], id: 1)
        let second = MCPSession.request(
            "tools/call",
            ["name": "ask", "arguments": ["method": "roots/list"]],
            id: 2
        )
        let third = MCPSession.request(
            "tools/call",
            ["name": "progress", "arguments": ["count": 1, "file": file], "_meta": ["progressToken": 1]],
            id: 3
        )
        let pending = try session.begin(JSONTree.array([first, second, third]).bytes)
        #expect(try pending.readHead().isEventStream)
        try run.openGate()
        let ids = try pending.finish().messages.compactMap { $0.has("result") ? $0["id"].int : nil }
        #expect(ids.sorted() == [1, 2, 3])
    }

    @Test func `a batch that is refused says so in its head`() throws {
        let run = try ScriptedGateway()
        let session = try run.gateway.open("scripted", run.limited, version: "2025-03-26")
        let masked = try session.exchange(calls("safe", "danger"))
        #expect(masked.status == 200)
        #expect(masked.meantStatus == 400, "\(masked)")
        #expect(masked.head.value("proxy-status")?.hasPrefix("gatehouse; error=") == true)
        let open = try ScriptedGateway(entry: ["error_status": "http"])
        let plain = try open.gateway.open("scripted", open.limited, version: "2025-03-26")
        let refused = try plain.exchange(calls("safe", "danger"))
        #expect(refused.status == 400, "\(refused)")
        #expect(refused.code == -32602)
    }
}
