// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite struct Sessions {
    @Test func `an id that is unknown, foreign or missing is refused`() throws {
        let run = try ScriptedGateway()
        let owner = try run.open()
        let id = try #require(owner.sessionID)
        #expect(id.utf8.allSatisfy { (0x21...0x7E).contains($0) })
        let made = ["made-up", String(id.dropLast()), id + "A", String(id.reversed()), changed(id)]
        for sessionID in made {
            owner.sessionID = sessionID
            let answer = try owner.startCall("safe").finish()
            #expect(answer.status == 404, "\(sessionID): \(answer)")
            #expect(answer.code == -32600, "\(sessionID): \(answer)")
            #expect(try owner.delete().status == 404)
            #expect(try owner.stream().finish().status == 404)
        }
        owner.sessionID = nil
        let missing = try owner.startCall("safe").finish()
        #expect(missing.status == 400, "\(missing)")
        #expect(missing.code == -32600, "\(missing)")
        #expect(try owner.delete().status == 400)

        let thief = run.gateway.session("scripted", run.limited)
        thief.sessionID = id
        for answer in [try thief.startCall("safe").finish(), try thief.stream().finish()] {
            #expect(answer.status == 404, "\(answer)")
            #expect(answer.code == -32600, "\(answer)")
        }
        #expect(try thief.delete().status == 404)
        owner.sessionID = id
        #expect(try owner.call("safe").toolText == "ran safe")
        #expect(run.server.calls == ["safe"])
    }

    private func changed(_ id: String) -> String {
        let middle = id.index(id.startIndex, offsetBy: id.count / 2)
        return String(id[..<middle]) + (id[middle] == "A" ? "B" : "A") + String(id[id.index(after: middle)...])
    }

    @Test func `a session holds on its own server only`() throws {
        let server = try ScriptedServer()
        var setup = GatewaySetup()
        setup.addServer("one", stdio: server.stdio())
        setup.addServer("two", stdio: server.stdio())
        let key = try setup.addKey("full", allow: ["tools": ["*"]])
        let gateway = try GatewayProcess(setup)
        let session = try gateway.open("one", key)
        let other = gateway.session("two", key)
        other.sessionID = session.sessionID
        #expect(try other.call("safe").status == 404)
        #expect(try session.call("safe").toolText == "ran safe")
    }

    @Test func `DELETE ends the session and its process`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        let other = try run.open()
        #expect(run.server.processes.count == 2)
        let answer = try session.delete()
        #expect((200..<300).contains(answer.status), "\(answer)")
        #expect(eventually { run.server.processes.count == 1 })
        let after = try session.call("safe")
        #expect(after.status == 404)
        #expect(after.code == -32600)
        #expect(try session.delete().status == 404)
        #expect(try other.call("safe").toolText == "ran safe")
    }

    @Test func `DELETE ends a process that does not want to go`() throws {
        let run = try ScriptedGateway(["--stay"], stdio: ["stop_timeout": "200ms"])
        let session = try run.open()
        #expect(run.server.processes.count == 1)
        try session.delete()
        #expect(eventually { run.server.processes.isEmpty })
    }

    @Test func `a session has one stream at most`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        let first = try session.stream()
        let head = try first.readHead()
        #expect(head.status == 200)
        #expect(head.isEventStream)
        #expect(head.value("cache-control")?.contains("no-transform") == true, "\(head)")
        let second = try session.stream().finish()
        #expect(second.status == 409, "\(second)")
        first.vanish()
        // The gateway learns of it when it reads or writes next.
        #expect(try eventually { try session.stream().readHead().status == 200 })
    }

    @Test func `a stream is only for those who accept one`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        for accept in ["application/json", "text/html"] {
            #expect(try session.stream([("Accept", accept)]).finish().status == 406, "\(accept)")
        }
        #expect(try session.stream([("Accept", "application/json, text/event-stream")]).readHead().status == 200)
    }

    @Test func `a silent stream gets comments`() throws {
        let run = try ScriptedGateway(entry: ["timeouts": ["stream_ping": "50ms"]])
        let session = try run.open()
        let stream = try session.stream()
        for _ in 0..<3 { #expect(try stream.waitForComment()) }
        #expect(try session.call("later", ["file": .string(run.gate())]).toolText == "ran later")
        try run.openGate()
        #expect(try stream.next()?["method"].text == "notifications/tools/list_changed")
        let pending = try session.startCall(
            "progress",
            ["count": 1, "file": .string(run.gate("end"))],
            meta: ["progressToken": 1]
        )
        _ = try pending.next()
        #expect(try pending.waitForComment())
        try run.openGate("end")
        #expect(try pending.finish().toolText == "ran progress")
    }

    @Test func `progress turns the answer into a stream, in order`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        let pending = try session.startCall(
            "progress",
            ["count": 3, "file": .string(run.gate())],
            meta: ["progressToken": "mine"]
        )
        #expect(try pending.readHead().isEventStream)
        for step in 1...3 {
            let message = try #require(try pending.next())
            #expect(message["method"].text == "notifications/progress")
            #expect(message["params"]["progressToken"] == "mine", "\(message)")
            #expect(message["params"]["progress"].int == step)
        }
        try run.openGate()
        #expect(try pending.finish().toolText == "ran progress")
    }

    @Test func `without messages on the way the answer is plain JSON`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        let answer = try session.call("safe")
        #expect(answer.head.mediaType == "application/json")
        #expect(answer.messages.count == 1)
        let logged = try session.call("log")
        #expect(logged.toolText == "ran log")
    }

    @Test func `each session has its own progress tokens and ids`() throws {
        let run = try ScriptedGateway()
        let (one, two) = (try run.open(), try run.open())
        let first = try one.startCall(
            "progress",
            ["count": 1, "file": .string(run.gate("a"))],
            meta: ["progressToken": 1],
            id: 1
        )
        let second = try two.startCall(
            "progress",
            ["count": 2, "file": .string(run.gate("b"))],
            meta: ["progressToken": 1],
            id: 1
        )
        try run.openGate("b")
        try run.openGate("a")
        #expect(try first.finish().messages.count == 2)
        #expect(try second.finish().messages.count == 3)
    }

    @Test func `two requests in flight may not share an id`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        let waiting = try session.startCall("wait", ["file": .string(run.gate())], id: 5)
        #expect(eventually { run.server.calls == ["wait"] })
        let again = try session.startCall("safe", id: 5).finish()
        // Refused, or kept apart: but never the answer of the other.
        #expect(again.code != nil || again.toolText == "ran safe", "\(again)")
        try run.openGate()
        #expect(try waiting.finish().toolText == "ran wait")
    }

    @Test func `calls of one session run side by side`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        let waiting = try (0..<5).map { try session.startCall("wait", ["file": .string(run.gate("gate\($0)"))]) }
        #expect(try session.call("safe").toolText == "ran safe")
        for number in (0..<5).reversed() {
            try run.openGate("gate\(number)")
            #expect(try waiting[number].finish().toolText == "ran wait")
        }
    }

    @Test func `cancellation reaches the server under the server's id`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        let pending = try session.startCall("wait", ["file": .string(run.gate())], id: "client-chosen")
        #expect(eventually { run.server.calls == ["wait"] })
        let foreign = try run.open()
        #expect(try foreign.notify("notifications/cancelled", ["requestId": "client-chosen"]).status == 202)
        #expect(try session.notify("notifications/cancelled", ["requestId": "no-such"]).status == 202)
        #expect(
            try session.notify("notifications/cancelled", ["requestId": "client-chosen", "reason": "enough"]).status
                == 202
        )
        #expect(eventually { run.server.messages("notifications/cancelled").count == 1 })
        let call = try #require(run.server.messages("tools/call").first)
        let cancelled = try #require(run.server.messages("notifications/cancelled").first)
        #expect(cancelled["params"]["requestId"] == call["id"], "\(cancelled) \(call)")
        #expect(cancelled["params"]["reason"].text == "enough")
        #expect(try session.call("safe").toolText == "ran safe")
        #expect(run.server.messages("notifications/cancelled").count == 1)
        pending.vanish()
    }

    /// MCP-90.
    @Test(arguments: [false, true])
    func `a client that goes away cancels nothing`(_ reset: Bool) throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        let pending = try session.startCall("wait", ["file": .string(run.gate()), "done": .string(run.gate("done"))])
        #expect(eventually { run.server.calls == ["wait"] })
        pending.vanish(reset: reset)
        #expect(try session.call("safe").toolText == "ran safe")
        try run.openGate()
        #expect(eventually { run.server.folder.exists("done") })
        #expect(run.server.messages("notifications/cancelled").isEmpty)
        #expect(try session.call("safe").toolText == "ran safe")
    }

    @Test func `each session has a process of its own`() throws {
        let run = try ScriptedGateway()
        let sessions = try (0..<3).map { _ in try run.open() }
        let pids = try sessions.map { try JSONTree(reading: try $0.call("whoami").toolText ?? "")["pid"].int }
        #expect(Set(pids).count == 3)
        #expect(run.server.starts == 3)
    }

    @Test func `a wrong version header is refused, a missing one is not`() throws {
        let run = try ScriptedGateway()
        let session = try run.open(version: "2025-06-18")
        let body = MCPSession.request("ping", nil, id: 1).bytes
        for version in ["1999-01-01", "2025-6-18", "nonsense", ""] {
            let answer = try session.exchange(body, [("MCP-Protocol-Version", version)])
            #expect(answer.status == 400, "\(version): \(answer)")
        }
        session.version = "2025-06-18"
        #expect(try session.exchange(body).status == 200)
        let fresh = MCPSession(port: run.gateway.port, path: session.path, key: session.key)
        fresh.sessionID = session.sessionID
        #expect(try fresh.exchange(body).status == 200)
    }

    @Test func `calls before initialize start no process`() throws {
        let run = try ScriptedGateway()
        let session = run.gateway.session("scripted", run.full)
        #expect(try session.call("safe").status == 400)
        #expect(run.server.starts == 0)
    }
}
