// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Event streams of an HTTP server: what stands on them, who sees it, and how they are resumed.
@Suite struct `Streams of an HTTP server` {
    private typealias Answer = ScriptedUpstream.Answer
    private typealias Step = ScriptedUpstream.Step
    private typealias Gate = ScriptedUpstream.Gate

    private static let capabilities: JSONTree = ["sampling": [:], "roots": [:]]

    private static func event(_ message: JSONTree, id: String? = nil) -> [UInt8] {
        Answer.chunk(Array(((id.map { "id: \($0)\n" } ?? "") + "data: \(message.json)\n\n").utf8))
    }

    private static func question(_ id: JSONTree, _ method: String = "roots/list") -> JSONTree {
        MCPSession.request(method, [:], id: id)
    }

    private static func note(_ text: String) -> JSONTree {
        MCPSession.notification("notifications/message", ["level": "info", "data": .string(text)])
    }

    private static let end = Array("0\r\n\r\n".utf8)

    private func open(_ run: HTTPGateway, _ key: TestKey? = nil) throws -> MCPSession {
        let session = run.gateway.session("scripted", key ?? run.full)
        session.capabilities = Self.capabilities
        try session.open()
        return session
    }

    // MARK: the standing stream

    /// A server with a standing stream that says what it is told to, and `ran` to every call.
    private func standing(_ messages: @escaping @Sendable (ScriptedUpstream.Request) -> [Step]) throws -> HTTPGateway {
        try HTTPGateway(whole: true) { request in
            if request.httpMethod == "GET" { return [.send(Answer.streamHead())] + messages(request) }
            return ScriptedUpstream.server { [.send(Answer.json(Answer.result($0.id, "ran")))] }(request)
        }
    }

    @Test func `what stands on it passes, and nothing that would be an answer`() throws {
        let gate = Gate()
        let run = try standing { _ in
            [
                .send(Self.event(Answer.result(1, "never to be seen"), id: "1")),
                .send(Self.event(Answer.result("x", "never to be seen"))),
                .send(Answer.chunk(Array("data: <garbage>\n\n: comment\n\n".utf8))),
                .send(Self.event(Self.note("hello"), id: "2")), .send(Self.event(Self.question("q"))),
                .wait(gate), .send(Self.end),
            ]
        }
        let session = try open(run)
        let stream = try session.stream()
        #expect(try stream.readHead().isEventStream)
        #expect(try stream.next() == Self.note("hello"))
        let question = try #require(try stream.next())
        #expect(question["method"].text == "roots/list")
        #expect(try session.reply(question["id"], result: ["roots": []]).status == 202)
        let told = try #require(run.upstream.requests.last { $0.json.has("result") })
        #expect(told.id == "q" && told.value("mcp-session-id") == "upstream-1")
        gate.open()
        #expect(try stream.next() == nil)
    }

    @Test func `a standing stream that breaks is cut, one that ends is ended`() throws {
        for (ending, isCut) in [
            (Step.close, true), (.reset, true), (.send(Array("zz".utf8)), true), (.send(Self.end), false),
        ] {
            let run = try standing { _ in [.send(Self.event(Self.note("hello"))), ending, .close] }
            let session = try open(run)
            let stream = try session.stream()
            #expect(try stream.next() == Self.note("hello"))
            do {
                #expect(try stream.next() == nil)
                #expect(!isCut, "\(ending)")
            } catch let error as WireError where error.isEnd {
                #expect(isCut, "\(ending)")
            }
            #expect(try session.call("safe").toolText == "ran")
        }
    }

    @Test func `a client that goes takes its standing stream with it`() throws {
        let gate = Gate()
        defer { gate.open() }
        let run = try standing { _ in [.send(Self.event(Self.note("hello"))), .wait(gate)] }
        let session = try open(run)
        for _ in 0..<5 {
            let stream = try session.stream()
            #expect(try stream.next() == Self.note("hello"))
            stream.vanish(reset: true)
        }
        let before = ProcessTable.descriptors(of: run.gateway.process.pid) ?? 0
        // Five to the server and five to clients, less what is kept alive.
        #expect(eventually { (ProcessTable.descriptors(of: run.gateway.process.pid) ?? 0) <= before })
        #expect(try session.call("safe").toolText == "ran")
    }

