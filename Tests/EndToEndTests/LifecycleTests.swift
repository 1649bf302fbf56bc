// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct Lifecycle {
    @Test func `the admin address says alive and ready`() throws {
        let run = try CalculatorGateway()
        for path in ["/healthz", "/readyz"] {
            let answer = try run.gateway.admin(path)
            #expect(answer.status == 200, "\(path) \(answer)")
        }
        #expect(try run.gateway.admin("/nothing").status == 404)
        #expect(try run.gateway.admin("/calculator/mcp").status == 404)
        let evil = try RawConnection(port: run.gateway.adminPort)
        try evil.send(RequestText("GET", "/readyz", [("Host", "evil.test")]).bytes)
        #expect((400..<500).contains(try evil.readAnswer().status))
    }

    @Test func `SIGTERM lets what runs finish and leaves with 0`() throws {
        let run = try ScriptedGateway(limits: ["drain_delay": "2s", "drain": "20s"])
        let session = try run.open()
        let idle = try run.open()
        let stream = try idle.stream()
        #expect(try stream.readHead().status == 200)
        let pending = try session.startCall("wait", ["file": .string(run.gate())])
        #expect(eventually { run.server.calls == ["wait"] })
        run.gateway.process.signal(SIGTERM)
        #expect(try eventually { try run.gateway.admin("/readyz").status == 503 })
        #expect(try run.gateway.admin("/healthz").status == 200)
        try run.openGate()
        #expect(try pending.finish().toolText == "ran wait")
        #expect(run.gateway.process.wait() == 0)
        #expect(try stream.next() == nil)
        #expect(eventually { run.server.processes.isEmpty })
        #expect(throws: (any Error).self) { try run.gateway.connect() }
    }

    @Test func `while it drains it answers and asks to close`() throws {
        let run = try CalculatorGateway(limits: ["drain_delay": "3s", "drain": "10s"])
        let session = try run.gateway.open("calculator", run.full)
        run.gateway.process.signal(SIGTERM)
        #expect(try eventually { try run.gateway.admin("/readyz").status == 503 })
        let answer = try session.startCall("add", ["a": 1, "b": 1]).finish()
        #expect(answer.toolText == "2")
        #expect(answer.head.closes, "\(answer.head)")
        #expect(run.gateway.process.wait() == 0)
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `an idle gateway leaves with 0`(_ signal: Int32) throws {
        let run = try ScriptedGateway(limits: ["drain_delay": "0s"])
        _ = try run.open()
        run.gateway.process.signal(signal)
        #expect(run.gateway.process.wait() == 0)
        #expect(eventually { run.server.processes.isEmpty })
    }

    @Test func `a second SIGTERM ends at once`() throws {
        let run = try ScriptedGateway(limits: ["drain_delay": "5m", "drain": "10m"])
        let session = try run.open()
        let pending = try session.startCall("wait", ["file": .string(run.gate())])
        #expect(eventually { run.server.calls == ["wait"] })
        run.gateway.process.signal(SIGTERM)
        #expect(try eventually { try run.gateway.admin("/readyz").status == 503 })
        run.gateway.process.signal(SIGTERM)
        #expect(run.gateway.process.wait() != nil)
        #expect(eventually { run.server.processes.isEmpty })
        pending.vanish()
    }

    @Test func `a drain that takes too long is cut`() throws {
        let run = try ScriptedGateway(["--stay"], limits: ["drain_delay": "0s", "drain": "1s"])
        let session = try run.open()
        _ = try session.startCall("wait", ["file": .string(run.gate())])
        #expect(eventually { run.server.calls == ["wait"] })
        run.gateway.process.signal(SIGTERM)
        #expect(run.gateway.process.wait() == 0)
        #expect(eventually { run.server.processes.isEmpty })
    }

    /// The child leaves a process in its own group and one that left group and session.
    @Test(arguments: [false, true])
    func `nothing is left when the gateway is killed`(_ daemon: Bool) throws {
        let run = try ScriptedGateway(["--stay"])
        let sessions = try (0..<3).map { _ in try run.open() }
        for session in sessions {
            let answer = try session.call("fork", ["daemon": .bool(daemon)])
            #expect(try JSONTree(reading: answer.toolText ?? "").elements.count == (daemon ? 2 : 1))
        }
        // A program that has just begun has no environment for a moment.
        #expect(eventually { run.server.processes.count == (daemon ? 9 : 6) })
        run.gateway.process.finish()
        #expect(eventually { run.server.processes.isEmpty }, "\(run.server.processes)")
    }

    @Test(arguments: [false, true])
    func `nothing is left of a session that ends`(_ daemon: Bool) throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        let answer = try session.call("fork", ["daemon": .bool(daemon)])
        #expect(answer.toolText?.hasPrefix("[") == true)
        #expect(eventually { run.server.processes.count == (daemon ? 3 : 2) })
        try session.delete()
        #expect(eventually { run.server.processes.isEmpty }, "\(run.server.processes)")
        #expect(run.gateway.process.running)
    }

    @Test func `a configuration with errors stops the start and names them all`() throws {
        let folder = try TemporaryFolder()
        let text =
            "{\n  \"listne\": [],\n  \"servers\": {\"a\": {\"stdio\": {\"comand\": \"x\"}}},\n  \"access\": 5\n}\n"
        let file = try folder.write("gateway.json", text)
        let gateway = Places.program("gatehouse")
        let served = try Command.run(gateway, ["serve", "--config", file])
        let checked = try Command.run(gateway, ["check", file])
        #expect(checked.code == 1)
        #expect(served.code != 0)
        for result in [served, checked] {
            let said = result.output + result.errors
            for wanted in ["gateway.json:2:", "gateway.json:3:", "gateway.json:4:", "listen", "command"] {
                #expect(said.contains(wanted), "\(wanted) in \(said)")
            }
            #expect(!said.contains("listening"))
        }
    }

    @Test func `check finds no fault with a configuration that serves`() throws {
        let run = try CalculatorGateway()
        let result = try Command.run(Places.program("gatehouse"), ["check", run.gateway.folder.file("gateway.json")])
        #expect(result.code == 0, "\(result)")
    }

    @Test func `an answer that its client has not taken yet outlives the drain of everything else`() throws {
        let run = try ScriptedGateway(limits: ["drain_delay": "0s", "drain": "30s"])
        let session = try run.open()
        let pending = try session.startCall("huge", ["bytes": 14_000_000])
        #expect(try pending.readHead().status == 200)
        run.gateway.process.signal(SIGTERM)
        #expect(eventually { run.server.processes.isEmpty })
        #expect(try pending.finish().toolText?.utf8.count == 14_000_000)
        #expect(run.gateway.process.wait() == 0)
    }
}
