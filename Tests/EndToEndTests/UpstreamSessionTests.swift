// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Whose session with an HTTP server, and what goes on in it.
@Suite struct `Sessions with an HTTP server` {
    private typealias Answer = ScriptedUpstream.Answer
    private typealias Step = ScriptedUpstream.Step

    /// A server that counts its sessions, ends them on DELETE, and answers a call with its session and arguments.
    private static func counting(_ withEvents: Bool = false) -> ScriptedUpstream.Script {
        let sessions = Sessions()
        return { request in
            if request.rpcMethod == "initialize" {
                return [.send(Answer.json(Answer.initialize(request), [("Mcp-Session-Id", sessions.add())]))]
            }
            let session = request.value("mcp-session-id") ?? "none"
            guard sessions.has(session) else { return [.send(Answer.plain(404))] }
            if request.httpMethod == "DELETE" { sessions.remove(session) }
            guard request.httpMethod == "POST", !request.id.isNull else {
                return [.send(Answer.plain(request.httpMethod == "GET" ? 405 : 200))]
            }
            let result = Answer.result(request.id, "\(session) \(request.arguments.json)")
            let fields = [("Mcp-Session-Id", session)]
            guard withEvents else { return [.send(Answer.json(result, fields))] }
            return [.send(Answer.events("id: \(session)-\(request.id.json)\ndata: \(result.json)\n\n", fields))]
        }
    }

    // Guarded by `lock`.
    private final class Sessions: @unchecked Sendable {
        private let lock = NSLock()
        private var open: Set<String> = []
        private var count = 0

        func add() -> String {
            lock.withLock {
                count += 1
                open.insert("secret-session-\(count)")
                return "secret-session-\(count)"
            }
        }
        func has(_ name: String) -> Bool { lock.withLock { open.contains(name) } }
        func remove(_ name: String) { lock.withLock { _ = open.remove(name) } }
    }

    @Test func `an id that is unknown, foreign or of another server is refused, and the server's own is never shown`()
        throws
    {
        let run = try HTTPGateway(whole: true, Self.counting())
        let owner = try run.open()
        let id = try #require(owner.sessionID)
        #expect(!id.contains("secret-session"))
        let answer = try owner.call("safe")
        #expect(answer.toolText == "secret-session-1 {}")
        let shown = answer.head.value("mcp-session-id")
        #expect(shown == nil || shown == id, "\(answer)")
        let before = run.upstream.requests.count
        for made in ["secret-session-1", String(id.dropLast()), id + "A", String(id.reversed()), "x"] {
            owner.sessionID = made
            #expect(try owner.startCall("safe").finish().status == 404, "\(made)")
            #expect(try owner.notify("notifications/initialized").status == 404, "\(made)")
            #expect(try owner.stream().finish().status == 404, "\(made)")
            #expect(try owner.delete().status == 404, "\(made)")
        }
        for (server, key) in [("scripted", run.limited), ("strict", run.full)] {
            let thief = run.gateway.session(server, key)
            thief.sessionID = id
            let stolen = try thief.startCall("safe").finish()
            #expect(stolen.status == 404 && stolen.code == -32600, "\(stolen)")
            #expect(try thief.stream().finish().status == 404)
            #expect(try thief.delete().status == 404)
        }
        #expect(run.upstream.requests.count == before)
        owner.sessionID = id
        #expect(try owner.call("safe").toolText == "secret-session-1 {}")
    }

