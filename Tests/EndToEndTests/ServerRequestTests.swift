// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Semantics, section 5: what a server asks of its client.
@Suite struct `Requests from server to client` {
    private static let all: JSONTree = ["sampling": [:], "elicitation": [:], "roots": ["listChanged": true]]

    private static let questions: [(method: String, parameters: JSONTree, answer: JSONTree)] = [
        (
            "sampling/createMessage", ["messages": [], "maxTokens": 10],
            ["role": "assistant", "model": "m", "content": ["text": "sampled", "type": "text"]]
        ),
        (
            "elicitation/create", ["message": "How many?", "requestedSchema": ["type": "object", "properties": [:]]],
            ["action": "accept", "content": ["count": 3]]
        ),
        ("roots/list", [:], ["roots": [["name": "home", "uri": "file:///home"]]]),
        ("ping", [:], [:]),
    ]

    @Test func `a question comes on the stream of the call and its answer goes back`() throws {
        let run = try ScriptedGateway()
        let session = try run.open(capabilities: Self.all)
        for (method, parameters, answer) in Self.questions {
            let pending = try session.startCall("ask", ["method": .string(method), "params": parameters])
            let question = try #require(try pending.next(), "\(method)")
            #expect(try pending.readHead().isEventStream)
            #expect(question["method"].text == method, "\(question)")
            #expect(question["params"] == parameters, "\(question)")
            #expect(question.has("id"))
            let accepted = try session.reply(question["id"], result: answer)
            #expect(accepted.status == 202, "\(accepted)")
            let said = try JSONTree(reading: try pending.finish().toolText ?? "")
            #expect(Set(said["result"].members) == Set(answer.members), "\(method): \(said)")
        }
    }

    @Test func `an answer that is an error goes back too`() throws {
        let run = try ScriptedGateway()
        let session = try run.open(capabilities: Self.all)
        let pending = try session.startCall("ask", ["method": "sampling/createMessage", "params": [:]])
        let question = try #require(try pending.next())
        var refusal: JSONTree = ["jsonrpc": "2.0"]
        refusal["id"] = question["id"]
        refusal["error"] = ["code": -1, "message": "The user said no"]
        #expect(try session.exchange(refusal.bytes).status == 202)
        #expect(try pending.finish().toolText?.contains("The user said no") == true)
    }

    @Test func `what the client never offered is not asked of it`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        for (method, parameters, _) in Self.questions where method != "ping" {
            let answer = try session.call("ask", ["method": .string(method), "params": parameters])
            #expect(answer.messages.count == 1, "\(answer)")
            let said = try JSONTree(reading: answer.toolText ?? "")
            #expect(said["error"]["code"].int == -32601, "\(method): \(said)")
        }
    }

    @Test func `what the configuration leaves out is not asked`() throws {
        let run = try ScriptedGateway(entry: ["server_requests": ["roots"]])
        let session = try run.open(capabilities: Self.all)
        for method in ["sampling/createMessage", "elicitation/create", "made/up", "tools/list"] {
            let answer = try session.call("ask", ["method": .string(method), "params": [:]])
            let said = try JSONTree(reading: answer.toolText ?? "")
            #expect(said["error"]["code"].int == -32601, "\(method): \(said)")
        }
        let pending = try session.startCall("ask", ["method": "roots/list"])
        let question = try #require(try pending.next())
        #expect(question["method"].text == "roots/list")
        #expect(try session.reply(question["id"], result: ["roots": []]).status == 202)
        #expect(try pending.finish().toolText?.contains("roots") == true)
    }

    @Test func `an answer to no question is refused and dropped`() throws {
        let run = try ScriptedGateway()
        let session = try run.open(capabilities: Self.all)
        for id in ["server-1", 1, 0, "nobody"] as [JSONTree] {
            let answer = try session.reply(id, result: ["roots": []])
            #expect((400..<500).contains(answer.status), "\(id): \(answer)")
        }
        #expect(try session.call("safe").toolText == "ran safe")
        #expect(!run.server.messages.contains { $0.has("result") })
    }

    @Test func `a question is answered once`() throws {
        let run = try ScriptedGateway()
        let session = try run.open(capabilities: Self.all)
        let pending = try session.startCall("ask", ["method": "roots/list"])
        let question = try #require(try pending.next())
        #expect(try session.reply(question["id"], result: ["roots": []]).status == 202)
        _ = try pending.finish()
        #expect((400..<500).contains(try session.reply(question["id"], result: ["roots": []]).status))
        #expect(try session.call("safe").toolText == "ran safe")
        #expect(run.server.messages.filter { $0.has("result") }.count == 1)
    }

    @Test func `questions and answers stay in their own session`() throws {
        let run = try ScriptedGateway()
        let one = try run.open(capabilities: Self.all)
        let two = try run.open(capabilities: Self.all)
        let stream = try two.stream()
        #expect(try stream.readHead().status == 200)
        let first = try one.startCall("ask", ["method": "roots/list"])
        let question = try #require(try first.next())
        // The other session has no such question, whether or not it is asked one of the same id in its own.
        #expect((400..<500).contains(try two.reply(question["id"], result: ["roots": ["stolen"]]).status))
        let second = try two.startCall("ask", ["method": "roots/list"])
        let other = try #require(try second.next())
        #expect(try two.reply(other["id"], result: ["roots": ["two"]]).status == 202)
        #expect(try second.finish().toolText?.contains("two") == true)
        #expect(try one.reply(question["id"], result: ["roots": ["one"]]).status == 202)
        let said = try first.finish().toolText ?? ""
        #expect(said.contains("one"))
        #expect(!said.contains("stolen"))
    }

    @Test func `log messages of the server arrive`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        let stream = try session.stream()
        #expect(try stream.readHead().status == 200)
        let answer = try session.call("log")
        #expect(answer.toolText == "ran log")
        // On the stream of the call or on the standing one, but on one of them only.
        let here = answer.messages.contains { $0["method"].text == "notifications/message" }
        if !here {
            let message = try #require(try stream.next())
            #expect(message["method"].text == "notifications/message")
            #expect(message["params"]["data"].text == "noted")
        }
    }

    @Test func `what the server says outside a call comes on the stream of GET`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        let neighbour = try run.open()
        let stream = try session.stream()
        let foreign = try neighbour.stream()
        #expect(try stream.readHead().status == 200)
        #expect(try foreign.readHead().status == 200)
        #expect(try session.call("later", ["file": .string(run.gate())]).toolText == "ran later")
        try run.openGate()
        let changed = try #require(try stream.next())
        #expect(changed["method"].text == "notifications/tools/list_changed")
        let ping = try #require(try stream.next())
        #expect(ping["method"].text == "ping")
        #expect(try session.reply(ping["id"], result: [:]).status == 202)
        #expect(eventually { run.server.folder.exists("gate.said") })
        #expect(eventually { run.server.folder.read("gate.said") == Array("{\"result\": {}}".utf8) })
        // The neighbour hears of its own server only.
        #expect(try neighbour.call("later", ["file": .string(run.gate())]).toolText == "ran later")
        #expect(try foreign.next()?["method"].text == "notifications/tools/list_changed")
    }
}
