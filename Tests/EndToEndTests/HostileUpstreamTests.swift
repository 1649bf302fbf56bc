// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite struct `Hostile answers of an HTTP server` {
    private typealias Answer = ScriptedUpstream.Answer

    /// Answers the tool `hostile` with the row that the arguments name, and `safe` as it should.
    private static func script(_ rows: [HostileAnswer]) -> ScriptedUpstream.Script {
        { request in
            if let row = request.arguments["row"].int { return rows[row].steps(request.id) }
            return [.send(Answer.json(Answer.result(request.id, "ran safe")))]
        }
    }

    /// What a client gets.
    private enum Outcome {
        /// A whole answer.
        case answered(MCPAnswer)
        /// The connection ended inside it.
        case cut
    }

    private func outcome(_ session: MCPSession, row: Int) throws -> Outcome {
        let pending = try session.startCall("hostile", ["row": JSONTree(row)])
        do {
            return .answered(try pending.finish())
        } catch let error as WireError where error.isEnd {
            return .cut
        }
    }

    /// Each row through both servers. Behind it, the next request is answered, and not on that row's connection.
    private func judge(
        _ rows: [HostileAnswer],
        mayBegin: Bool = false,
        mayReuse: Bool = false,
        _ place: SourceLocation = #_sourceLocation
    ) throws {
        let run = try HTTPGateway(limits: ["response_message": "64KiB"], Self.script(rows))
        for server in ["scripted", "strict"] {
            let session = try run.open(server)
            for (index, row) in rows.enumerated() {
                let comment = Comment(rawValue: "\(row.why), at \(server)")
                let outcome = try outcome(session, row: index)
                let id = session.lastID
                let hostile = try #require(run.upstream.requests.last, sourceLocation: place)
                switch outcome {
                case .answered(let answer):
                    #expect(answer.code == 502, comment, sourceLocation: place)
                    #expect(!answer.description.contains(HostileAnswer.marker), comment, sourceLocation: place)
                    #expect(!answer.description.contains("stolen"), comment, sourceLocation: place)
                    #expect(answer.response["id"] == id, comment, sourceLocation: place)
                    // A stream that has begun has said 200 already.
                    guard !answer.head.isEventStream else {
                        #expect(mayBegin, comment, sourceLocation: place)
                        break
                    }
                    #expect(answer.meantStatus == 502, comment, sourceLocation: place)
                    #expect(answer.status == (server == "strict" ? 502 : 200), comment, sourceLocation: place)
                    #expect(answer.head.value("content-type") == "application/json", comment, sourceLocation: place)
                case .cut: #expect(mayBegin, comment, sourceLocation: place)
                }
                #expect(try session.call("safe").toolText == "ran safe", comment, sourceLocation: place)
                let next = try #require(run.upstream.requests.last, sourceLocation: place)
                guard !mayReuse else { continue }
                #expect(next.connection != hostile.connection, comment, sourceLocation: place)
                #expect(eventually { run.upstream.hasEnded(hostile.connection) }, comment, sourceLocation: place)
            }
        }
        // Nothing was tried twice.
        #expect(run.upstream.calls.count == rows.count * 4, sourceLocation: place)
        #expect(run.gateway.process.running, sourceLocation: place)
    }

    @Test func `whoever asks the server itself gets what the rows say`() throws {
        for rows in [HostileAnswer.messages, HostileAnswer.statuses, HostileAnswer.framing] {
            let upstream = try ScriptedUpstream(Self.script(rows))
            for (index, row) in rows.enumerated() {
                let connection = try RawConnection(port: upstream.port)
                let call = MCPSession.request("tools/call", ["arguments": ["row": JSONTree(index)]], id: 7)
                try connection.send(RequestText("POST", "/mcp", body: call.bytes).bytes)
                connection.shutdownWrite()
                let wanted = row.steps(7).reduce(into: [UInt8]()) { all, step in
                    if case .send(let bytes) = step { all += bytes }
                }
                let found = try connection.drain()
                // A reset may overtake what was sent before it.
                #expect(found == wanted || row.why.contains("reset"), "\(row.why)")
            }
        }
    }

    @Test func `a bad head is 502 and ends its connection`() throws {
        try judge(HostileAnswer.heads)
    }

    @Test func `bad framing is 502 and ends its connection`() throws {
        try judge(HostileAnswer.framing)
    }

    @Test func `what is no answer is 502`() throws {
        try judge(HostileAnswer.messages, mayReuse: true)
    }

    @Test func `its own refusals and redirections are 502`() throws {
        try judge(HostileAnswer.statuses, mayReuse: true)
    }

    @Test func `a stream that goes wrong is an error or cut`() throws {
        try judge(HostileAnswer.streams, mayBegin: true, mayReuse: true)
    }
}
