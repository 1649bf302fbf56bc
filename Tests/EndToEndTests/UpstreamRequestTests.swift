// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Semantics, section 6: a request to an HTTP server is made anew, of what was judged and of nothing else.
@Suite struct `Requests to an HTTP server` {
    private typealias Answer = ScriptedUpstream.Answer

    private func run() throws -> HTTPGateway {
        let headers: JSONTree = ["Authorization": ["env": "UPSTREAM_TOKEN", "prefix": "Bearer "], "X-Team": "blue"]
        return try HTTPGateway(
            http: ["headers": headers],
            environment: ["UPSTREAM_TOKEN": "upstream-secret"],
            path: "/deep/mcp"
        ) { request in
            [.send(Answer.json(Answer.result(request.id, "ran safe")))]
        }
    }

    /// What a client must not get through.
    private static let forbidden: [(String, String)] = [
        ("Cookie", "stolen=1"), ("Proxy-Authorization", "Basic stolen"), ("X-Gatehouse-Subject", "stolen"),
        ("X-Gatehouse-Roles", "stolen"), ("X-Request-Id", "stolen"), ("X-Forwarded-For", "192.0.2.66"),
        ("Forwarded", "for=192.0.2.66"), ("Via", "1.1 stolen"), ("User-Agent", "stolen/1"),
        ("Accept-Encoding", "gzip, br"), ("Accept-Language", "xx-stolen"), ("TE", "trailers"),
        ("Connection", "keep-alive, X-Hop"), ("X-Hop", "stolen"), ("X-Team", "stolen"), ("X-Api-Version", "stolen"),
        ("Range", "bytes=0-1"), ("If-None-Match", "stolen"), ("Last-Event-ID", "stolen"), ("Upgrade", "h2c"),
        ("Keep-Alive", "timeout=66"), ("Referer", "http://stolen/"),
    ]