    @Test func `DELETE ends the session here and there`() throws {
        let run = try HTTPGateway(whole: true, Self.counting())
        let session = try run.open()
        let other = try run.open()
        #expect((200..<300).contains(try session.delete().status))
        #expect(
            run.upstream.requests.filter { $0.httpMethod == "DELETE" }.map { $0.value("mcp-session-id") } == [
                "secret-session-1"
            ]
        )
        let after = try session.call("safe")
        #expect(after.status == 404 && after.code == -32600, "\(after)")
        #expect(try session.delete().status == 404)
        #expect(try other.call("safe").toolText == "secret-session-2 {}")
    }

    @Test func `DELETE that the server does not know passes as 405`() throws {
        let run = try HTTPGateway(whole: true) { request in
            if request.httpMethod == "DELETE" { return [.send(Answer.plain(405, [("Allow", "POST")]))] }
            return ScriptedUpstream.server { [.send(Answer.json(Answer.result($0.id, "ran")))] }(request)
        }
        let session = try run.open()
        #expect(try session.delete().status == 405)
    }

    @Test func `callers share connections, and nothing else`() throws {
        let run = try HTTPGateway(whole: true, Self.counting(true))
        let one = try run.open()
        let two = try run.gateway.open("scripted", run.limited)
        for turn in 0..<20 {
            let arguments: JSONTree = ["turn": JSONTree(turn)]
            #expect(try one.call("safe", arguments, id: 1).toolText == "secret-session-1 {\"turn\":\(turn)}")
            #expect(try two.call("safe", arguments, id: 1).toolText == "secret-session-2 {\"turn\":\(turn)}")
        }
        for request in run.upstream.requests("tools/call") {
            #expect(request.lines.filter { $0.lowercased().hasPrefix("mcp-session-id") }.count == 1)
        }
    }

    @Test(arguments: [false, true])
    func `ids of every kind come back as they went`(_ withEvents: Bool) throws {
        let run = try HTTPGateway(whole: true, Self.counting(withEvents))
        let session = try run.open()
        #expect(try session.call("safe").toolText != nil)
        for id in [#""a""#, #""""#, #""\u00e9\/\n""#, #""\ud83d\ude00""#, "0", "-7", "9007199254740993", #""1""#, "1"] {
            let body = #"{"jsonrpc":"2.0","id":\#(id),"method":"tools/call","params":{"name":"safe","arguments":{}}}"#
            let connection = try session.connect()
            try connection.send(session.post(Array(body.utf8)).bytes)
            let answer = try connection.readAnswer()
            let message =
                answer.head.isEventStream ? answer.text.components(separatedBy: "data: ").last ?? "" : answer.text
            #expect(try JSONTree(reading: message)["id"] == JSONTree(reading: id), "\(id): \(answer)")
            // An answer whose id was the gateway's gets the client's own text of it.
            if withEvents { #expect(answer.text.contains("\"id\":\(id),"), "\(id): \(answer)") }
        }
    }

    @Test func `from the first event id on, no two requests to the server have the same id`() throws {
        let run = try HTTPGateway(whole: true, Self.counting(true))
        let sessions = try [run.full, run.full, run.limited].map { try run.gateway.open("scripted", $0) }
        for _ in 0..<5 { for session in sessions { #expect(try session.call("safe", id: 7).response["id"] == 7) } }
        let ids = run.upstream.requests("tools/call").map(\.id)
        #expect(ids.count == 15)
        // One was sent before the gateway could know.
        #expect(Set(ids.dropFirst()).count == 14, "\(ids)")
        #expect(!ids.dropFirst().contains(7))
    }

    @Test func `a session that the server has forgotten is over, and another one can be opened`() throws {
        let run = try HTTPGateway(whole: true) { request in
            if request.rpcMethod == "tools/call" { return [.send(Answer.plain(404))] }
            return ScriptedUpstream.server { [.send(Answer.json(Answer.result($0.id, "ran")))] }(request)
        }
        let session = try run.open()
        let gone = try session.call("safe")
        #expect(gone.status == 404 && gone.code == -32600, "\(gone)")
        #expect(try session.tools().isEmpty)
        #expect(run.upstream.requests("tools/list").isEmpty, "the gateway knows by then")
        #expect(run.upstream.calls == ["safe"])
        #expect(try run.open().request("ping").response.has("result"))
    }

    @Test func `a server without sessions is served without`() throws {
        let run = try HTTPGateway(whole: true) { request in
            if request.rpcMethod == "initialize" { return [.send(Answer.json(Answer.initialize(request)))] }
            if request.id.isNull { return [.send(Answer.plain(202))] }
            return [.send(Answer.json(Answer.result(request.id, "ran")))]
        }
        let session = run.gateway.session("scripted", run.limited)
        let began = try session.initialize()
        #expect(began.result.has("protocolVersion") && session.sessionID == nil, "\(began)")
        #expect(try session.call("safe").toolText == "ran")
        expectMasked(try session.call("danger"), meant: 400, code: -32602, message: "Unknown tool: danger")
        #expect(try run.gateway.session("scripted", nil).call("safe").status == 401)
        #expect(run.upstream.calls == ["safe"])
        #expect(run.upstream.requests.allSatisfy { $0.value("mcp-session-id") == nil })
    }

    @Test func `sessions have a limit, and DELETE makes room`() throws {
        let run = try HTTPGateway(limits: ["sessions_per_principal": 2], whole: true, Self.counting())
        let first = try run.open()
        _ = try run.open()
        let third = try run.gateway.session("scripted", run.full).initialize()
        expectMasked(third, meant: 503, code: 503)
        #expect(run.upstream.requests("initialize").count == 2)
        _ = try run.gateway.open("scripted", run.limited)
        try first.delete()
        _ = try run.open()
    }

    @Test func `an idle session ends in the server too`() throws {
        let run = try HTTPGateway(limits: ["session_idle": "1s"], whole: true, Self.counting())
        let session = try run.open()
        #expect(eventually { run.upstream.requests.contains { $0.httpMethod == "DELETE" } })
        #expect(try session.call("safe").status == 404)
    }

    @Test func `the first caller who signs in owns the session from then on`() throws {
        let open: JSONTree = ["id": "open", "servers": ["scripted"], "to": "anyone", "allow": ["tools": ["echo"]]]
        let run = try HTTPGateway(access: [open], whole: true, Self.counting())
        let session = try run.gateway.open("scripted", nil)
        #expect(try session.call("echo").toolText != nil)
        #expect(try session.call("safe").status == 401)
        session.key = run.limited.key
        #expect(try session.call("safe").toolText != nil)
        for key in [run.full.key, nil] {
            session.key = key
            #expect(try session.call("echo").status == 404)
            #expect(try session.delete().status == 404)
        }
        session.key = run.limited.key
        #expect(try session.call("safe").toolText != nil)
        #expect(run.upstream.calls == ["echo", "safe", "safe"])
    }

    @Test func `a batch is judged whole and sent one by one`() throws {
        let run = try HTTPGateway(whole: true, Self.counting())
        let session = try run.gateway.open("scripted", run.limited, version: "2025-03-26")
        func batch(_ names: [String]) -> [UInt8] {
            JSONTree.array(
                names.enumerated().map { number, name in
                    MCPSession.request("tools/call", ["name": .string(name), "arguments": [:]], id: JSONTree(number))
                }
            ).bytes
        }
        let answer = try session.exchange(batch(["safe", "safe"]))
        let answers = answer.batch.isEmpty ? answer.messages : answer.batch
        #expect(Set(answers.map { $0["id"] }) == [0, 1], "\(answer)")
        #expect(answers.allSatisfy { $0["result"]["content"][0]["text"].text == "secret-session-1 {}" }, "\(answer)")
        #expect(run.upstream.requests("tools/call").count == 2)
        _ = try session.exchange(batch(["safe", "danger", "safe"]))
        #expect(run.upstream.requests("tools/call").count == 2, "all or nothing")
        let modern = try run.open().exchange(batch(["safe"]))
        #expect(modern.status == 400, "\(modern)")
    }

    /// Every call with `wait`, and every initialize of a client named `wait`, is held until the gate opens.
    private static func holding(_ gate: ScriptedUpstream.Gate) -> ScriptedUpstream.Script {
        let script = counting()
        return { request in
            let waits =
                request.arguments["wait"].bool == true || request.json["params"]["clientInfo"]["name"].text == "wait"
            return (waits ? [.wait(gate)] : []) + script(request)
        }
    }

    @Test func `an id is used by one request at a time`() throws {
        let gate = ScriptedUpstream.Gate()
        let run = try HTTPGateway(whole: true, Self.holding(gate))
        let session = try run.open()
        let neighbour = try run.open()
        let first = try session.startCall("safe", ["wait": true], id: 5)
        #expect(eventually { run.upstream.calls.count == 1 })
        let second = try session.call("safe", id: 5)
        #expect(second.result.isNull && second.code != nil, "\(second)")
        #expect(try neighbour.call("safe", id: 5).toolText == "secret-session-2 {}")
        gate.open()
        #expect(try first.finish().toolText == "secret-session-1 {\"wait\":true}")
        #expect(try session.call("safe", id: 5).toolText == "secret-session-1 {}")
        #expect(run.upstream.calls.count == 3)
    }

    @Test func `DELETE in the middle of a call leaves nothing behind`() throws {
        let gate = ScriptedUpstream.Gate()
        let run = try HTTPGateway(whole: true, Self.holding(gate))
        let session = try run.open()
        let call = try session.startCall("safe", ["wait": true])
        #expect(eventually { run.upstream.calls.count == 1 })
        #expect((200..<300).contains(try session.delete().status))
        #expect(try session.call("safe").status == 404)
        gate.open()
        // Its server no longer knows the session, or has answered before.
        let answer = try call.finish()
        #expect(answer.status == 404 || answer.toolText != nil || answer.code != nil, "\(answer)")
        #expect(try run.open().call("safe").toolText == "secret-session-2 {}")
    }

    @Test func `a session whose client has gone before it was open is ended in the server`() throws {
        let gate = ScriptedUpstream.Gate()
        let run = try HTTPGateway(limits: ["sessions_per_principal": 1], whole: true, Self.holding(gate))
        let lost = run.gateway.session("scripted", run.full)
        let parameters: JSONTree = [
            "protocolVersion": "2025-11-25", "capabilities": [:], "clientInfo": ["name": "wait", "version": "1"],
        ]
        let pending = try lost.start("initialize", parameters)
        #expect(eventually { run.upstream.requests("initialize").count == 1 })
        pending.vanish(reset: true)
        gate.open()
        #expect(eventually { run.upstream.requests.contains { $0.httpMethod == "DELETE" } })
        #expect(run.upstream.requests.last { $0.httpMethod == "DELETE" }?.value("mcp-session-id") == "secret-session-1")
        // And its place is free.
        #expect(try eventually { try run.gateway.session("scripted", run.full).initialize().result.has("serverInfo") })
    }
}
