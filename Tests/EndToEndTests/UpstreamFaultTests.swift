// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import TestSupport
import Testing

/// HTTP servers that are slow or not there.
@Suite struct `Faults of an HTTP server` {
    private typealias Answer = ScriptedUpstream.Answer

    @Test func `a server that says nothing is 504`() throws {
        let gate = ScriptedUpstream.Gate()
        defer { gate.open() }
        let run = try HTTPGateway(entry: ["timeouts": ["response": "1s"]]) { request in
            if request.arguments["wait"].bool == true { return [.wait(gate)] }
            return [.send(Answer.json(Answer.result(request.id, "ran")))]
        }
        let session = try run.open()
        expectMasked(try session.call("slow", ["wait": true]), meant: 504, code: 504)
        let silent = try #require(run.upstream.requests("tools/call").last)
        // The server is told that nobody waits any more, and its connection is not used again.
        #expect(eventually { run.upstream.requests("notifications/cancelled").count == 1 })
        let told = run.upstream.requests("notifications/cancelled").first
        #expect(told?.json["params"]["requestId"] == silent.id)
        #expect(try session.call("quick").toolText == "ran")
        #expect(run.upstream.requests("tools/call").last?.connection != silent.connection)
        let strict = try run.open("strict").call("slow", ["wait": true])
        #expect(strict.status == 504 && strict.code == 504, "\(strict)")
        #expect(run.upstream.calls == ["slow", "quick", "slow"])
    }

    @Test func `half an answer, and then nothing, is 504`() throws {
        let gate = ScriptedUpstream.Gate()
        defer { gate.open() }
        let run = try HTTPGateway(entry: ["timeouts": ["response": "1s"]]) { request in
            let whole = Answer.json(Answer.result(request.id, "never to be seen"))
            guard request.arguments["stop"].int != nil else {
                return [.send(Answer.json(Answer.result(request.id, "ran")))]
            }
            return [.send(Array(whole.prefix(request.arguments["stop"].int ?? 0))), .wait(gate)]
        }
        let session = try run.open()
        for stop in [1, 60, 140] {
            let answer = try session.call("slow", ["stop": JSONTree(stop)])
            expectMasked(answer, meant: 504, code: 504)
            #expect(!answer.description.contains("never to be seen"))
        }
        #expect(try session.call("quick").toolText == "ran")
    }

    @Test func `progress restarts the clock, silence behind it is an error in the stream`() throws {
        let gate = ScriptedUpstream.Gate()
        defer { gate.open() }
        let run = try HTTPGateway(entry: ["timeouts": ["response": "1s"]]) { request in
            let parameters: JSONTree = [
                "progressToken": request.json["params"]["_meta"]["progressToken"], "progress": 1,
            ]
            let progress = MCPSession.notification("notifications/progress", parameters)
            return [.send(Answer.streamHead() + Answer.chunk(Array("data: \(progress.json)\n\n".utf8))), .wait(gate)]
        }
        let session = try run.open()
        let pending = try session.startCall("slow", meta: ["progressToken": "p"])
        #expect(try pending.next()?["method"].text == "notifications/progress")
        var last: JSONTree = .null
        do {
            while let message = try pending.next() { last = message }
            #expect(last["error"]["code"].int == 504, "\(last)")
        } catch let error as WireError where error.isEnd {
            // A cut stream does not look complete either.
        }
        #expect(eventually { !run.upstream.requests("notifications/cancelled").isEmpty })
    }

    @Test func `a server that is not there is 502`() throws {
        // Bound, so that nobody else gets the port, and not listening.
        let (descriptor, port) = try ScriptedUpstream.listen(backlog: nil)
        defer { close(descriptor) }
        var setup = GatewaySetup()
        let url: JSONTree = ["url": .string("http://127.0.0.1:\(port)/mcp")]
        setup.addServer("gone", http: url)
        setup.addServer("strict", http: url, ["error_status": "http"])
        let key = try setup.addKey("full", allow: ["tools": ["*"]])
        let gateway = try GatewayProcess(setup)
        for _ in 0..<3 { expectMasked(try gateway.session("gone", key).initialize(), meant: 502, code: 502) }
        let strict = try gateway.session("strict", key).initialize()
        #expect(strict.status == 502 && strict.code == 502, "\(strict)")
        #expect(strict.head.value("mcp-session-id") == nil)
        #expect(try gateway.admin("/readyz").status == 200)
    }

