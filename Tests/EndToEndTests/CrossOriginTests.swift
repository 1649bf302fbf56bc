// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Semantics, section 6: pages on other origins.
@Suite struct `Pages on other origins` {
    private static let app = "https://app.example.com"
    private static let exposed = [
        "WWW-Authenticate", "Mcp-Session-Id", "X-Request-Id", "Retry-After", "RateLimit", "RateLimit-Policy",
    ]

    private static func gateway() throws -> ScriptedGateway {
        try ScriptedGateway(changes: ["allowed_origins": [.string(app), "http://localhost:6274"]])
    }

    private static func list(_ text: String?) -> [String] {
        (text ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    /// The page may read the answer.
    private func expectShared(
        _ head: HTTPHead,
        with origin: String = app,
        _ comment: String = "",
        _ place: SourceLocation = #_sourceLocation
    ) {
        #expect(head.values("access-control-allow-origin") == [origin], "\(comment) \(head)", sourceLocation: place)
        #expect(head.values("vary") == ["Origin"], "\(comment) \(head)", sourceLocation: place)
        let names = Self.list(head.value("access-control-expose-headers"))
        #expect(names == Self.exposed, "\(comment) \(head)", sourceLocation: place)
        #expect(head.value("access-control-allow-credentials") == nil, "\(comment) \(head)", sourceLocation: place)
    }

    private func expectNotShared(_ head: HTTPHead, _ comment: String = "", _ place: SourceLocation = #_sourceLocation) {
        for name in ["origin", "credentials", "methods", "headers"] {
            #expect(head.value("access-control-allow-\(name)") == nil, "\(comment) \(head)", sourceLocation: place)
        }
        #expect(head.value("access-control-expose-headers") == nil, "\(comment) \(head)", sourceLocation: place)
    }

    @Test func `a page of an allowed origin works with its server, and may read every answer`() throws {
        let run = try Self.gateway()
        let session = run.gateway.session("scripted", run.full)
        session.extraFields = [("Origin", Self.app)]
        let answer = try session.initialize()
        #expect(answer.status == 200)
        expectShared(answer.head)
        expectShared(try session.notify("notifications/initialized").head, "202")
        let called = try session.call("echo", ["x": 1])
        #expect(called.toolText == "{\"x\": 1}")
        expectShared(called.head, "a call")
        let stream = try session.stream()
        expectShared(try stream.readHead(), "a stream")
        expectShared(try session.exchange(Array("{".utf8)).head, "400")
        session.extraFields = [("Origin", "http://localhost:6274")]
        expectShared(try session.call("nonsuch").head, with: "http://localhost:6274", "a denial")
        session.extraFields = []
        let own = try session.call("echo", ["x": 1])
        expectNotShared(own.head, "without an origin")
        #expect(own.head.values("vary") == ["Origin"])
        #expect(own.toolText == "{\"x\": 1}")
    }

    @Test func `refusals may be read too`() throws {
        let run = try Self.gateway()
        let key = ("Authorization", "Bearer \(run.full.key)")
        let origin = ("Origin", Self.app)
        let json = ("Content-Type", "application/json")
        let cases: [(Int, RequestText)] = [
            (401, RequestText("POST", "/scripted/mcp", [origin, json], body: Array("{}".utf8))),
            (401, RequestText("GET", "/scripted/mcp", [origin, ("X-API-Key", "wrong")])),
            (404, RequestText("GET", "/nowhere", [origin])),
            (404, RequestText("GET", "/.well-known/oauth-protected-resource/scripted/mcp", [origin])),
            (405, RequestText("PUT", "/scripted/mcp", [origin, key])),
            (406, RequestText("GET", "/scripted/mcp", [origin, key, ("Accept", "text/html")])),
            (415, RequestText("POST", "/scripted/mcp", [origin, key], body: Array("{}".utf8))),
            (400, RequestText("POST", "/scripted/mcp", [origin, key, json], body: Array("{}".utf8))),
            (400, RequestText("DELETE", "/scripted/mcp", [origin, key])),
            (421, RequestText("GET", "/scripted/mcp", [origin, key, ("Host", "elsewhere.example.com")])),
        ]
        for (status, request) in cases {
            let answer = try run.gateway.send(request)
            #expect(answer.status == status, "\(answer)")
            expectShared(answer.head, "\(status)")
        }
        let session = try run.open()
        let ended = try run.gateway.send(
            RequestText("DELETE", "/scripted/mcp", [origin, key, ("Mcp-Session-Id", session.sessionID ?? "none")])
        )
        #expect(ended.status == 204)
        expectShared(ended.head, "204")
    }

    @Test(arguments: [
        "https://evil.example.com", "null", "", "https://app.example.com.evil.com", "https://app.example.com:444",
        "http://app.example.com", "https://APP.example.com", "https://app.example.com/", "https://app.example.co",
    ])
    func `a page of any other origin is refused`(_ origin: String) throws {
        let run = try Self.gateway()
        let session = try run.open()
        session.extraFields = [("Origin", origin)]
        let answer = try session.call("echo", ["x": 1])
        #expect(answer.status == 403, "\(answer)")
        expectNotShared(answer.head)
        #expect(answer.head.values("vary") == ["Origin"])
        #expect(run.server.calls.isEmpty)
        session.extraFields = [("Origin", Self.app)]
        #expect(try session.call("echo", ["x": 1]).toolText == "{\"x\": 1}")
    }

    @Test func `two origins are none`() throws {
        let run = try Self.gateway()
        let fields = [("Origin", Self.app), ("Origin", Self.app), ("Authorization", "Bearer \(run.full.key)")]
        #expect(try run.gateway.send(RequestText("GET", "/scripted/mcp", fields)).status == 400)
    }

    @Test func `without allowed_origins nothing is said of origins`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        #expect(try session.call("echo").head.value("vary") == nil)
        session.extraFields = [("Origin", Self.app)]
        let answer = try session.call("echo")
        #expect(answer.status == 403)
        expectNotShared(answer.head)
        #expect(answer.head.value("vary") == nil)
        let preflight = try run.gateway.send(Self.preflight())
        #expect(preflight.status == 403, "\(preflight)")
        expectNotShared(preflight.head)
    }

    private static func preflight(
        _ origin: String? = app,
        path: String = "/scripted/mcp",
        method: String? = "POST",
        headers: String? = "authorization,content-type",
        _ more: [(String, String)] = []
    ) -> RequestText {
        var fields = more
        if let origin { fields.append(("Origin", origin)) }
        if let method { fields.append(("Access-Control-Request-Method", method)) }
        if let headers { fields.append(("Access-Control-Request-Headers", headers)) }
        return RequestText("OPTIONS", path, fields)
    }

    @Test func `a preflight is answered without a key, and goes no further`() throws {
        let run = try Self.gateway()
        let connection = try run.gateway.connect()
        for _ in 0..<2 {
            try connection.send(Self.preflight().bytes)
            let answer = try connection.readAnswer()
            #expect(answer.status == 204, "\(answer)")
            #expect(answer.body.isEmpty)
            #expect(answer.head.values("access-control-allow-origin") == [Self.app])
            #expect(Self.list(answer.head.value("access-control-allow-methods")) == ["POST", "GET", "DELETE"])
            let names = Self.list(answer.head.value("access-control-allow-headers")).map { $0.lowercased() }
            let wanted = [
                "authorization", "dpop", "x-api-key", "content-type", "accept", "last-event-id", "traceparent",
                "tracestate", "mcp-session-id", "mcp-protocol-version", "mcp-method", "mcp-name",
            ]
            #expect(names == wanted)
            #expect(answer.head.value("access-control-max-age") == "600")
            #expect(answer.head.value("access-control-allow-credentials") == nil)
            let vary = ["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"]
            #expect(Self.list(answer.head.value("vary")) == vary)
            #expect(answer.head.value("x-request-id") != nil)
        }
        #expect(run.server.starts == 0)
    }

    @Test func `further Mcp names are allowed, no other ones`() throws {
        let run = try Self.gateway()
        let asked = "mcp-param-x, X-Evil,Cookie, MCP-Y,mcp-bad name,mcp-,  ,\(String(repeating: "mcp-z", count: 40))"
        let answer = try run.gateway.send(Self.preflight(headers: asked))
        let names = Self.list(answer.head.value("access-control-allow-headers"))
        #expect(names.suffix(3) == ["Mcp-Name", "mcp-param-x", "MCP-Y"])
        for name in ["X-Evil", "Cookie", "*"] { #expect(!names.contains(name)) }
        let many = (0..<100).map { "mcp-\($0)" }.joined(separator: ",")
        let bounded = try run.gateway.send(Self.preflight(headers: many))
        #expect(Self.list(bounded.head.value("access-control-allow-headers")).count == 12 + 32)
    }

    @Test func `what is no preflight from an allowed origin is judged as ever`() throws {
        let run = try Self.gateway()
        let cases: [(Int, String, RequestText)] = [
            (403, "another origin", Self.preflight("https://evil.example.com")), (403, "null", Self.preflight("null")),
            (401, "no method asked for", Self.preflight(method: nil)), (401, "no origin", Self.preflight(nil)),
            (404, "no endpoint", Self.preflight(path: "/nowhere")),
            (421, "another host", Self.preflight(headers: nil, [("Host", "elsewhere.example.com")])),
            (
                405, "OPTIONS with a key",
                Self.preflight(method: nil, [("Authorization", "Bearer \(run.full.key)")])
            ),
        ]
        for (status, comment, request) in cases {
            let answer = try run.gateway.send(request)
            #expect(answer.status == status, "\(comment): \(answer)")
            #expect(answer.head.value("access-control-allow-methods") == nil, "\(comment): \(answer)")
        }
        #expect(try run.gateway.send(Self.preflight()).status == 204)
        #expect(run.server.starts == 0)
    }
}
