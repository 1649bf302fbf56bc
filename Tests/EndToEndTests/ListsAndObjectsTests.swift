// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite struct `Lists and objects` {
    private static let publicOnly: JSONTree = [
        "id": "public", "servers": ["scripted"], "to": ["key": "limited"],
        "allow": ["resources": ["file:///public/*"], "prompts": ["greet"]],
    ]

    @Test func `the four lists show what may be used`() throws {
        let run = try ScriptedGateway(access: [Self.publicOnly])
        let limited = try run.gateway.open("scripted", run.limited)
        #expect(try limited.tools() == ["safe"])
        #expect(try limited.names("prompts/list", "prompts") == ["greet"])
        #expect(try limited.names("resources/list", "resources", "uri") == ["file:///public/a.txt"])
        let templates = try limited.names("resources/templates/list", "resourceTemplates", "uriTemplate")
        #expect(templates == ["file:///public/{name}"])

        let full = try run.open()
        #expect(try full.tools().contains("danger"))
        #expect(try full.names("prompts/list", "prompts") == ["greet", "secret-prompt"])
        #expect(try full.names("resources/list", "resources", "uri").count == 2)
        #expect(try full.names("resources/templates/list", "resourceTemplates", "uriTemplate").count == 2)
    }

    @Test func `a page keeps its cursor when everything on it is hidden`() throws {
        let run = try ScriptedGateway(["--page", "2"])
        let limited = try run.gateway.open("scripted", run.limited)
        var seen: [String] = []
        var pages = 0
        var cursor: JSONTree?
        repeat {
            let answer = try limited.request("tools/list", cursor.map { ["cursor": $0] })
            seen += answer.result["tools"].elements.compactMap { $0["name"].text }
            cursor = answer.result.has("nextCursor") ? answer.result["nextCursor"] : Optional<JSONTree>.none
            pages += 1
        } while cursor != nil && pages < 100
        #expect(seen == ["safe"])
        // 18 tools, two by two.
        #expect(pages == 9)
    }

    @Test func `a list inside a stream is filtered too`() throws {
        // The server reports progress first, so the answer is a stream before the list is there.
        let run = try ScriptedGateway()
        let limited = try run.gateway.open("scripted", run.limited)
        let answer = try limited.exchange(
            MCPSession.request("tools/list", ["_meta": ["progressToken": "p"]], id: 5).bytes,
            [("Accept", "text/event-stream, application/json")]
        )
        #expect(answer.head.isEventStream)
        #expect(answer.messages.first?["method"].text == "notifications/progress")
        #expect(answer.result["tools"].elements.compactMap { $0["name"].text } == ["safe"], "\(answer)")
    }

    @Test func `denied prompts and resources are as if they were not there`() throws {
        let run = try ScriptedGateway(access: [Self.publicOnly])
        let limited = try run.gateway.open("scripted", run.limited)
        #expect(try limited.request("prompts/get", ["name": "greet"]).result.has("messages"))
        #expect(try limited.request("resources/read", ["uri": "file:///public/a.txt"]).result.has("contents"))
        let prompt = try limited.request("prompts/get", ["name": "secret-prompt"])
        expectMasked(prompt, meant: 400, code: -32602)
        #expect(prompt.error["message"].text?.hasPrefix("Unknown prompt") == true, "\(prompt)")
        let resource = try limited.request("resources/read", ["uri": "file:///private/b.txt"])
        expectMasked(resource, meant: 400, code: -32602)
        #expect(resource.error["message"].text?.hasPrefix("Resource not found") == true, "\(resource)")
        #expect(run.server.messages("prompts/get").count == 1)
        #expect(run.server.messages("resources/read").count == 1)
    }

    /// Ways round a pattern that one family of servers reads as `/private/b.txt`.
    @Test func `a resource is judged in every reading of its name`() throws {
        let run = try ScriptedGateway(access: [Self.publicOnly])
        let limited = try run.gateway.open("scripted", run.limited)
        let evasions = [
            "file:///public/%2e%2e/private/b.txt", "file:///public/..%2fprivate%2fb.txt",
            "file:///public/..\\private\\b.txt", "file:///public/../private/b.txt", "file:private/b.txt",
            "FILE:///private/b.txt", "file://localhost/private/b.txt", "file:///public/%252e%252e/private/b.txt",
            "file:////private/b.txt", "file:///public/a.txt\u{0}", "file:///public/a b.txt", "public/a.txt",
            "file://user@host/public/a.txt", "file:///public/%zz", "file:///public/%ff%fe",
        ]
        for uri in evasions {
            let answer = try limited.request("resources/read", ["uri": .string(uri)])
            #expect(answer.code != nil && answer.meantStatus >= 400, "\(uri): \(answer)")
        }
        #expect(run.server.messages("resources/read").isEmpty)
        #expect(try limited.request("resources/read", ["uri": "file:///public/a.txt"]).result.has("contents"))
        #expect(run.server.messages("resources/read").count == 1)
    }

    @Test func `completion and subscription go by the object that they name`() throws {
        let run = try ScriptedGateway(access: [Self.publicOnly])
        let limited = try run.gateway.open("scripted", run.limited)
        func complete(_ reference: JSONTree) throws -> MCPAnswer {
            try limited.request("completion/complete", ["ref": reference, "argument": ["name": "x", "value": "y"]])
        }
        #expect(try complete(["type": "ref/prompt", "name": "greet"]).result.has("completion"))
        #expect(try complete(["type": "ref/prompt", "name": "secret-prompt"]).code == -32602)
        #expect(try complete(["type": "ref/resource", "uri": "file:///private/{name}"]).code == -32602)
        #expect(try limited.request("resources/subscribe", ["uri": "file:///public/a.txt"]).response.has("result"))
        #expect(try limited.request("resources/subscribe", ["uri": "file:///private/b.txt"]).code == -32602)
        #expect(run.server.messages("completion/complete").count == 1)
        #expect(run.server.messages("resources/subscribe").count == 1)
    }

    @Test func `other methods need a rule of their own`() throws {
        let custom: JSONTree = [
            "id": "custom", "servers": ["scripted"], "to": ["key": "limited"], "allow": ["methods": ["custom/*"]],
        ]
        let run = try ScriptedGateway(access: [custom])
        let limited = try run.gateway.open("scripted", run.limited)
        let full = try run.open()
        #expect(try limited.request("custom/method").result["custom"].bool == true)
        let refused = try full.request("custom/method")
        expectMasked(refused, meant: refused.meantStatus, code: -32601)
        #expect(run.server.messages("custom/method").count == 1)
        #expect(try full.request("ping").response.has("result"))
        #expect(try full.request("logging/setLevel", ["level": "info"]).response.has("result"))
    }

    @Test func `a method that is denied stays denied however wide the allow is`() throws {
        let deny: JSONTree = ["id": "no-lists", "to": "anyone", "deny": ["methods": ["tools/list"]]]
        let run = try ScriptedGateway(access: [deny])
        let full = try run.open()
        let refused = try full.request("tools/list")
        #expect(refused.code == -32601, "\(refused)")
        #expect(run.server.messages("tools/list").isEmpty)
        #expect(try full.call("safe").toolText == "ran safe")
    }

    @Test func `notifications pass only if they are known`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        #expect(try session.notify("notifications/roots/list_changed").status == 202)
        _ = try session.notify("notifications/made_up", ["x": 1])
        #expect(try session.call("safe").toolText == "ran safe")
        #expect(run.server.messages("notifications/roots/list_changed").count == 1)
        #expect(run.server.messages("notifications/made_up").isEmpty)
    }

    @Test func `what a read brings along is judged as a read of its own`() throws {
        var setup = GatewaySetup()
        let server = try ScriptedServer()
        setup.addServer("scripted", stdio: server.stdio())
        let reader = try setup.addKey("reader", allow: ["resources": ["file:///public/**"]])
        let full = try setup.addKey("full", allow: ["resources": ["**"]])
        let gateway = try GatewayProcess(setup)
        let all = ["file:///public/all", "file:///public/a.txt", "file:///private/b.txt"]
        for (key, expected) in [(reader, Array(all.prefix(2))), (full, all)] {
            let answer = try gateway.open("scripted", key).request("resources/read", ["uri": "file:///public/all"])
            #expect(answer.result["contents"].elements.compactMap { $0["uri"].text } == expected, "\(answer)")
        }
    }
}