    @Test func `the event id of a standing stream is never forwarded`() throws {
        let run = try standing { _ in [.send(Self.event(Self.note("hello"), id: "secret-event")), .send(Self.end)] }
        let session = try open(run)
        let first = try session.stream()
        let reader = EventReader(try first.connection.body(of: first.connection.readHead()))
        let event = try #require(try reader.next())
        let id = try #require(event.id)
        #expect(!id.contains("secret-event"))
        let again = try session.stream([("Accept", "text/event-stream"), ("Last-Event-ID", id)])
        #expect(try again.readHead().status == 200)
        #expect(run.upstream.requests.filter { $0.httpMethod == "GET" }.count == 2)
        #expect(run.upstream.requests.allSatisfy { $0.value("last-event-id") == nil })
    }

    // MARK: questions

    @Test func `a question passes once, in its own session, and only if its client can answer`() throws {
        let gate = Gate()
        let run = try HTTPGateway { request in
            let steps: [Step] = [
                .send(Answer.streamHead() + Self.event(Self.question("q"))),
                .send(Self.event(Self.question("e", "elicitation/create"))), .wait(gate),
                .send(Self.event(Answer.result(request.id, "ran")) + Self.end),
            ]
            return request.arguments["ask"].bool == true
                ? steps : [.send(Answer.json(Answer.result(request.id, "ran")))]
        }
        let session = try open(run)
        let other = try open(run)
        let thief = try open(run, run.limited)
        #expect((400..<500).contains(try session.reply("q", result: [:]).status), "nothing is asked yet")
        let call = try session.startCall("safe", ["ask": true])
        let question = try #require(try call.next())
        #expect(question["method"].text == "roots/list")
        for stranger in [other, thief] {
            #expect((400..<500).contains(try stranger.reply(question["id"], result: ["roots": ["stolen"]]).status))
        }
        #expect(try session.reply(question["id"], result: ["roots": []]).status == 202)
        #expect((400..<500).contains(try session.reply(question["id"], result: ["roots": ["twice"]]).status))
        // This client has not said that it can be asked for input: the gateway says so to the server.
        #expect(eventually { run.upstream.requests.contains { $0.json["error"]["code"].int == -32601 } })
        #expect(run.upstream.requests.last { $0.json.has("error") }?.id == "e")
        gate.open()
        #expect(try call.finish().toolText == "ran")
        #expect(run.upstream.requests.filter { $0.json.has("result") }.count == 1)
        #expect(
            !run.upstream.requests.contains { $0.description.contains("stolen") || $0.description.contains("twice") }
        )
    }

    @Test func `a cancellation names the request as the server knows it, and nobody else's`() throws {
        let gate = Gate()
        defer { gate.open() }
        let run = try HTTPGateway { request in
            let first = Answer.streamHead() + Self.event(Self.note("begun"), id: "1")
            return [.send(first), .wait(gate), .send(Self.event(Answer.result(request.id, "ran")) + Self.end)]
        }
        let session = try open(run)
        let other = try open(run)
        // The first one tells the gateway that there are event ids.
        let calls = try [session, session, other].enumerated().map { number, session in
            let call = try session.startCall("safe", id: JSONTree(number + 7))
            #expect(try call.next() == Self.note("begun"))
            return call
        }
        for (who, id) in [(other, 8), (session, 9), (session, 4711)] as [(MCPSession, JSONTree)] {
            #expect(try who.notify("notifications/cancelled", ["requestId": id]).status == 202)
        }
        #expect(run.upstream.requests("notifications/cancelled").isEmpty, "none of those is under way there")
        #expect(try session.notify("notifications/cancelled", ["requestId": 8, "reason": "enough"]).status == 202)
        let told = try #require(run.upstream.requests("notifications/cancelled").first)
        #expect(told.json["params"]["requestId"] == run.upstream.requests("tools/call")[1].id)
        #expect(told.json["params"]["reason"] == "enough")
        gate.open()
        #expect(try calls[0].finish().toolText == "ran")
        #expect(try calls[2].finish().toolText == "ran")
    }

    // MARK: resumption

    /// Leaves the stream of a call behind its first event id, and says the rest to whoever comes back for it. What
    /// comes first there belongs to somebody else.
    private func leaving(_ answer: @escaping @Sendable (JSONTree) -> JSONTree) throws -> HTTPGateway {
        let left = Left()
        return try HTTPGateway(whole: true) { request in
            if let event = request.value("last-event-id") {
                let foreign = Self.event(Answer.result("foreign", "never to be seen"), id: "f")
                guard let id = left.id(of: event) else { return [.send(Answer.streamHead() + foreign + Self.end)] }
                return [.send(Answer.streamHead() + foreign + Self.event(answer(id), id: "rest") + Self.end)]
            }
            return ScriptedUpstream.server { request in
                let event = left.add(request.id)
                return [.send(Answer.events("id: \(event)\nretry: 10\ndata:\n\n"))]
            }(request)
        }
    }

    /// The ids of requests by their event ids.
    // Guarded by `lock`.
    private final class Left: @unchecked Sendable {
        private let lock = NSLock()
        private var ids: [JSONTree] = []

        func add(_ id: JSONTree) -> String {
            lock.withLock {
                ids.append(id)
                return "secret-event-\(ids.count - 1)"
            }
        }

        func id(of event: String) -> JSONTree? {
            lock.withLock { event.split(separator: "-").last.flatMap { Int($0) }.map { ids[$0] } }
        }
    }

    /// The last event id that a client sees of a request.
    private func eventID(_ session: MCPSession, _ method: String, _ parameters: JSONTree, id: JSONTree) throws
        -> String?
    {
        let connection = try session.connect()
        try connection.send(session.post(MCPSession.request(method, parameters, id: id).bytes).bytes)
        let answer = try connection.readAnswer()
        let lines = answer.text.components(separatedBy: "\n").filter { $0.hasPrefix("id:") }
        return lines.last.map { $0.dropFirst(3).trimmingCharacters(in: .whitespaces) }
    }

    private func resume(_ session: MCPSession, _ event: String) throws -> MCPAnswer {
        try session.stream([("Accept", "text/event-stream"), ("Last-Event-ID", event)]).finish()
    }

    @Test func `a request is resumed by its own session only, and its answer is that request's`() throws {
        let run = try leaving { Answer.result($0, "the rest") }
        let session = try open(run)
        let others = [try open(run), try open(run, run.limited)]
        // From the first event id that the server sends.
        _ = try eventID(session, "tools/call", ["name": "safe"], id: 1)
        let event = try #require(try eventID(session, "tools/call", ["name": "safe"], id: "mine"))
        #expect(!event.contains("secret-event"))
        for other in others {
            #expect((400..<500).contains(try resume(other, event).status))
        }
        for made in ["secret-event-0", String(event.dropLast()), event + "A", "x", ""] {
            let answer = try resume(session, made)
            #expect((400..<500).contains(answer.status) || made.isEmpty, "\(made): \(answer)")
        }
        #expect(run.upstream.requests.allSatisfy { $0.value("last-event-id") == nil })
        for _ in 0..<2 {
            let rest = try resume(session, event)
            #expect(rest.toolText == "the rest", "\(rest)")
            #expect(rest.response["id"] == "mine", "\(rest)")
            #expect(rest.messages.count == 1, "\(rest)")
            #expect(run.upstream.requests.last?.value("last-event-id") == "secret-event-1")
            #expect(run.upstream.requests.last?.value("mcp-session-id") == "upstream-1")
        }
    }

    @Test func `a list that is resumed is filtered as the list that it is`() throws {
        let run = try leaving { id in
            let tools: JSONTree = [["name": "safe"], ["name": "danger"]]
            return ["jsonrpc": "2.0", "id": id, "result": ["tools": tools]]
        }
        for (key, wanted) in [(run.full, ["safe", "danger"]), (run.limited, ["safe"])] {
            let session = try open(run, key)
            _ = try eventID(session, "tools/list", [:], id: 1)
            let event = try #require(try eventID(session, "tools/list", [:], id: 2))
            let rest = try resume(session, event)
            #expect(rest.result["tools"].elements.compactMap { $0["name"].text } == wanted, "\(rest)")
        }
    }

    // MARK: slow clients, silent servers

    @Test func `a client that does not read holds its server up, and costs little`() throws {
        let piece = Self.event(Self.note(String(repeating: "x", count: 60_000)))
        let count = 400
        let run = try HTTPGateway { request in
            guard request.arguments["flood"].bool == true else {
                return [.send(Answer.json(Answer.result(request.id, "ran")))]
            }
            let all = [Step.send(Answer.streamHead())] + [Step](repeating: .send(piece), count: count)
            return all + [.send(Self.event(Answer.result(request.id, "ran")) + Self.end)]
        }
        let session = try open(run)
        let before = try #require(Self.residentBytes(run.gateway.process.pid))
        let slow = try session.startCall("safe", ["flood": true])
        #expect(try slow.next() != nil)
        for _ in 0..<200 { #expect(try session.call("safe").toolText == "ran") }
        let after = try #require(Self.residentBytes(run.gateway.process.pid))
        if Sanitizer.name == nil { #expect(after < before + (8 << 20), "\(before) bytes, then \(after)") }
        var left = count - 1
        while let message = try slow.next() {
            if message.has("result") { #expect(left == 0) }
            left -= 1
        }
        #expect(left == -1)
    }

    private static func residentBytes(_ pid: pid_t) -> Int? {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8)) ?? ""
        return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 4096 }
    }

    @Test func `a client that goes away does not cancel its request`() throws {
        let gate = Gate()
        let run = try HTTPGateway { request in
            guard request.arguments["wait"].bool == true else {
                return [.send(Answer.json(Answer.result(request.id, "ran")))]
            }
            return [
                .send(Answer.streamHead() + Self.event(Self.note("begun"))), .wait(gate),
                .send(Self.event(Answer.result(request.id, "ran")) + Self.end),
            ]
        }
        let session = try open(run)
        let call = try session.startCall("safe", ["wait": true])
        #expect(try call.next() == Self.note("begun"))
        let connection = try #require(run.upstream.requests.last?.connection)
        call.vanish(reset: true)
        for _ in 0..<5 { #expect(try session.call("safe").toolText == "ran") }
        #expect(!run.upstream.hasEnded(connection))
        gate.open()
        #expect(run.upstream.requests("notifications/cancelled").isEmpty)
        #expect(run.upstream.requests("tools/call").count == 6)
    }

    @Test func `a silent stream gets comments of the gateway's`() throws {
        let gate = Gate()
        let run = try HTTPGateway(entry: ["timeouts": ["stream_ping": "50ms"]]) { request in
            [
                .send(Answer.streamHead() + Self.event(Self.note("begun"))), .wait(gate),
                .send(Self.event(Answer.result(request.id, "ran")) + Self.end),
            ]
        }
        let call = try open(run).startCall("safe")
        #expect(try call.next() == Self.note("begun"))
        for _ in 0..<3 { #expect(try call.waitForComment()) }
        gate.open()
        #expect(try call.finish().toolText == "ran")
    }

    @Test func `a drain ends standing streams and lets calls finish`() throws {
        let gate = Gate()
        let run = try HTTPGateway(limits: ["drain_delay": "0s", "drain": "20s"], whole: true) { request in
            if request.httpMethod == "GET" {
                return [.send(Answer.streamHead() + Self.event(Self.note("hello"))), .wait(gate)]
            }
            return ScriptedUpstream.server { request in
                [
                    .send(Answer.streamHead() + Self.event(Self.note("begun"))), .wait(gate),
                    .send(Self.event(Answer.result(request.id, "ran")) + Self.end),
                ]
            }(request)
        }
        let session = try open(run)
        let stream = try session.stream()
        #expect(try stream.next() == Self.note("hello"))
        let call = try session.startCall("safe")
        #expect(try call.next() == Self.note("begun"))
        run.gateway.process.signal(SIGTERM)
        #expect(try stream.next() == nil)
        gate.open()
        #expect(try call.finish().toolText == "ran")
        #expect(run.gateway.process.wait(within: 30) == 0)
    }
}
