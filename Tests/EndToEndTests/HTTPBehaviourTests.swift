// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite struct `HTTP behaviour` {
    private func addition(_ session: MCPSession, _ a: Int, id: Int) -> [UInt8] {
        let parameters: JSONTree = ["name": "add", "arguments": ["a": JSONTree(a), "b": 1]]
        return session.post(MCPSession.request("tools/call", parameters, id: JSONTree(id)).bytes).bytes
    }

    private func sum(_ answer: HTTPAnswer) -> String? { answer.json["result"]["content"][0]["text"].text }

    // MARK: Routes

    @Test func `an unknown path is 404 and another method 405 with what is allowed`() throws {
        let run = try CalculatorGateway()
        let key = ("X-API-Key", run.full.key)
        for path in [
            "/", "/calculator", "/calculator/mcp/", "/calculator/MCP", "/calculator/mcpx", "/healthz", "/metrics",
        ] {
            expectRefused(try run.gateway.send(RequestText("POST", path, [key], body: [])), 404, code: 404, path)
        }
        for method in ["PUT", "PATCH", "HEAD", "FROB"] {
            let answer = try run.gateway.send(RequestText(method, "/calculator/mcp", [key]))
            #expect(answer.status == 405 || (method == "FROB" && answer.status == 501), "\(method) \(answer)")
            guard answer.status == 405 else { continue }
            let allowed = Set(
                (answer.head.value("allow") ?? "").split(separator: ",").map { String($0.filter { $0 != " " }) }
            )
            #expect(allowed.isSuperset(of: ["GET", "POST", "DELETE"]), "\(answer)")
            #expect(!allowed.contains(method))
        }
    }

    @Test func `another host is misdirected`() throws {
        let run = try CalculatorGateway()
        let key = ("X-API-Key", run.full.key)
        for host in ["evil.test", "127.0.0.1.evil.test", "evil.test:\(run.gateway.port)", "10.0.0.1"] {
            let request = RequestText("POST", "/calculator/mcp", [key, ("Host", host)], body: [])
            expectRefused(try run.gateway.send(request), 421, code: 421, host)
        }
        let absolute = RequestText("POST", "http://evil.test/calculator/mcp", [key], body: [])
        expectRefused(try run.gateway.send(absolute), 421, code: 421, "absolute form")
        for host in ["127.0.0.1", "127.0.0.1:\(run.gateway.port)", "localhost", "LocalHost:\(run.gateway.port)"] {
            let session = run.gateway.session("calculator", run.full)
            session.extraFields = [("Host", host)]
            #expect(try session.initialize().status == 200, "\(host)")
        }
    }

    /// MCP-1: in every method, with or without a good key.
    @Test(arguments: ["POST", "GET", "DELETE", "OPTIONS"])
    func `a request of a browser is refused`(_ method: String) throws {
        let run = try CalculatorGateway()
        for origin in ["https://evil.test", "null", "http://127.0.0.1:\(run.gateway.port)", "http://localhost"] {
            let fields = [("X-API-Key", run.full.key), ("Origin", origin), ("Accept", "text/event-stream")]
            let answer = try run.gateway.send(
                RequestText(method, "/calculator/mcp", fields, body: method == "POST" ? [] : nil)
            )
            expectRefused(answer, 403, code: 403, "\(method) \(origin)")
            #expect(answer.head.value("access-control-allow-origin") == nil)
        }
    }

    // MARK: Bodies

    @Test func `only JSON that is not encoded is taken`() throws {
        let run = try CalculatorGateway()
        let session = try run.gateway.open("calculator", run.full)
        let body = MCPSession.request("ping", nil, id: 1).bytes
        for type in [
            "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp",
            "application/json; charset=utf-16", "application/json; charset=latin1", "text/json", "",
        ] {
            let answer = try session.exchange(body, [("Content-Type", type)])
            #expect(answer.status == 415, "\(type) \(answer)")
            #expect(answer.code == 415, "\(type) \(answer)")
        }
        for coding in ["gzip", "br", "deflate", "gzip, identity"] {
            #expect(try session.exchange(body, [("Content-Encoding", coding)]).status == 415, "\(coding)")
        }
        for type in [
            "application/json", "Application/JSON", "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
        ] {
            #expect(try session.exchange(body, [("Content-Type", type)]).status == 200, "\(type)")
        }
    }

    @Test func `a body over the limit is 413, whatever its framing`() throws {
        let run = try CalculatorGateway(limits: ["body": "1KiB"])
        let session = try run.gateway.open("calculator", run.full)
        let large = [UInt8](repeating: 0x20, count: 1100)
        let fixed = try run.gateway.send(session.post(large))
        expectRefused(fixed, 413, code: 413, "length")

        var chunked = session.post(large, [("Transfer-Encoding", "chunked")]).head
        for _ in 0..<11 { chunked += Array("64\r\n".utf8) + large[..<100] + Array("\r\n".utf8) }
        let connection = try run.gateway.connect()
        connection.offer(chunked)
        expectRefused(try connection.readAnswer(), 413, code: 413, "chunks")
        #expect(try connection.drain().isEmpty)

        var inside = MCPSession.request("ping", nil, id: 1).bytes
        inside += [UInt8](repeating: 0x20, count: 1024 - inside.count)
        #expect(try run.gateway.send(session.post(inside)).status == 200)
    }

    @Test func `a head over the limits is 431, a long request line 414`() throws {
        let run = try CalculatorGateway(limits: ["header_bytes": "2KiB", "headers": 20])
        let key = ("X-API-Key", run.full.key)
        let long = ("X-Long", String(repeating: "a", count: 2500))
        expectRefused(try run.gateway.send(RequestText("GET", "/calculator/mcp", [key, long])), 431)
        let many = (0..<25).map { ("X-\($0)", "v") }
        expectRefused(try run.gateway.send(RequestText("GET", "/calculator/mcp", [key] + many)), 431)
        let target = "/calculator/mcp?" + String(repeating: "a", count: 10000)
        let answer = try run.gateway.send(RequestText("GET", target, [key]))
        #expect(answer.status == 414 || answer.status == 431, "\(answer)")
        let few = (0..<10).map { ("X-\($0)", "v") }
        let session = run.gateway.session("calculator", run.full)
        session.extraFields = few
        #expect(try session.initialize().status == 200)
    }

    /// 0.CL: the bytes that come after an early answer are nobody's request.
    @Test func `an early answer never reads the late body as a request`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        let call = MCPSession.request("tools/call", ["name": "danger", "arguments": [:]], id: 1).bytes
        let inner = session.post(call).bytes
        let cases: [(Int, RequestText)] = [
            (401, RequestText("POST", "/scripted/mcp", [("Content-Type", "application/json")], body: inner)),
            (415, session.post(inner, [("Content-Encoding", "gzip")])),
            (404, RequestText("POST", "/nowhere", [("Content-Type", "application/json")], body: inner)),
            (421, session.post(inner, [("Host", "evil.test")])),
            (403, session.post(inner, [("Origin", "https://evil.test")])),
            (400, session.post(inner, [("X-API-Key", run.full.key)])),
        ]
        for (status, request) in cases {
            let connection = try run.gateway.connect()
            try connection.send(request.head)
            #expect(try connection.readAnswer().status == status, "\(status)")
            connection.offer(inner)
            connection.offer(inner)
            #expect(try connection.drain().isEmpty, "\(status)")
        }
        #expect(run.server.calls.isEmpty)
        #expect(
            try run.gateway.send(RequestText("POST", "/scripted/mcp", [("Content-Type", "x")], body: inner)).status
                == 401
        )
        #expect(try session.call("danger").toolText == "ran danger")
    }

    @Test func `the gateway says continue only to whom it knows`() throws {
        let run = try CalculatorGateway()
        let session = try run.gateway.open("calculator", run.full)
        let body = MCPSession.request("ping", nil, id: 1).bytes
        let expecting = session.post(body, [("Expect", "100-continue")])
        let known = try run.gateway.connect()
        try known.send(expecting.head)
        #expect(try known.readHead().status == 100)
        try known.send(body)
        #expect(try known.readAnswer().status == 200)
        try known.send(session.post(body).bytes)
        #expect(try known.readAnswer().status == 200)

        session.key = nil
        let unknown = try run.gateway.connect()
        try unknown.send(session.post(body, [("Expect", "100-continue")]).head)
        #expect(try unknown.readHead().status == 401)
        unknown.offer(body)
        _ = try unknown.drain()
    }

    // MARK: Connections

    @Test func `requests that come in one write are answered in order`() throws {
        let run = try CalculatorGateway()
        let session = try run.gateway.open("calculator", run.full)
        let connection = try run.gateway.connect()
        try connection.send((0..<12).flatMap { addition(session, $0, id: 100 + $0) })
        for number in 0..<12 {
            let answer = try connection.readAnswer()
            #expect(answer.json["id"].int == 100 + number)
            #expect(sum(answer) == String(number + 1), "\(answer)")
        }
    }

    @Test func `a request may come in any pieces`() throws {
        let run = try CalculatorGateway()
        let session = try run.gateway.open("calculator", run.full)
        let bytes = addition(session, 40, id: 9)
        let connection = try run.gateway.connect()
        try connection.sendByteByByte(bytes)
        #expect(sum(try connection.readAnswer()) == "41")
        for cut in stride(from: 1, to: bytes.count, by: 7) {
            try connection.send(Array(bytes[..<cut]))
            try connection.send(Array(bytes[cut...]))
            #expect(sum(try connection.readAnswer()) == "41", "cut at \(cut)")
        }
    }

    @Test func `a chunked body is one message`() throws {
        let run = try CalculatorGateway()
        let session = try run.gateway.open("calculator", run.full)
        let body = MCPSession.request("tools/call", ["name": "add", "arguments": ["a": 1, "b": 2]], id: 3).bytes
        var bytes = session.post(body, [("Transfer-Encoding", "chunked")]).head
        for byte in body { bytes += Array("1\r\n".utf8) + [byte] + Array("\r\n".utf8) }
        let connection = try run.gateway.connect()
        try connection.send(bytes + Array("0\r\n\r\n".utf8) + addition(session, 7, id: 4))
        #expect(sum(try connection.readAnswer()) == "3")
        #expect(sum(try connection.readAnswer()) == "8")
    }

    @Test func `a client that asks to close is closed`() throws {
        let run = try CalculatorGateway()
        let session = try run.gateway.open("calculator", run.full)
        let body = MCPSession.request("ping", nil, id: 1).bytes
        let connection = try run.gateway.connect()
        try connection.send(session.post(body, [("Connection", "close")]).bytes + addition(session, 1, id: 2))
        let answer = try connection.readAnswer()
        #expect(answer.status == 200)
        #expect(answer.head.closes)
        #expect(try connection.drain().isEmpty)
    }

    @Test func `a client that sends no more still gets its answer`() throws {
        let run = try CalculatorGateway()
        let session = try run.gateway.open("calculator", run.full)
        let connection = try run.gateway.connect()
        try connection.send(addition(session, 5, id: 1))
        connection.shutdownWrite()
        #expect(sum(try connection.readAnswer()) == "6")
        #expect(try connection.drain().isEmpty)
    }

    @Test func `a head or body that does not come in time is cut`() throws {
        let run = try CalculatorGateway(limits: [
            "header_timeout": "1s", "body_timeout": "1s", "keep_alive": "1s",
        ])
        let session = try run.gateway.open("calculator", run.full)
        let whole = addition(session, 1, id: 1)
        let slowHead = try run.gateway.connect()
        try slowHead.send(Array(whole[..<40]))
        expectCut(try slowHead.drain())
        let slowBody = try run.gateway.connect()
        try slowBody.send(Array(whole.dropLast(5)))
        expectCut(try slowBody.drain())
        let silent = try run.gateway.connect()
        #expect(try silent.drain().isEmpty)
        let kept = try run.gateway.connect()
        try kept.send(whole)
        #expect(sum(try kept.readAnswer()) == "2")
        #expect(try kept.drain().isEmpty)
        #expect(run.gateway.process.running)
    }

    private func expectCut(_ bytes: [UInt8], _ place: SourceLocation = #_sourceLocation) {
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 408 "), "\(text)", sourceLocation: place)
    }

    @Test func `connections over the limit do not harm those that are there`() throws {
        let run = try CalculatorGateway(limits: ["connections": 8])
        let session = try run.gateway.open("calculator", run.full)
        let held = try run.gateway.connect()
        try held.send(addition(session, 1, id: 1))
        #expect(sum(try held.readAnswer()) == "2")
        var others: [RawConnection] = []
        for _ in 0..<30 { if let one = try? run.gateway.connect(timeout: 2) { others.append(one) } }
        try held.send(addition(session, 2, id: 2))
        #expect(sum(try held.readAnswer()) == "3")
        for one in others { one.close() }
        #expect(
            try eventually {
                guard let fresh = try? run.gateway.connect(timeout: 2), fresh.offer(addition(session, 3, id: 3)) else {
                    return false
                }
                return (try? fresh.readAnswer()).flatMap(sum) == "4"
            }
        )
    }

    @Test(arguments: ["GET", "DELETE"])
    func `content where none belongs is refused, and the session is not touched`(_ method: String) throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        let fields = [
            ("Authorization", "Bearer \(run.full.key)"), ("Mcp-Session-Id", session.sessionID ?? ""),
            ("Accept", "text/event-stream"), ("Content-Length", "5"),
        ]
        let answer = try run.gateway.send(RequestText(method, session.path, fields))
        expectRefused(answer, 400)
        #expect(answer.head.closes)
        #expect(try session.call("safe").toolText == "ran safe")
        #expect(try session.stream().readHead().status == 200)
    }

    @Test func `HTTP 1_0 is never answered in chunks`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        let call = MCPSession.request("tools/call", ["name": "progress", "_meta": ["progressToken": 1]], id: 1).bytes
        let head =
            "POST \(session.path) HTTP/1.0\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(run.full.key)\r\n"
            + "Mcp-Session-Id: \(session.sessionID ?? "")\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(call.count)\r\n\r\n"
        let connection = try run.gateway.connect()
        try connection.send(Array(head.utf8) + call)
        let answer = try connection.readAnswer()
        #expect(answer.status == 200)
        #expect(answer.head.value("transfer-encoding") == nil, "\(answer)")
        #expect(answer.json["result"]["content"][0]["text"].text == "ran progress", "\(answer)")
    }

    @Test func `an error after HEAD has its body`() throws {
        let run = try CalculatorGateway()
        let connection = try run.gateway.connect()
        try connection.send(RequestText("HEAD", "/none").bytes)
        #expect(try connection.readAnswer(headOnly: true).status == 404)
        try connection.send("no request at all\r\n\r\n")
        let answer = try connection.readAnswer()
        expectRefused(answer, 400, code: 400)
    }
}
