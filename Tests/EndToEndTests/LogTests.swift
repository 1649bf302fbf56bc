// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Contract, section 5: the access line has the names of the audit record.
@Suite struct `The log` {
    private func line(_ run: ScriptedGateway, _ answer: MCPAnswer, _ place: SourceLocation = #_sourceLocation) throws
        -> JSONTree
    {
        let id = try #require(answer.requestID, sourceLocation: place)
        return try #require(run.gateway.accessLine(id), "no access line for \(answer)", sourceLocation: place)
    }

    @Test func `a call has its line with the names of the contract`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        let found = try line(run, try session.call("safe", ["x": 1]))
        for name in [
            "time", "request_id", "address", "server", "session", "era", "principal", "method", "target", "decision",
            "status", "termination", "outcome", "request_bytes", "response_bytes", "upstream_ms", "total_ms",
        ] { #expect(found.has(name), "\(name) in \(found)") }
        #expect(found["server"].text == "scripted")
        #expect(found["method"].text == "tools/call")
        #expect(found["target"].text == "safe")
        #expect(found["principal"]["kind"].text == "api_key", "\(found)")
        #expect(found["principal"]["id"].text == "full")
        #expect(found["decision"]["effect"].text == "allow")
        #expect(found["decision"]["rule"].text == "full-rule")
        #expect(found["status"].int == 200)
        #expect(found["outcome"].text == "ok")
        #expect(found["termination"].text?.utf8.count == 4)
        #expect(found["address"].text?.hasPrefix("127.0.0.1") == true)
        #expect(found["time"].text?.hasSuffix("Z") == true)
    }

    @Test func `a denied call shows the status that was meant and the one that was sent`() throws {
        let run = try ScriptedGateway(access: [
            ["id": "no-danger", "to": "anyone", "deny": ["tools": ["danger"]]]
        ])
        let session = try run.open()
        let found = try line(run, try session.call("danger"))
        #expect(found["status"].int == 400)
        #expect(found["sent_status"].int == 200)
        #expect(found["decision"]["effect"].text == "deny")
        #expect(found["decision"]["rule"].text == "no-danger")
        #expect(found["target"].text == "danger")
        #expect(found["error_code"].int == -32602)
        let code = found["termination"].text ?? ""
        #expect(code.hasPrefix("GP"), "\(code)")
        #expect(code.hasSuffix("DN"), "\(code)")
    }

    @Test func `a rule in report mode is recorded and changes nothing`() throws {
        let run = try ScriptedGateway(access: [
            ["id": "trial", "mode": "report", "to": "authenticated", "deny": ["tools": ["danger"]]]
        ])
        let session = try run.open()
        let answer = try session.call("danger")
        #expect(answer.toolText == "ran danger")
        let found = try line(run, answer)["decision"]
        #expect(found["effect"].text == "allow")
        #expect(found["reported"].elements.map { $0["rule"].text } == ["trial"])
        let other = try line(run, try session.call("safe"))["decision"]
        #expect(!other.has("reported"))
    }

    @Test func `every kind of refusal has a line`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        let body = MCPSession.request("ping", nil, id: 1).bytes
        let requests: [(Int, RequestText)] = [
            (401, RequestText("POST", session.path, [("Content-Type", "application/json")], body: body)),
            (404, RequestText("POST", "/nowhere", [], body: body)),
            (405, RequestText("PUT", session.path, [("X-API-Key", run.full.key)], body: body)),
            (415, session.post(body, [("Content-Type", "text/plain")])),
            (421, session.post(body, [("Host", "evil.test")])),
            (403, session.post(body, [("Origin", "https://evil.test")])),
            (400, session.post(Array("{".utf8))),
        ]
        for (status, request) in requests {
            let answer = try run.gateway.send(request)
            #expect(answer.status == status, "\(answer)")
            let id = try #require(answer.head.value("x-request-id"))
            let found = try #require(run.gateway.accessLine(id), "\(status)")
            #expect(found["status"].int == status, "\(found)")
        }
    }

    @Test func `no secret and no argument is ever in it`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        session.extraFields = [("Cookie", "canary-cookie"), ("X-Other", "canary-header")]
        _ = try session.call("echo", ["password": "canary-argument"])
        _ = try session.call("nonsuch", ["password": "canary-argument"])
        _ = try session.exchange(Array("{\"jsonrpc\":\"2.0\",\"id\":1,\"canary-body\":tru}".utf8))
        session.extraFields = [("Authorization", "Basic canary-basic")]
        _ = try session.call("safe")
        session.extraFields = [("Authorization", "Bearer canary-bearer")]
        _ = try session.call("safe")
        session.extraFields = [("Authorization", ""), ("X-API-Key", "canary-key")]
        _ = try session.call("safe")
        session.extraFields = []
        let query = RequestText("GET", session.path + "?token=canary-query", [("Accept", "text/event-stream")])
        _ = try run.gateway.send(query)
        _ = try run.gateway.send(RequestText("GET", "/canary%0apath"))
        try session.delete()
        run.gateway.stop()
        let text = run.gateway.process.errors
        for secret in [
            run.full.key, String(run.full.key.suffix(40)), "canary-cookie", "canary-header", "canary-argument",
            "canary-body", "canary-basic", "canary-bearer", "canary-key", "canary-query", "canary\npath",
        ] { #expect(!text.contains(secret), "\(secret) is in the log") }
        #expect(text.contains("\"full\""))
    }

    @Test func `every line of the log is one JSON object`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        _ = try session.call("crash")
        let hostile = "new\nline\u{1b}[0m\u{2028}\"quote\\"
        let other = try run.open()
        _ = try other.call(hostile)
        run.gateway.stop()
        let lines = run.gateway.process.errors.split(separator: "\n").filter { !$0.hasPrefix("listening ") }
        #expect(lines.count > 4)
        for line in lines { #expect((try? JSONTree(reading: String(line)))?.has("time") == true, "\(line)") }
    }

    @Test func `a client that leaves is said to have left`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        let pending = try session.startCall("wait", ["file": .string(run.gate())])
        #expect(eventually { run.server.calls == ["wait"] })
        pending.vanish(reset: true)
        try run.openGate()
        #expect(
            eventually {
                run.gateway.accessLines.contains { line in
                    line["target"].text == "wait" && line["termination"].text?.hasPrefix("C") == true
                        && line["termination"].text?.hasSuffix("Y") == true
                }
            },
            "\(run.gateway.accessLines)"
        )
    }

    @Test func `whether the server had the call is what happened`() throws {
        let run = try ScriptedGateway(limits: ["sessions_per_principal": 1])
        let session = try run.open()
        let served = try line(run, try session.call("safe"))
        #expect(served["termination"].text == "---Y")
        let full = try line(run, try run.gateway.session("scripted", run.full).initialize())
        #expect(full["status"].int == 503)
        #expect(full["termination"].text?.hasSuffix("N") == true, "\(full)")
        let waiting = try session.startCall("wait", ["file": .string(run.gate())], id: 5)
        #expect(eventually { run.server.calls.contains("wait") })
        let taken = try line(run, try session.call("safe", id: 5))
        #expect(taken["termination"].text?.hasSuffix("N") == true, "\(taken)")
        try run.openGate()
        _ = try waiting.finish()
    }
}
