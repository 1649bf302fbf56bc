// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite struct `Limits of sessions and processes` {
    private func expectBusy(_ answer: MCPAnswer, _ place: SourceLocation = #_sourceLocation) {
        expectMasked(answer, meant: 503, code: 503, place: place)
        #expect(Int(answer.head.value("retry-after") ?? "") != nil, "\(answer)", sourceLocation: place)
    }

    @Test func `a caller has so many sessions and no more`() throws {
        let run = try ScriptedGateway(limits: ["sessions_per_principal": 2])
        let first = try run.open()
        let second = try run.open()
        expectBusy(try run.gateway.session("scripted", run.full).initialize())
        try run.gateway.session("scripted", run.limited).open()
        #expect(run.server.starts == 3)
        try first.delete()
        #expect(
            try eventually { try run.gateway.session("scripted", run.full).initialize().result.has("protocolVersion") }
        )
        #expect(try second.call("safe").toolText == "ran safe")
    }

    @Test func `all callers together have so many sessions`() throws {
        let run = try ScriptedGateway(limits: ["sessions": 2])
        let first = try run.open()
        try run.gateway.session("scripted", run.limited).open()
        expectBusy(try run.gateway.session("scripted", run.full).initialize())
        try first.delete()
        #expect(
            try eventually { try run.gateway.session("scripted", run.full).initialize().result.has("protocolVersion") }
        )
    }

    @Test func `a server has so many processes and no more`() throws {
        let run = try ScriptedGateway(stdio: ["processes": ["maximum": 2]])
        let first = try run.open()
        _ = try run.open()
        expectBusy(try run.gateway.session("scripted", run.limited).initialize())
        #expect(run.server.starts == 2)
        try first.delete()
        #expect(
            try eventually {
                try run.gateway.session("scripted", run.limited).initialize().result.has("protocolVersion")
            }
        )
        #expect(run.server.processes.count <= 2)
    }

    @Test func `busy is 503 to those who asked for it`() throws {
        let run = try ScriptedGateway(entry: ["error_status": "http"], limits: ["sessions_per_principal": 1])
        _ = try run.open()
        let answer = try run.gateway.session("scripted", run.full).initialize()
        #expect(answer.status == 503)
        #expect(answer.head.value("retry-after") != nil)
    }

    @Test func `a session that is not used ends`() throws {
        let run = try ScriptedGateway(limits: ["session_idle": "1s"])
        let session = try run.open()
        #expect(run.server.processes.count == 1)
        #expect(eventually { run.server.processes.isEmpty })
        let after = try session.startCall("safe").finish()
        #expect(after.status == 404, "\(after)")
        #expect(after.code == -32600)
    }

    @Test func `a process that is not used ends`() throws {
        let run = try ScriptedGateway(stdio: ["processes": ["idle": "1s"]])
        _ = try run.open()
        #expect(eventually { run.server.processes.isEmpty })
        #expect(try run.open().call("safe").toolText == "ran safe")
    }

    @Test func `an open stream keeps its session`() throws {
        let run = try ScriptedGateway(
            stdio: ["processes": ["idle": "1s"]],
            entry: ["timeouts": ["stream_ping": "100ms"]],
            limits: ["session_idle": "1s"]
        )
        let session = try run.open()
        let stream = try session.stream()
        #expect(try stream.readHead().status == 200)
        let other = try run.open()
        #expect(try other.call("later", ["file": .string(run.gate("never"))]).toolText == "ran later")
        // The one without a stream goes first; by then the idle time of the other has long passed too.
        #expect(eventually { run.server.processes.count == 1 })
        #expect(try session.call("safe").toolText == "ran safe")
        stream.vanish()
        #expect(eventually { run.server.processes.isEmpty })
    }

    @Test func `a session has a longest life`() throws {
        let run = try ScriptedGateway(limits: ["session_lifetime": "2s"])
        let session = try run.open()
        #expect(try session.call("safe").toolText == "ran safe")
        #expect(try eventually { try session.startCall("safe").finish().status == 404 })
        #expect(eventually { run.server.processes.isEmpty })
    }

    @Test func `a call that takes too long is 504`() throws {
        let run = try ScriptedGateway(entry: ["timeouts": ["response": "1500ms"]])
        let session = try run.open()
        let slow = try session.call("wait", ["file": .string(run.gate())])
        expectMasked(slow, meant: 504, code: 504)
        #expect(try session.call("safe").toolText == "ran safe")
        try run.openGate()
        // The late answer belongs to nobody.
        #expect(try session.call("safe").toolText == "ran safe")
    }

    @Test func `a body nested too deeply is refused`() throws {
        let run = try ScriptedGateway(limits: ["json_depth": 10])
        let session = try run.open()
        func nested(_ depth: Int) -> [UInt8] {
            let value = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            let call = "\"method\":\"tools/call\",\"params\":{\"name\":\"safe\",\"arguments\":{\"x\":\(value)}}"
            return Array("{\"jsonrpc\":\"2.0\",\"id\":1,\(call)}".utf8)
        }
        #expect(try session.exchange(nested(7)).toolText == "ran safe")
        let refused = try session.exchange(nested(8))
        #expect(refused.status == 400, "\(refused)")
        #expect(run.server.calls.count == 1)
    }

    @Test func `a session is not idle right after a call that took longer than its idle time`() throws {
        let run = try ScriptedGateway(stdio: ["processes": ["idle": "2s"]])
        let session = try run.open()
        let pending = try session.startCall("wait", ["file": .string(run.gate())])
        // A session that begins later and does nothing is the clock: when it has gone, the idle time has passed.
        _ = try run.open()
        #expect(eventually { run.server.processes.count == 1 })
        try run.openGate()
        #expect(try pending.finish().toolText == "ran wait")
        #expect(try session.call("safe").toolText == "ran safe")
    }
}
