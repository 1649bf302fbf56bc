// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite struct `Faults of a stdio server` {
    /// Whoever is not concerned goes on.
    private func expectHealthy(_ run: ScriptedGateway, _ place: SourceLocation = #_sourceLocation) throws {
        let fresh = try run.open()
        #expect(try fresh.call("safe").toolText == "ran safe", sourceLocation: place)
        try fresh.delete()
        #expect(try run.gateway.admin("/healthz").status == 200, sourceLocation: place)
    }

    @Test func `a crash in the middle of a call is 502 for what waits`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        let neighbour = try run.open()
        let waiting = try session.startCall("wait", ["file": .string(run.gate())], id: "waiting")
        #expect(eventually { run.server.calls == ["wait"] })
        let crashed = try session.call("crash", id: "crashing")
        expectMasked(crashed, meant: 502, code: 502)
        #expect(crashed.response["id"] == "crashing")
        let other = try waiting.finish()
        expectMasked(other, meant: 502, code: 502)
        #expect(other.response["id"] == "waiting")
        #expect(try neighbour.call("safe").toolText == "ran safe")
        // The session died with its process: the client is told to begin anew.
        let after = try session.startCall("safe").finish()
        #expect(after.status == 404 || after.meantStatus == 502, "\(after)")
        try expectHealthy(run)
    }

    @Test func `a crash while a stream is open ends it`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        let stream = try session.stream()
        #expect(try stream.readHead().status == 200)
        let progress = try session.startCall(
            "progress",
            ["count": 1, "file": .string(run.gate())],
            meta: ["progressToken": 1]
        )
        #expect(try progress.next()?["method"].text == "notifications/progress")
        _ = try session.call("crash")
        let last = try progress.finish()
        #expect(last.code == 502, "\(last)")
        #expect(try stream.next() == nil)
        try expectHealthy(run)
    }

    @Test func `no descriptor or zombie is left of crashes`() throws {
        let run = try ScriptedGateway()
        for _ in 0..<3 { _ = try run.open().call("crash") }
        #expect(eventually { run.server.processes.isEmpty })
        let before = try #require(ProcessTable.descriptors(of: run.gateway.process.pid))
        for _ in 0..<20 { _ = try run.open().call("crash") }
        #expect(eventually { run.server.processes.isEmpty })
        #expect(eventually { (ProcessTable.descriptors(of: run.gateway.process.pid) ?? 0) <= before })
        #expect(eventually { !run.gateway.descendants.contains { $0.state == "Z" } })
        #expect(run.server.starts == 23)
    }

    @Test func `garbage between the answers is dropped`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        let stream = try session.stream()
        #expect(try stream.readHead().status == 200)
        let answer = try session.call("garbage")
        #expect(answer.toolText == "ran garbage", "\(answer)")
        #expect(answer.messages.count == 1, "\(answer)")
        #expect(try session.call("safe").toolText == "ran safe")
        try expectHealthy(run)
    }

    @Test func `answers that nobody asked for reach nobody`() throws {
        let run = try ScriptedGateway()
        let victim = try run.open()
        let pending = try victim.startCall("wait", ["file": .string(run.gate())], id: 1)
        let session = try run.open()
        let answer = try session.call("foreign", id: 7)
        #expect(answer.toolText == "first", "\(answer)")
        #expect(answer.messages.count == 1, "\(answer)")
        #expect(try session.call("safe").toolText == "ran safe")
        try run.openGate()
        #expect(try pending.finish().toolText == "ran wait")
    }

    @Test func `a line over the limit is 502 and never passed on`() throws {
        let run = try ScriptedGateway(limits: ["response_message": "64KiB"])
        let session = try run.open()
        let size = 60_000
        #expect(try session.call("huge", ["bytes": JSONTree(size)]).toolText?.utf8.count == size)
        let large = try session.call("huge", ["bytes": 300_000])
        expectMasked(large, meant: 502, code: 502)
        try expectHealthy(run)
    }

    @Test func `a large answer comes whole`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        let size = 3_000_000
        #expect(try session.call("huge", ["bytes": JSONTree(size)]).toolText?.utf8.count == size)
    }

    @Test func `a server that stops reading holds up nobody else`() throws {
        let run = try ScriptedGateway(entry: ["timeouts": ["response": "3s"]])
        let session = try run.open()
        #expect(try session.call("deaf").toolText == "deaf")
        let load = JSONTree(String(repeating: "x", count: 200_000))
        let pending = try (0..<12).map { _ in try session.startCall("safe", ["x": load]) }
        try expectHealthy(run)
        for one in pending {
            let answer = try one.finish()
            #expect([502, 503, 504].contains(answer.meantStatus), "\(answer.head)")
            #expect(answer.code != nil)
        }
        try expectHealthy(run)
    }

    @Test func `complaints go to the log at a bounded rate`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        #expect(try session.call("complain", ["line": "first complaint"]).toolText == "ran complain")
        #expect(eventually { run.gateway.process.errors.contains("first complaint") })
        let flood = try session.call("complain", ["line": "flood begins", "bytes": 4_000_000])
        #expect(flood.toolText == "ran complain")
        #expect(try session.call("safe").toolText == "ran safe")
        #expect(run.gateway.process.errors.utf8.count < 1_000_000)
        try expectHealthy(run)
    }

    @Test func `a complaint cannot forge a line of the log`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        let forged = "x\r{\"level\":\"error\",\"message\":\"forged\"}\u{1b}[31m"
        _ = try session.call("complain", ["line": .string(forged)])
        #expect(eventually { run.gateway.process.errors.contains("forged") })
        #expect(!run.gateway.process.errors.contains("\u{1b}"))
        #expect(!run.gateway.log.contains { $0["message"].text == "forged" })
    }

    @Test(arguments: ["silent", "exit"])
    func `a server that does not start is an error of the gateway`(_ start: String) throws {
        let run = try ScriptedGateway(["--start", start], stdio: ["start_timeout": "500ms"])
        let answer = try run.gateway.session("scripted", run.full).initialize()
        #expect([502, 503, 504].contains(answer.meantStatus), "\(answer)")
        #expect(answer.status == 200)
        #expect(answer.code == answer.meantStatus)
        #expect(answer.head.value("mcp-session-id") == nil)
        #expect(eventually { run.server.processes.isEmpty })
        #expect(run.gateway.process.running)
    }

    @Test func `a command that is gone at run time is 502`() throws {
        let server = try ScriptedServer()
        let command = try server.folder.write("server.sh", "#!/bin/sh\nexec sleep 60\n", executable: true)
        var setup = GatewaySetup()
        setup.addServer("gone", stdio: server.marked(["command": .string(command), "start_timeout": "2s"]))
        let key = try setup.addKey("full", allow: ["tools": ["*"]])
        let gateway = try GatewayProcess(setup)
        try FileManager.default.removeItem(atPath: command)
        for _ in 0..<3 {
            let answer = try gateway.session("gone", key).initialize()
            expectMasked(answer, meant: 502, code: 502)
        }
        #expect(server.processes.isEmpty)
        #expect(try gateway.admin("/healthz").status == 200)
    }

    @Test func `what a server's error says is passed on`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        let answer = try session.call("fail")
        #expect(answer.status == 200)
        #expect(answer.code == -32000)
        #expect(answer.error["message"].text == "failed as asked")
        #expect(answer.head.value("gatehouse-status") == nil, "the gateway did not make this error: \(answer)")
    }

    @Test func `a client that sends half an initialize starts nothing`() throws {
        let run = try ScriptedGateway()
        let session = run.gateway.session("scripted", run.full)
        for body in ["{", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\"", "[]", "null", "\"x\"", "7"] {
            let answer = try session.exchange(Array(body.utf8))
            #expect(answer.status == 400, "\(body): \(answer)")
        }
        #expect(run.server.starts == 0)
        try session.open()
    }

    @Test func `a server that closed its input is told nothing more, and its caller at once`() throws {
        let script = """
            import json, os, sys, time
            request = json.loads(sys.stdin.readline())
            os.close(0)
            result = {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "x", "version": "1"}}
            print(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}), flush=True)
            time.sleep(600)
            """
        var setup = GatewaySetup()
        let stdio: JSONTree = ["command": .string(Places.python), "arguments": ["-c", .string(script)]]
        setup.addServer("deaf", stdio: stdio, ["timeouts": ["response": "10s"]])
        let key = try setup.addKey("full", allow: ["tools": ["*"]])
        let gateway = try GatewayProcess(setup)
        let session = gateway.session("deaf", key)
        _ = try session.initialize()
        // The end of the pipe is noticed by the first write.
        expectMasked(try session.call("safe"), meant: 503, code: 503)
    }
}
