// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Semantics, section 2.
@Suite struct `Endpoints open to anyone` {
    private static let open: JSONTree = [
        "id": "open", "servers": ["scripted"], "to": "anyone", "allow": ["tools": ["echo"]],
    ]

    @Test func `the unauthenticated initialize, ping and see the filtered lists`() throws {
        let run = try ScriptedGateway(access: [Self.open])
        let session = try run.gateway.open("scripted", nil)
        #expect(try session.request("ping").response.has("result"))
        #expect(try session.tools() == ["echo"])
        #expect(try session.names("prompts/list", "prompts").isEmpty)
        #expect(try session.names("resources/list", "resources", "uri").isEmpty)
        #expect(try session.names("resources/templates/list", "resourceTemplates", "uriTemplate").isEmpty)
        #expect(try session.call("echo", ["x": 1]).toolText == "{\"x\": 1}")
    }

    @Test func `every call that needs more is challenged in the same words`() throws {
        let run = try ScriptedGateway(access: [Self.open])
        let session = try run.gateway.open("scripted", nil)
        var answers: Set<String> = []
        for name in ["safe", "danger", "nonsuch"] {
            let answer = try session.call(name, [:], id: 1)
            #expect(answer.status == 401, "\(name): \(answer)")
            #expect(answer.code == 401)
            let challenge = answer.head.value("www-authenticate") ?? ""
            #expect(challenge.hasPrefix("Bearer realm="), "\(answer)")
            #expect(!challenge.contains("error"), "\(answer)")
            answers.insert(answer.response.json.replacing(answer.requestID ?? "none", with: "ID") + challenge)
        }
        for (method, parameters) in [
            ("prompts/get", ["name": "greet"] as JSONTree), ("resources/read", ["uri": "file:///public/a.txt"]),
        ] {
            #expect(try session.request(method, parameters).status == 401)
        }
        #expect(answers.count == 1, "\(answers)")
        #expect(run.server.calls.isEmpty)
    }

    @Test func `a bad credential is refused, never taken as none`() throws {
        let run = try ScriptedGateway(access: [Self.open])
        let session = run.gateway.session("scripted", nil)
        session.extraFields = [("Authorization", "Bearer wrong")]
        let answer = try session.initialize()
        #expect(answer.status == 401)
        #expect(answer.head.value("www-authenticate")?.contains("error=\"invalid_token\"") == true)
        #expect(run.server.starts == 0)
    }

    @Test func `a rule that is only reported opens nothing`() throws {
        let reported = Self.open.merging(["mode": "report"])
        let run = try ScriptedGateway(access: [reported])
        #expect(try run.gateway.session("scripted", nil).initialize().status == 401)
        #expect(try run.gateway.open("scripted", run.limited).tools() == ["safe"])
    }

    @Test func `a rule for the authenticated opens nothing`() throws {
        let known: JSONTree = [
            "id": "known", "servers": ["scripted"], "to": "authenticated", "allow": ["tools": ["echo"]],
        ]
        let run = try ScriptedGateway(access: [known])
        #expect(try run.gateway.session("scripted", nil).initialize().status == 401)
        #expect(try run.gateway.open("scripted", run.limited).tools().sorted() == ["echo", "safe"])
    }

    @Test func `the first caller who signs in owns the session from then on`() throws {
        let run = try ScriptedGateway(access: [Self.open])
        let session = try run.gateway.open("scripted", nil)
        #expect(try session.call("safe").status == 401)
        session.key = run.limited.key
        #expect(try session.call("safe").toolText == "ran safe")
        session.key = run.full.key
        #expect(try session.call("safe").status == 404)
        session.key = nil
        #expect(try session.call("echo").status == 404)
        session.key = run.limited.key
        #expect(try session.call("safe").toolText == "ran safe")
    }

    @Test func `the unauthenticated of two addresses are two callers`() throws {
        let run = try ScriptedGateway(access: [Self.open])
        let session = try run.gateway.open("scripted", nil)
        session.from = "127.0.0.2"
        let foreign = try session.startCall("echo").finish()
        #expect(foreign.status == 404, "\(foreign)")
        #expect(foreign.code == -32600)
        session.from = nil
        #expect(try session.startCall("echo").finish().status == 200)
    }

    @Test func `session caps of the unauthenticated go by address`() throws {
        let run = try ScriptedGateway(limits: ["sessions_per_principal": 2], access: [Self.open])
        for _ in 0..<2 { try run.gateway.session("scripted", nil).open() }
        let third = try run.gateway.session("scripted", nil).initialize()
        expectMasked(third, meant: 503, code: 503)
        let neighbour = run.gateway.session("scripted", nil)
        neighbour.from = "127.0.0.3"
        try neighbour.open()
    }

    @Test func `a stream that was opened without credentials ends when somebody owns the session`() throws {
        let run = try ScriptedGateway(access: [Self.open])
        let session = try run.gateway.open("scripted", nil)
        let former = try session.stream()
        #expect(try former.readHead().status == 200)
        session.key = run.full.key
        #expect(try session.call("safe").toolText == "ran safe")
        #expect(try former.next() == nil)
        let own = try session.stream()
        #expect(try own.readHead().status == 200)
        _ = try session.call("later", ["file": .string(run.gate())])
        try run.openGate()
        #expect(try own.next()?["method"].text == "notifications/tools/list_changed")
    }
}
