// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The rows of `h1_vectors.jsonl` against the running gateway. The endpoint is open to anyone, so that no 401 hides a
/// verdict.
@Suite(.enabled(if: Places.vectors != nil, "no test vectors here"))
struct `HTTP vectors` {
    private struct Run {
        let server: ScriptedServer
        let gateway: GatewayProcess
        let session: MCPSession
        /// A request that the server would run, were it read.
        let canary: [UInt8]

        init() throws {
            server = try ScriptedServer()
            var setup = GatewaySetup()
            setup.addServer("scripted", stdio: server.stdio(), ["path": "/mcp"])
            setup.access = [
                ["id": "open", "servers": ["scripted"], "to": "anyone", "allow": ["tools": ["safe", "danger"]]]
            ]
            // 127.0.0.1 for the session of this test, the other two for the rows.
            setup.changes = ["allowed_hosts": ["127.0.0.1", "gw.test", "evil.test"]]
            gateway = try GatewayProcess(setup)
            session = MCPSession(port: gateway.port, path: "/mcp", key: nil)
            try session.open()
            let call = MCPSession.request("tools/call", ["name": "danger", "arguments": [:]], id: 1)
            canary = session.post(call.bytes).bytes
        }
    }

    /// The statuses that a row allows; nil: the row may also be accepted.
    private static func refusals(_ vector: Vector) -> Set<Int>? {
        let wanted = vector.want.split(separator: "|").map(String.init)
        let statuses = wanted.compactMap { Int($0) }.filter { $0 >= 400 }
        guard wanted.allSatisfy({ $0 == "close" || (Int($0) ?? 0) >= 400 }) else { return nil }
        return Set(statuses)
    }

    /// Statuses of every answer that comes until the peer closes.
    private static func statuses(_ connection: RawConnection) throws -> [Int] {
        var found: [Int] = []
        while true {
            do {
                found.append(try connection.readAnswer().status)
            } catch let error as WireError where error.isEnd {
                return found
            }
        }
    }

    @Test func `the canary is served where nothing stands before it`() throws {
        let run = try Run()
        let connection = try run.gateway.connect()
        try connection.send(run.canary + run.canary)
        #expect(try connection.readAnswer().status == 200)
        #expect(try connection.readAnswer().status == 200)
        #expect(run.server.calls == ["danger", "danger"])
    }

    @Test func `a refused row gets its status and ends the connection`() throws {
        let run = try Run()
        for vector in try Vector.load("h1_vectors.jsonl") {
            guard let wanted = Self.refusals(vector) else { continue }
            let connection = try run.gateway.connect()
            connection.offer(vector.bytes)
            // Some rows are cut on purpose: nothing more comes.
            connection.shutdownWrite()
            let answers = try Self.statuses(connection)
            #expect(answers.count == 1 || (answers.isEmpty && vector.want.contains("close")), "\(vector) \(answers)")
            if let status = answers.first { #expect(wanted.contains(status), "\(vector) (\(vector.rule)): \(answers)") }
        }
        #expect(run.server.calls.isEmpty)
    }

    @Test func `nothing that follows a refused row is served`() throws {
        let run = try Run()
        for vector in try Vector.load("h1_vectors.jsonl") {
            guard let wanted = Self.refusals(vector) else { continue }
            let together = try run.gateway.connect()
            together.offer(vector.bytes + run.canary)
            let first = try Self.statuses(together)
            #expect(first.count <= 1, "\(vector) in one write: \(first)")
            if let status = first.first { #expect(wanted.contains(status), "\(vector) in one write: \(first)") }

            let after = try run.gateway.connect()
            after.offer(vector.bytes)
            let answer = try? after.readAnswer()
            after.offer(run.canary)
            let served = try Self.statuses(after).count
            #expect(served == 0 || answer == nil && served == 1, "\(vector) after its answer")
        }
        #expect(run.server.calls.isEmpty, "the server ran \(run.server.calls)")
        #expect(try run.session.call("safe").toolText == "ran safe")
    }

    @Test func `rows that may be accepted are answered once for each message`() throws {
        let run = try Run()
        let counts = ["get-with-body": 1, "close-then-more": 1, "cl0-then-more": 2]
        for vector in try Vector.load("h1_vectors.jsonl") where Self.refusals(vector) == nil {
            let connection = try run.gateway.connect()
            connection.offer(vector.bytes)
            connection.shutdownWrite()
            let answers = try Self.statuses(connection).filter { $0 >= 200 }
            #expect(answers.count <= (counts[vector.id] ?? 1), "\(vector): \(answers)")
            if let count = counts[vector.id] { #expect(answers.count == count, "\(vector): \(answers)") }
            #expect(!answers.contains(101), "\(vector): \(answers)")
            #expect(answers.allSatisfy { $0 < 500 || $0 == 501 || $0 == 505 }, "\(vector): \(answers)")
        }
        #expect(run.server.calls.isEmpty)
        #expect(try run.session.call("safe").toolText == "ran safe")
    }

    @Test func `a row that comes byte by byte has the same fate`() throws {
        let run = try Run()
        for vector in try Vector.load("h1_vectors.jsonl") where vector.bytes.count < 400 {
            guard let wanted = Self.refusals(vector) else { continue }
            let connection = try run.gateway.connect()
            for byte in vector.bytes where !connection.offer([byte]) { break }
            connection.offer(run.canary)
            connection.shutdownWrite()
            let answers = try Self.statuses(connection)
            #expect(answers.count <= 1, "\(vector): \(answers)")
            if let status = answers.first { #expect(wanted.contains(status), "\(vector): \(answers)") }
        }
        #expect(run.server.calls.isEmpty)
    }
}
