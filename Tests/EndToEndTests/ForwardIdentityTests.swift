// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Semantics, section 6: `forward_identity`, and what of a caller an upstream never sees.
@Suite struct `Who calls, for an upstream` {
    private typealias Answer = ScriptedUpstream.Answer

    private static let open: JSONTree = [
        "id": "open", "servers": ["scripted"], "to": "anyone", "allow": ["tools": ["echo"]],
    ]

    private static func gateway(
        _ entry: JSONTree,
        http: JSONTree = [:],
        key: JSONTree = [:]
    ) throws -> (upstream: ScriptedUpstream, gateway: GatewayProcess, key: TestKey) {
        let upstream = try ScriptedUpstream(
            ScriptedUpstream.server { [.send(Answer.json(Answer.result($0.id, "done")))] }
        )
        var setup = GatewaySetup()
        setup.addServer("scripted", http: upstream.http(http), entry)
        let key = try setup.addKey("caller", allow: ["tools": ["*"]], entry: key)
        setup.access.append(open)
        return (upstream, try GatewayProcess(setup), key)
    }

    /// Every line of every request that names an identity.
    private static func told(_ upstream: ScriptedUpstream) -> Set<String> {
        Set(upstream.requests.flatMap(\.lines).filter { $0.lowercased().hasPrefix("x-gatehouse") })
    }

    @Test func `subject and roles go with every request, encoded`() throws {
        let entry: JSONTree = ["subject": "ci bot, größe\r\nX-Evil: 1", "roles": ["reader", "a,b"]]
        let run = try Self.gateway(["forward_identity": true], key: entry)
        let session = try run.gateway.open("scripted", run.key)
        #expect(try session.call("echo").toolText == "done")
        #expect(
            Self.told(run.upstream) == [
                "X-Gatehouse-Subject: ci%20bot%2C%20gr%C3%B6%C3%9Fe%0D%0AX-Evil%3A%201",
                "X-Gatehouse-Roles: reader,a%2Cb",
            ]
        )
        for request in run.upstream.requests {
            #expect(request.values("x-gatehouse-subject").count == 1, "\(request)")
            #expect(request.values("x-evil").isEmpty)
            #expect(request.values("authorization").isEmpty)
        }
        #expect(run.upstream.requests.count >= 3)
    }

    @Test func `a caller without roles has none, and a key's id is its subject`() throws {
        let run = try Self.gateway(["forward_identity": true])
        _ = try run.gateway.open("scripted", run.key)
        #expect(Self.told(run.upstream) == ["X-Gatehouse-Subject: caller"])
    }

    @Test(arguments: [true, false]) func `what a client says of itself is dropped`(_ isForwarded: Bool) throws {
        let run = try Self.gateway(["forward_identity": .bool(isForwarded)])
        let session = run.gateway.session("scripted", run.key)
        session.extraFields = [
            ("X-Gatehouse-Subject", "root"), ("x-gatehouse-roles", "admin"), ("X-Gatehouse-Issuer", "me"),
            ("X-Gatehouse-Other", "x"),
        ]
        try session.open()
        #expect(try session.call("echo").toolText == "done")
        #expect(Self.told(run.upstream) == (isForwarded ? ["X-Gatehouse-Subject: caller"] : []))
    }

    @Test func `of the unauthenticated nothing is told`() throws {
        let run = try Self.gateway(["forward_identity": true])
        let session = run.gateway.session("scripted", nil)
        session.extraFields = [("X-Gatehouse-Subject", "root")]
        try session.open()
        #expect(try session.call("echo").toolText == "done")
        #expect(Self.told(run.upstream).isEmpty)
        _ = try run.gateway.open("scripted", run.key)
        #expect(Self.told(run.upstream) == ["X-Gatehouse-Subject: caller"])
    }

    @Test func `by default nobody is named`() throws {
        let run = try Self.gateway([:])
        _ = try run.gateway.open("scripted", run.key)
        #expect(Self.told(run.upstream).isEmpty)
    }

    @Test func `what the page's browser and the proxies in front say stays here`() throws {
        let upstream = try ScriptedUpstream(
            ScriptedUpstream.server {
                [.send(Answer.json(Answer.result($0.id, "done"), [("Access-Control-Allow-Origin", "*")]))]
            }
        )
        var setup = GatewaySetup()
        setup.addServer("scripted", http: upstream.http())
        let key = try setup.addKey("caller", allow: ["tools": ["*"]])
        setup.changes = [
            "listen": [["address": "127.0.0.1:0", "client_address_from": "x-forwarded-for"]],
            "trusted_proxies": ["127.0.0.1"], "allowed_origins": ["https://app.example.com"],
        ]
        let gateway = try GatewayProcess(setup)
        let session = gateway.session("scripted", key)
        session.from = "127.0.0.1"
        session.extraFields = [
            ("Origin", "https://app.example.com"), ("X-Forwarded-For", "203.0.113.7"), ("Forwarded", "for=1.2.3.4"),
            ("X-Forwarded-Host", "evil.example.com"),
        ]
        try session.open()
        let answer = try session.call("echo")
        #expect(answer.toolText == "done")
        #expect(answer.head.values("access-control-allow-origin") == ["https://app.example.com"])
        for request in upstream.requests {
            for name in ["origin", "x-forwarded-for", "forwarded", "x-forwarded-host"] {
                #expect(request.values(name).isEmpty, "\(name): \(request)")
            }
        }
        let preflight = RequestText(
            "OPTIONS",
            "/scripted/mcp",
            [("Origin", "https://app.example.com"), ("Access-Control-Request-Method", "POST")]
        )
        let before = upstream.requests.count
        #expect(try gateway.send(preflight).status == 204)
        #expect(upstream.requests.count == before)
    }
}