    @Test func `a server that takes no connection is 502 in time`() throws {
        let (descriptor, port) = try ScriptedUpstream.listen(backlog: 0)
        defer { close(descriptor) }
        // What the system takes in without anyone who accepts; the next one gets no answer.
        let fillers = try (0..<2).map { _ in try Self.beginConnection(port) }
        defer { for filler in fillers { close(filler) } }
        var setup = GatewaySetup()
        let entry: JSONTree = ["timeouts": ["connect": "1s", "response": "60s"]]
        setup.addServer("deaf", http: ["url": .string("http://127.0.0.1:\(port)/mcp")], entry)
        let key = try setup.addKey("full", allow: ["tools": ["*"]])
        let gateway = try GatewayProcess(setup)
        expectMasked(try gateway.session("deaf", key).initialize(), meant: 502, code: 502)
    }

    private static func beginConnection(_ port: UInt16) throws -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_INET, kind, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 || errno == EINPROGRESS else { throw WireError.system(errno) }
        return descriptor
    }

    @Test func `a server that comes back is used again`() throws {
        let (descriptor, port) = try ScriptedUpstream.listen(backlog: nil)
        var setup = GatewaySetup()
        setup.addServer("late", http: ["url": .string("http://127.0.0.1:\(port)/mcp")])
        let key = try setup.addKey("full", allow: ["tools": ["*"]])
        let gateway = try GatewayProcess(setup)
        expectMasked(try gateway.session("late", key).initialize(), meant: 502, code: 502)
        let script = ScriptedUpstream.server { [.send(Answer.json(Answer.result($0.id, "ran")))] }
        let upstream = try ScriptedUpstream(on: descriptor, script)
        let session = try gateway.open("late", key)
        #expect(try session.call("safe").toolText == "ran")
        #expect(upstream.calls == ["safe"])
    }

    @Test func `a bad answer to initialize opens no session`() throws {
        let messages: [(String, [UInt8])] = [
            ("two sessions", Array("Mcp-Session-Id: a\r\nMcp-Session-Id: b\r\n".utf8)),
            ("a session with a space", Array("Mcp-Session-Id: a b\r\n".utf8)),
            ("a session that is not ASCII", Array("Mcp-Session-Id: \u{e9}\r\n".utf8)),
            ("a session that is too long", Array("Mcp-Session-Id: \(String(repeating: "a", count: 9000))\r\n".utf8)),
        ]
        for (why, line) in messages {
            let upstream = try ScriptedUpstream { request in
                let body = Answer.initialize(request).bytes
                let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.count)\r\n"
                return [.send(Array(head.utf8) + line + [0x0D, 0x0A] + body)]
            }
            var setup = GatewaySetup()
            setup.addServer("scripted", http: upstream.http())
            let key = try setup.addKey("full", allow: ["tools": ["*"]])
            let gateway = try GatewayProcess(setup)
            let answer = try gateway.session("scripted", key).initialize()
            expectMasked(answer, meant: 502, code: 502)
            #expect(answer.head.value("mcp-session-id") == nil, "\(why): \(answer)")
        }
    }

    @Test func `a dead session id on a refusal is not taken`() throws {
        // MCP-84: servers of the field attach such ids to a 400.
        let upstream = try ScriptedUpstream { request in
            let error: JSONTree = ["jsonrpc": "2.0", "id": "server-error", "error": ["code": -32600, "message": "no"]]
            let fields = [("Content-Type", "application/json"), ("Mcp-Session-Id", "dead")]
            return [.send(Answer.plain(400, fields, error.bytes))]
        }
        var setup = GatewaySetup()
        setup.addServer("scripted", http: upstream.http())
        let key = try setup.addKey("full", allow: ["tools": ["*"]])
        let gateway = try GatewayProcess(setup)
        let answer = try gateway.session("scripted", key).initialize()
        #expect(answer.head.value("mcp-session-id") == nil, "\(answer)")
        #expect(answer.code == -32600 && answer.response["id"] == 1, "\(answer)")
    }

    @Test func `a notification whose answer is broken is 502`() throws {
        let run = try HTTPGateway { request in [.send(Answer.json(Answer.result(request.id, "ran")))] }
        let upstream = try ScriptedUpstream { request in
            if request.rpcMethod == "notifications/initialized" { return [.send(Array("garbage\r\n\r\n".utf8))] }
            return ScriptedUpstream.server { [.send(Answer.json(Answer.result($0.id, "ran")))] }(request)
        }
        var setup = GatewaySetup()
        setup.addServer("scripted", http: upstream.http())
        let key = try setup.addKey("full", allow: ["tools": ["*"]])
        let gateway = try GatewayProcess(setup)
        let session = gateway.session("scripted", key)
        #expect(try session.initialize().result.has("protocolVersion"))
        let refused = try session.notify("notifications/initialized")
        #expect(refused.status == 502, "\(refused)")
        #expect(try session.call("safe").toolText == "ran")
        // The control: where the server says 202, so does the gateway.
        #expect(try run.open().notify("notifications/initialized").status == 202)
    }

    @Test func `a server that is busy says so, and when to come again`() throws {
        let run = try HTTPGateway { _ in [.send(Answer.plain(503, [("Retry-After", "7")]))] }
        let answer = try run.open().call("safe")
        expectMasked(answer, meant: 503, code: 503)
        #expect(answer.head.value("retry-after") == "7", "\(answer)")
        let strict = try run.open("strict").call("safe")
        #expect(strict.status == 503 && strict.head.value("retry-after") == "7", "\(strict)")
    }

    @Test func `a name that leads nowhere is 502, and does not hold up the start`() throws {
        var setup = GatewaySetup()
        setup.addServer("nowhere", http: ["url": "http://nowhere.invalid/mcp"])
        let upstream = try ScriptedUpstream(
            ScriptedUpstream.server { [.send(Answer.json(Answer.result($0.id, "ran")))] }
        )
        // Listens on one of the addresses that this name has.
        setup.addServer("named", http: ["url": .string("http://localhost:\(upstream.port)/mcp")])
        let key = try setup.addKey("full", allow: ["tools": ["*"]])
        let gateway = try GatewayProcess(setup)
        #expect(try gateway.admin("/readyz").status == 200)
        expectMasked(try gateway.session("nowhere", key).initialize(), meant: 502, code: 502)
        #expect(try gateway.open("named", key).call("safe").toolText == "ran")
        #expect(upstream.requests.last?.value("host") == "localhost:\(upstream.port)")
    }

    @Test func `the access line says who ended it, when and how, and what the server had`() throws {
        let gate = ScriptedUpstream.Gate()
        defer { gate.open() }
        let run = try HTTPGateway(entry: ["timeouts": ["response": "1s"]]) { request in
            switch request.arguments["how"].text {
            case "silent": [.wait(gate)]
            case "garbage": [.send(Array("garbage\r\n\r\n".utf8))]
            case "close": [.close]
            default: [.send(Answer.json(Answer.result(request.id, "ran")))]
            }
        }
        let session = try run.open()
        for (how, status, wanted) in [
            ("silent", 504, "U.TY"), ("garbage", 502, "U.EY"), ("close", 502, "U..Y"), ("well", 200, "--.Y"),
        ] {
            let answer = try session.call("safe", ["how": .string(how)])
            let line = try #require(run.gateway.accessLine(answer.requestID ?? ""), "\(how): \(answer)")
            #expect(line["status"].int == status, "\(how): \(line)")
            #expect(line["sent_status"].int == 200, "\(how): \(line)")
            let found = line["termination"].text ?? ""
            let fits = found.utf8.count == 4 && zip(found, wanted).allSatisfy { $1 == "." || $0 == $1 }
            #expect(fits, "\(how): \(line)")
            #expect(line["server"].text == "scripted" && line["target"].text == "safe", "\(how): \(line)")
        }
    }
}
