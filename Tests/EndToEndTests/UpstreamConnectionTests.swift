// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// How many connections an HTTP server gets, and for how long.
@Suite struct `Connections to an HTTP server` {
    private typealias Answer = ScriptedUpstream.Answer

    /// Every call with `wait` is held until the gate opens.
    private static func holding(_ gate: ScriptedUpstream.Gate) -> ScriptedUpstream.Script {
        { request in
            let answer = ScriptedUpstream.Step.send(Answer.json(Answer.result(request.id, "ran")))
            return request.arguments["wait"].bool == true ? [.wait(gate), answer] : [answer]
        }
    }

    @Test func `there are no more than the maximum, and who waits too long is told that the server is busy`() throws {
        let gate = ScriptedUpstream.Gate()
        let connections: JSONTree = ["connections": ["maximum": 2]]
        let run = try HTTPGateway(http: connections, entry: ["timeouts": ["connect": "1s"]], Self.holding(gate))
        let session = try run.open()
        // Enough of them that every loop gets some.
        let calls = try (0..<24).map { _ in try session.startCall("safe", ["wait": true]) }
        // Those that find no connection are told so; those that have one wait for the gate.
        #expect(eventually { run.gateway.accessLines.filter { $0["status"].int == 503 }.count == 22 })
        #expect(run.upstream.requests("tools/call").count == 2)
        gate.open()
        let answers = try calls.map { try $0.finish() }
        #expect(answers.filter { $0.toolText == "ran" }.count == 2, "\(answers)")
        for answer in answers where answer.toolText == nil { expectMasked(answer, meant: 503, code: 503) }
        #expect(run.upstream.connections <= 2)
        #expect(try session.call("safe").toolText == "ran")
    }

    @Test func `who waits gets the first connection that is free`() throws {
        let gate = ScriptedUpstream.Gate()
        let connections: JSONTree = ["connections": ["maximum": 2]]
        let run = try HTTPGateway(http: connections, entry: ["timeouts": ["connect": "60s"]], Self.holding(gate))
        let session = try run.open()
        let calls = try (0..<24).map { _ in try session.startCall("safe", ["wait": true]) }
        #expect(eventually { run.upstream.requests("tools/call").count == 2 })
        gate.open()
        for call in calls { #expect(try call.finish().toolText == "ran") }
        #expect(run.upstream.connections <= 2)
        #expect(run.upstream.calls.count == 24)
    }

    @Test func `an idle one is closed`() throws {
        let gate = ScriptedUpstream.Gate()
        let run = try HTTPGateway(http: ["connections": ["idle": "100ms"]], Self.holding(gate))
        let session = try run.open()
        #expect(try session.call("safe").toolText == "ran")
        let used = try #require(run.upstream.requests.last?.connection)
        #expect(eventually { run.upstream.hasEnded(used) })
        #expect(try session.call("safe").toolText == "ran")
        #expect(run.upstream.requests.last?.connection != used)
    }

    @Test func `one that the server closes between two requests is replaced, and nothing is sent twice`() throws {
        let run = try HTTPGateway { request in
            [.send(Answer.json(Answer.result(request.id, "ran"))), .close]
        }
        let session = try run.open()
        let count = 100
        var lost = 0
        for _ in 0..<count {
            let answer = try session.call("safe")
            // The end may come when the next request is on its way: that one is lost, and not tried again.
            if answer.toolText != "ran" {
                expectMasked(answer, meant: 502, code: 502)
                lost += 1
            }
        }
        #expect(run.upstream.calls.count + lost >= count)
        #expect(run.upstream.calls.count <= count)
        #expect(lost < count / 2, "\(lost)")
    }

    @Test func `clients that go away leave no connection behind`() throws {
        let gate = ScriptedUpstream.Gate()
        let run = try HTTPGateway(Self.holding(gate))
        let session = try run.open()
        #expect(try session.call("safe").toolText == "ran")
        let before = try #require(ProcessTable.descriptors(of: run.gateway.process.pid))
        for turn in 0..<30 { try session.startCall("safe", ["wait": true]).vanish(reset: turn % 2 == 0) }
        #expect(eventually { run.upstream.requests("tools/call").count == 31 })
        gate.open()
        // Their answers are read to the end, and the connections kept for others: no more than were needed at once.
        #expect(try session.call("safe").toolText == "ran")
        #expect(eventually { (ProcessTable.descriptors(of: run.gateway.process.pid) ?? 0) <= before + 30 })
        let connections = run.upstream.connections
        for _ in 0..<50 { #expect(try session.call("safe").toolText == "ran") }
        #expect(run.upstream.connections == connections)
    }

    @Test func `a server that answers before it has read the request may do so`() throws {
        let run = try HTTPGateway(whole: true, atHead: true) { request in
            // The body is not there yet: only sizes tell the requests apart.
            guard (request.value("content-length").flatMap { Int($0) } ?? 0) > 100_000 else {
                return [.send(Answer.plain(400))]
            }
            return [.send(Answer.plain(413)), .close]
        }
        let session = run.gateway.session("strict", run.full)
        let load: JSONTree = ["name": "safe", "arguments": ["x": .string(String(repeating: "x", count: 1_500_000))]]
        for _ in 0..<6 {
            let answer = try session.request("tools/call", load)
            #expect([413, 502].contains(answer.meantStatus), "\(answer)")
            // Its reset may come when the next request is on its way.
            #expect([400, 502].contains(try session.request("ping").meantStatus))
        }
        #expect(run.upstream.requests.count <= 12, "nothing was sent twice")
        #expect(try eventually { try session.request("ping").meantStatus == 400 })
    }
}
