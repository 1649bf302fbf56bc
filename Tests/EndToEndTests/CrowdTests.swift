// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Many at once. One after the other, because each takes the machine to itself.
@Suite(.serialized) struct Crowds {
    /// What the threads of a test found wrong.
    // Guarded by `lock`.
    private final class Findings: @unchecked Sendable {
        private let lock = NSLock()
        private var list: [String] = []
        private var finished = 0

        func add(_ text: String) { lock.withLock { list.append(text) } }
        func finish() { lock.withLock { finished += 1 } }
        var all: [String] { lock.withLock { list } }
        var done: Int { lock.withLock { finished } }
    }

    /// Runs a body on so many threads, so many of them at a time, and waits for all.
    private func together(
        _ count: Int,
        atATime: Int = .max,
        _ body: @escaping @Sendable (Int, Findings) throws -> Void
    ) -> [String] {
        let findings = Findings()
        let places = DispatchSemaphore(value: min(count, atATime))
        for number in 0..<count {
            places.wait()
            let thread = Thread {
                do { try body(number, findings) } catch { findings.add("\(number): \(error)") }
                findings.finish()
                places.signal()
            }
            thread.stackSize = 1 << 20
            thread.start()
        }
        if !eventually(within: 60, { findings.done == count }) { findings.add("only \(findings.done) came to an end") }
        return findings.all
    }

    @Test func `200 sessions to the calculator are right and apart`() throws {
        var setup = GatewaySetup()
        let count = Sanitizer.scaled(200)
        let stdio: JSONTree = ["processes": ["maximum": 250], "start_timeout": "60s"]
        setup.addServer("calculator", stdio: Places.calculator.merging(stdio))
        setup.limits = ["sessions_per_principal": 250]
        let key = try setup.addKey("full", allow: ["tools": ["*"]])
        let gateway = try GatewayProcess(setup)
        let findings = together(count) { number, findings in
            let session = gateway.session("calculator", key)
            try session.open()
            for round in 0..<5 {
                // All of them use the same ids; only the sums tell them apart.
                let id = JSONTree(round)
                let answer = try session.call("add", ["a": JSONTree(number * 1000), "b": JSONTree(round)], id: id)
                if answer.toolText != String(number * 1000 + round) || answer.response["id"] != id {
                    findings.add("\(number): \(answer)")
                }
            }
        }
        #expect(findings.isEmpty, "\(findings.prefix(5))")
        #expect(gateway.descendants.filter { $0.name.hasPrefix("calculator") }.count == count)
        #expect(gateway.stop() == 0)
    }

    @Test func `20 sessions to a Python server are right and apart`() throws {
        let run = try ScriptedGateway()
        let findings = together(20) { number, findings in
            let session = try run.open()
            for round in 0..<10 {
                let answer = try session.call(
                    "echo",
                    ["n": JSONTree(number), "r": JSONTree(round)],
                    id: JSONTree(round)
                )
                let said = try JSONTree(reading: answer.toolText ?? "")
                if said["n"].int != number || said["r"].int != round { findings.add("\(number): \(answer)") }
            }
        }
        #expect(findings.isEmpty, "\(findings.prefix(5))")
        #expect(run.server.starts == 20)
    }

    @Test func `500 clients that vanish in the middle of a call leave nothing`() throws {
        let count = Sanitizer.scaled(500)
        let server = try ScriptedServer()
        var setup = GatewaySetup()
        let stdio: JSONTree = [
            "command": .string(Places.package + "/Tests/Interop/servers/quiet.sh"), "start_timeout": "60s",
            "processes": ["maximum": JSONTree(count), "idle": "5s"],
        ]
        setup.addServer("quiet", stdio: server.marked(stdio), ["timeouts": ["response": "5s"]])
        setup.limits = [
            "sessions_per_principal": JSONTree(count), "sessions": JSONTree(count), "session_idle": "5s",
        ]
        let key = try setup.addKey("full", allow: ["tools": ["*"]])
        let gateway = try GatewayProcess(setup)
        let pid = gateway.process.pid
        // What one session leaves open for good is none of this test's business.
        try gateway.open("quiet", key).delete()
        #expect(eventually { server.processes.isEmpty })
        let before = try #require(ProcessTable.descriptors(of: pid))

        // Few start at a time, so that none takes too long; all are in the middle of their call together.
        let findings = together(count, atATime: 50) { number, _ in
            let session = gateway.session("quiet", key)
            try session.open()
            let pending = try session.startCall("never")
            switch number % 3 {
            case 0: pending.vanish()
            case 1: pending.vanish(reset: true)
            default:
                pending.connection.shutdownWrite()
                pending.vanish()
            }
        }
        #expect(findings.isEmpty, "\(findings.prefix(5))")
        #expect(eventually(within: 60) { server.processes.isEmpty }, "\(server.processes.count)")
        #expect(
            eventually { (ProcessTable.descriptors(of: pid) ?? 0) <= before },
            "\(ProcessTable.descriptorTargets(of: pid))"
        )
        #expect(eventually { !gateway.descendants.contains { $0.state == "Z" } })
        // Were a session left, these would be over the limit.
        let again = together(20) { _, _ in try gateway.open("quiet", key) }
        #expect(again.isEmpty, "\(again)")
        #expect(gateway.stop() == 0)
    }

    @Test func `clients that vanish in the middle of initialize leave nothing`() throws {
        let server = try ScriptedServer()
        var setup = GatewaySetup()
        setup.addServer("scripted", stdio: server.stdio(["--start", "slow"], ["processes": ["idle": "500ms"]]))
        setup.limits = ["session_idle": "500ms"]
        let key = try setup.addKey("full", allow: ["tools": ["*"]])
        let gateway = try GatewayProcess(setup)
        let parameters: JSONTree = [
            "protocolVersion": "2025-11-25", "capabilities": [:], "clientInfo": ["name": "t", "version": "1"],
        ]
        for number in 0..<20 {
            let pending = try gateway.session("scripted", key).start("initialize", parameters)
            #expect(eventually { server.starts == number + 1 })
            pending.vanish(reset: number.isMultiple(of: 2))
        }
        try server.folder.write("go", "")
        #expect(eventually { server.processes.isEmpty })
        #expect(try gateway.open("scripted", key).call("safe").toolText == "ran safe")
    }

    @Test func `a storm of resets harms nobody`() throws {
        let run = try CalculatorGateway()
        let session = try run.gateway.open("calculator", run.full)
        let pid = run.gateway.process.pid
        let call = session.post(
            MCPSession.request("tools/call", ["name": "add", "arguments": ["a": 1, "b": 2]], id: 1).bytes
        )
        let before = try #require(ProcessTable.descriptors(of: pid))
        for number in 0..<1000 {
            let connection = try run.gateway.connect()
            connection.offer(Array(call.bytes.prefix(number % (call.bytes.count + 1))))
            connection.reset()
        }
        #expect(try session.call("add", ["a": 2, "b": 2]).toolText == "4")
        #expect(eventually { (ProcessTable.descriptors(of: pid) ?? 0) <= before })
    }
}
