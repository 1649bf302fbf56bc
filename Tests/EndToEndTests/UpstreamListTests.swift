// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// MCP-54: a list is filtered alike as JSON and inside an event stream, and what surrounds it is kept.
@Suite struct `Lists of an HTTP server` {
    private typealias Answer = ScriptedUpstream.Answer

    private static func list(_ request: ScriptedUpstream.Request) -> String {
        let result: String
        switch request.rpcMethod {
        case "tools/list":
            result = #""tools":[{"name":"safe","n":1.50},{"name":"danger"},{"name":"safe2"}],"nextCursor":"c""#
        case "resources/list":
            result = #""resources":[{"uri":"file:///private/b"},{"uri":"file:///public/a","name":"\u00e9"}]"#
        case "resources/templates/list":
            result =
                #""resourceTemplates":[{"uriTemplate":"file:///public/{x}"},{"uriTemplate":"file:///private/{x}"}]"#
        case "prompts/list": result = #""prompts":[{"name":"secret"}]"#
        default: result = ""
        }
        return #"{"jsonrpc":"2.0","id":\#(request.id.json),"result":{\#(result)}}"#
    }

    private static let methods = [
        ("tools/list", "tools", "name", ["safe"]), ("resources/list", "resources", "uri", ["file:///public/a"]),
        ("resources/templates/list", "resourceTemplates", "uriTemplate", ["file:///public/{x}"]),
        ("prompts/list", "prompts", "name", []),
    ]

    @Test(arguments: [false, true])
    func `the four lists show what may be used`(_ inStream: Bool) throws {
        let run = try HTTPGateway { request in
            if inStream { return [.send(Answer.events("data: \(Self.list(request))\n\n"))] }
            return [.send(Answer.plain(200, [("Content-Type", "application/json")], Array(Self.list(request).utf8)))]
        }
        let limited = try run.gateway.open("scripted", run.limited)
        for (method, member, name, wanted) in Self.methods {
            #expect(try limited.names(method, member, name) == wanted, "\(method)")
        }
        let tools = try limited.request("tools/list").result
        #expect(tools["nextCursor"] == "c")
        #expect(tools["tools"][0]["n"] == .number("1.50"))
        let full = try run.open()
        #expect(try full.tools() == ["safe", "danger", "safe2"])
        #expect(try full.names("resources/list", "resources", "uri").count == 2)
        #expect(try full.names("prompts/list", "prompts") == ["secret"])
    }

    /// The body of an answer as it comes, without its framing.
    private func raw(_ session: MCPSession, _ method: String) throws -> (head: HTTPHead, text: String) {
        let connection = try session.connect()
        try connection.send(session.post(MCPSession.request(method, [:], id: "own").bytes).bytes)
        let answer = try connection.readAnswer()
        return (answer.head, answer.text)
    }

    @Test(arguments: ["\n", "\r", "\r\n"])
    func `lines, comments, ids and retry of a stream are kept`(_ end: String) throws {
        let run = try HTTPGateway { request in
            let list = Self.list(request)
            let middle = list.index(list.firstIndex(of: ",") ?? list.startIndex, offsetBy: 1)
            let lines = [
                ": first", "", "id: event-1", "retry: 1500", "data:", "", ": second", "id: event-2", "event: message",
                "data: " + list[..<middle], "data:" + list[middle...], "x: y", "", "",
            ]
            return [.send(Answer.events(lines.joined(separator: end)))]
        }
        let limited = try run.gateway.open("scripted", run.limited)
        // The first answer says that this server has event ids; from then on they are shown.
        _ = try raw(limited, "tools/list")
        let (head, text) = try raw(limited, "tools/list")
        #expect(head.isEventStream)
        #expect(!text.contains("\r"), "\(text.debugDescription)")
        let blocks = text.components(separatedBy: "\n\n").filter { !$0.isEmpty }.map {
            $0.components(separatedBy: "\n")
        }
        let lines = blocks.flatMap { $0 }
        #expect(
            lines.filter { $0.hasPrefix(":") }.map { $0.dropFirst().trimmingCharacters(in: .whitespaces) } == [
                "first", "second",
            ]
        )
        #expect(lines.filter { $0.hasPrefix("retry") } == ["retry: 1500"], "\(lines)")
        let ids = lines.filter { $0.hasPrefix("id:") }
        #expect(ids.count == 2 && Set(ids).count == 2, "\(lines)")
        #expect(!text.contains("event-"), "the server's own ids: \(text)")
        #expect(!text.contains("danger") && !text.contains("safe2"), "\(text)")
        let priming = try #require(blocks.first { $0.contains { $0.hasPrefix("retry") } })
        #expect(
            priming.contains { $0.hasPrefix("id:") } && priming.contains { $0 == "data:" || $0 == "data: " },
            "\(priming)"
        )
        let last = try #require(blocks.last)
        #expect(last.contains { $0.hasPrefix("id:") }, "\(last)")
        let data = last.filter { $0.hasPrefix("data:") }.map { $0.dropFirst(5).drop { $0 == " " } }.joined(
            separator: "\n"
        )
        let message = try JSONTree(reading: data)
        #expect(message["id"] == "own")
        #expect(message["result"]["tools"].elements.map { $0["name"] } == ["safe"])
        #expect(message["result"]["nextCursor"] == "c")
    }

    @Test func `a list that cannot be read is 502 and shows nothing`() throws {
        let broken = [
            #""tools":[{"name":"safe"},{"name":"danger"}"#, #""tools":{"name":"danger"}"#,
            #""tools":[{"name":"safe","name":"danger"}]"#, #""tools":[],"tools":[{"name":"danger"}]"#,
        ]
        for stream in [false, true] {
            let run = try HTTPGateway { request in
                guard let row = request.json["params"]["cursor"].text.flatMap({ Int($0) }) else {
                    return [.send(Answer.json(Answer.result(request.id, "x")))]
                }
                let text = #"{"jsonrpc":"2.0","id":\#(request.id.json),"result":{\#(broken[row])}}"#
                if stream { return [.send(Answer.events("data: \(text)\n\n"))] }
                return [.send(Answer.plain(200, [("Content-Type", "application/json")], Array(text.utf8)))]
            }
            let limited = try run.gateway.open("scripted", run.limited)
            for row in broken.indices {
                let answer = try limited.request("tools/list", ["cursor": .string(String(row))])
                #expect(answer.code == 502, "\(broken[row]): \(answer)")
                #expect(!answer.description.contains("danger"), "\(broken[row]): \(answer)")
            }
        }
    }

    @Test func `a read resource with another URI is judged as a read of its own`() throws {
        let run = try HTTPGateway { request in
            let uri = request.json["params"]["uri"]
            let contents: JSONTree = [
                ["uri": uri, "text": "a"], ["uri": "file:///private/b", "text": "never to be seen"],
            ]
            let answer: JSONTree = ["jsonrpc": "2.0", "id": request.id, "result": ["contents": contents]]
            return [.send(Answer.json(answer))]
        }
        let read: JSONTree = ["uri": "file:///public/a"]
        let limited = try run.gateway.open("scripted", run.limited).request("resources/read", read)
        #expect(!limited.description.contains("never to be seen"), "\(limited)")
        #expect(try run.open().request("resources/read", read).result["contents"].elements.count == 2)
    }
}