    @Test func `the head has the fields that may pass and no others`() throws {
        let run = try run()
        let session = try run.open()
        session.extraFields =
            Self.forbidden + [
                ("traceparent", "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"), ("tracestate", "a=b"),
                ("Mcp-Custom", "passes"),
            ]
        // In chunks, with extensions and a trailer.
        let body = MCPSession.request("tools/call", ["name": "safe", "arguments": [:]], id: "own").bytes
        var request = session.post(body, [("Transfer-Encoding", "chunked"), ("Trailer", "X-Late")])
        request.target += "?access_token=stolen&x=y"
        let halves = [body.prefix(10), body.dropFirst(10)].flatMap { half -> [UInt8] in
            Array("\(String(half.count, radix: 16));stolen=1\r\n".utf8) + Array(half) + [0x0D, 0x0A]
        }
        let connection = try run.gateway.connect()
        try connection.send(request.head + halves + Array("0\r\nX-Late: stolen\r\n\r\n".utf8))
        let answer = try connection.readAnswer()
        #expect(answer.json["result"]["content"][0]["text"].text == "ran safe", "\(answer)")

        let got = try #require(run.upstream.requests("tools/call").last)
        #expect(got.lines[0] == "POST /deep/mcp HTTP/1.1", "\(got)")
        #expect(got.body == body)
        let wanted: [String: String?] = [
            "host": "127.0.0.1:\(run.upstream.port)", "content-length": String(body.count),
            "content-type": "application/json", "accept": "application/json, text/event-stream",
            "accept-encoding": "identity", "authorization": "Bearer upstream-secret", "x-team": "blue",
            "mcp-session-id": "upstream-1", "mcp-protocol-version": "2025-11-25", "mcp-custom": "passes",
            "x-request-id": answer.head.value("x-request-id"),
            // The gateway may put a span of its own there.
            "traceparent": got.value("traceparent"), "tracestate": "a=b",
        ]
        let names = got.lines.dropFirst().map { $0.prefix { $0 != ":" }.lowercased() }
        #expect(names.sorted() == wanted.keys.sorted(), "each once: \(got)")
        for (name, value) in wanted { #expect(got.value(name) == value, "\(name): \(got)") }
        #expect(got.value("traceparent")?.contains("0123456789abcdef0123456789abcdef") == true)
        for request in run.upstream.requests {
            let text = String(decoding: request.head + request.body, as: UTF8.self)
            #expect(!text.contains("stolen") && !text.contains("192.0.2.66"), "\(request)")
            #expect(!text.contains(run.full.key), "\(request)")
        }
    }

    @Test func `no key reaches a server, whichever way it came`() throws {
        let run = try run()
        for field in [("Authorization", "Bearer \(run.full.key)"), ("X-API-Key", run.full.key)] {
            let session = run.gateway.session("scripted", nil)
            session.extraFields = [field]
            try session.open()
            #expect(try session.call("safe").toolText == "ran safe")
            try session.delete()
        }
        #expect(run.upstream.requests.count == 8)
        for request in run.upstream.requests {
            #expect(!request.description.contains(run.full.key), "\(request)")
            #expect(request.value("authorization") == "Bearer upstream-secret", "\(request)")
            #expect(request.value("x-api-key") == nil, "\(request)")
        }
        #expect(!run.gateway.process.errors.contains("upstream-secret"))
    }

    @Test func `GET and DELETE are made anew as well`() throws {
        let run = try run()
        let session = try run.open()
        session.extraFields = Self.forbidden.filter { $0.0 != "Last-Event-ID" }
        // This server has no standing stream.
        let stream = try session.stream()
        let refused = try stream.readHead()
        #expect(refused.status == 405, "\(refused)")
        let ended = try session.delete()
        #expect((200..<300).contains(ended.status), "\(ended)")
        for method in ["GET", "DELETE"] {
            let got = try #require(run.upstream.requests.last { $0.httpMethod == method })
            #expect(got.lines[0] == "\(method) /deep/mcp HTTP/1.1")
            let names = Set(got.lines.dropFirst().map { $0.prefix { $0 != ":" }.lowercased() })
            let allowed: Set = [
                "host", "accept", "accept-encoding", "authorization", "x-team", "mcp-session-id",
                "mcp-protocol-version",
                "x-request-id", "traceparent",
            ]
            #expect(names.isSubset(of: allowed), "\(got)")
            #expect(got.value("mcp-session-id") == "upstream-1", "\(got)")
            #expect(!got.description.contains("stolen"), "\(got)")
        }
    }

    @Test func `a body goes byte for byte unless a line break stands between its tokens`() throws {
        let run = try run()
        let session = try run.open()
        let plain =
            #" {"jsonrpc" :"2.0", "id": 7,  "params":{"arguments":{"n":[1.50,-0,1E+2,"\u0041\/\n"], "é":"é"},"#
            + "\"name\":\"safe\"},\t\"method\":\"tools/call\"} "
        #expect(try session.exchange(Array(plain.utf8)).toolText == "ran safe")
        #expect(run.upstream.requests.last?.body == Array(plain.utf8))
        let minified = plain.trimmingCharacters(in: .whitespaces)
            .replacingOccurrences(of: " :", with: ":").replacingOccurrences(of: ": ", with: ":")
            .replacingOccurrences(of: ",  ", with: ",").replacingOccurrences(of: ", ", with: ",")
            .replacingOccurrences(of: "\t", with: "")
        for end in ["\n", "\r", "\r\n"] {
            let broken = plain.replacingOccurrences(of: ",  \"params\"", with: ",\(end)\"params\"")
            #expect(try session.exchange(Array(broken.utf8)).toolText == "ran safe")
            let body = try #require(run.upstream.requests.last?.body)
            #expect(String(decoding: body, as: UTF8.self) == minified, "\(end.debugDescription)")
            #expect(run.upstream.requests.last?.value("content-length") == String(body.count))
        }
    }

    @Test func `what is refused never reaches the server`() throws {
        let run = try run()
        let session = try run.open()
        let before = run.upstream.requests.count
        let limited = try run.gateway.open("scripted", run.limited)
        expectMasked(try limited.call("danger"), meant: 400, code: -32602, message: "Unknown tool: danger")
        let call = #"{"jsonrpc":"2.0","id":7,"method":"tools/list","method":"tools/call","params":{"name":"danger"}}"#
        #expect(try session.exchange(Array(call.utf8)).status == 400)
        #expect(try session.exchange(Array("\u{FEFF}{}".utf8)).status == 400)
        #expect(try run.gateway.session("scripted", nil).initialize().status == 401)
        #expect(run.upstream.calls.isEmpty)
        // Two requests opened the other session.
        #expect(run.upstream.requests.count == before + 2)
        #expect(try limited.call("safe").toolText == "ran safe")
    }

    @Test func `one client's unfinished request holds no connection`() throws {
        let run = try run()
        let session = try run.open()
        let half = try run.gateway.connect()
        let bytes = session.post(MCPSession.request("tools/call", ["name": "danger"], id: 1).bytes).bytes
        try half.send(Array(bytes.dropLast(5)))
        for _ in 0..<5 { #expect(try session.call("safe").toolText == "ran safe") }
        half.reset()
        #expect(try session.call("safe").toolText == "ran safe")
        #expect(run.upstream.connections <= 2)
        #expect(!run.upstream.calls.contains("danger"))
    }

    @Test func `a version that nobody speaks is 400, and none at all is the one that was agreed on`() throws {
        let run = try run()
        let session = try run.open()
        for version in ["1999-01-01", "2025-11-25 ", "x", "2025-11-25, 2025-06-18"] {
            let answer = try session.exchange(
                MCPSession.request("tools/call", ["name": "safe"], id: 1).bytes,
                [("MCP-Protocol-Version", version)]
            )
            if version.hasSuffix(" ") { continue }
            #expect(answer.status == 400, "\(version): \(answer)")
        }
        #expect(run.upstream.calls.count <= 1)
        let call = MCPSession.request("tools/call", ["name": "safe"], id: 1)
        var bare = session.post(call.bytes)
        bare.fields.removeAll { $0.name == "MCP-Protocol-Version" }
        #expect(try run.gateway.send(bare).status == 200)
        let told = run.upstream.requests("tools/call").last
        #expect(told?.value("mcp-protocol-version") ?? "2025-11-25" == "2025-11-25")
    }

    @Test func `what headers say of the message decides nothing`() throws {
        let run = try run()
        let limited = try run.gateway.open("scripted", run.limited)
        limited.extraFields = [("Mcp-Method", "tools/list"), ("Mcp-Name", "safe")]
        let denied = try limited.call("danger")
        #expect(denied.result.isNull && denied.code != nil, "\(denied)")
        #expect(run.upstream.calls.isEmpty)
        limited.extraFields = [("Mcp-Name", "danger")]
        let allowed = try limited.call("safe")
        // Of an old client the headers mean nothing; to refuse them is right as well.
        #expect(allowed.toolText == "ran safe" || allowed.status == 400, "\(allowed)")
    }
}
