// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The controls beside the hostile answers: what an HTTP server may well do.
@Suite struct `Answers of an HTTP server` {
    private typealias Answer = ScriptedUpstream.Answer
    private typealias Step = ScriptedUpstream.Step

    private struct Row: Sendable {
        let why: String
        let steps: @Sendable (JSONTree) -> [Step]
    }

    private static func chunks(_ bytes: [UInt8], of size: Int, _ extension: String = "") -> [UInt8] {
        stride(from: 0, to: bytes.count, by: size).flatMap { start -> [UInt8] in
            let piece = Array(bytes[start..<min(start + size, bytes.count)])
            return Array("\(String(piece.count, radix: 16))\(`extension`)\r\n".utf8) + piece + [0x0D, 0x0A]
        } + Array("0\r\n\r\n".utf8)
    }

    private static func text(_ id: JSONTree) -> String { Answer.result(id, "ran").json }

    private static let chunked = [("Content-Type", "application/json"), ("Transfer-Encoding", "chunked")]

    private static let rows: [Row] = [
        Row(why: "JSON") { [.send(Answer.json(Answer.result($0, "ran")))] },
        Row(why: "JSON with white space") { id in
            let text = " \r\n\t" + text(id).replacingOccurrences(of: ",", with: " ,\r\n ") + "\n"
            return [.send(Answer.plain(200, [("Content-Type", "application/json; charset=utf-8")], Array(text.utf8)))]
        },
        Row(why: "JSON in chunks of 7") {
            [.send(Answer.head(200, chunked) + chunks(Answer.result($0, "ran").bytes, of: 7))]
        },
        Row(why: "JSON in chunks with extensions and a trailer") { id in
            let body = chunks(Answer.result(id, "ran").bytes, of: 20, ";a=\"b\"").dropLast(2)
            return [.send(Answer.head(200, chunked) + body + Array("X-Trailer: t\r\n\r\n".utf8))]
        },
        Row(why: "JSON byte by byte") { id in Answer.json(Answer.result(id, "ran")).map { .send([$0]) } },
        Row(why: "JSON behind interim answers") { id in
            let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
            return [.send(Array(interim.utf8) + Answer.json(Answer.result(id, "ran")))]
        },
        Row(why: "an event") { [.send(Answer.events("event: message\ndata: \(text($0))\n\n"))] },
        Row(why: "an event with CRLF behind a byte-order mark") { id in
            [.send(Answer.events("\u{FEFF}data: \(text(id))\r\n\r\n"))]
        },
        Row(why: "an event in chunks of 1") { id in
            [.send(Answer.streamHead() + chunks(Array("data: \(text(id))\n\n".utf8), of: 1))]
        },
        Row(why: "an event in a body with a length") { id in
            [.send(Answer.plain(200, [("Content-Type", "text/event-stream")], Array("data: \(text(id))\n\n".utf8)))]
        },
        Row(why: "an event behind comments, an empty event and a field that nobody knows") { id in
            [.send(Answer.events(": hello\n\n\n\nretry: 5\nfield: x\ndata\n\ndata:\(text(id))\n\n"))]
        },
    ]

    private func run(_ rows: [Row]) throws -> HTTPGateway {
        try HTTPGateway { request in
            guard let row = request.arguments["row"].int else {
                return [.send(Answer.json(Answer.result(request.id, "x")))]
            }
            return rows[row].steps(request.id)
        }
    }

    @Test func `a good answer passes and its connection is used again`() throws {
        let run = try run(Self.rows)
        let session = try run.open()
        for (index, row) in Self.rows.enumerated() {
            let answer = try session.call("good", ["row": JSONTree(index)])
            #expect(answer.toolText == "ran", "\(row.why): \(answer)")
            #expect(answer.response["id"] == session.lastID, "\(row.why): \(answer)")
            #expect(answer.head.value("gatehouse-status") == nil, "\(row.why): \(answer)")
            // A single client on a single connection, and never a second one to the server.
            #expect(run.upstream.connections == 1, "\(row.why)")
        }
    }

    @Test func `JSON passes byte for byte`() throws {
        let body =
            #"{"jsonrpc":"2.0","id":ID,"result":{"content":[ {"text":"\u00e9\/\\é"} ],"n":[1.50,-0,1E+2]}}"#
        let run = try HTTPGateway { request in
            let text = body.replacingOccurrences(of: "ID", with: request.id.json)
            return [.send(Answer.plain(200, [("Content-Type", "application/json")], Array(text.utf8)))]
        }
        let session = try run.open()
        let answer = try session.call("good")
        #expect(answer.text == body.replacingOccurrences(of: "ID", with: session.lastID.json), "\(answer.text)")
    }

    @Test func `an answer that its server's end completes passes, and the next one takes a new connection`() throws {
        let rows = [
            Row(why: "until the end") { id in
                let head = [("Content-Type", "application/json"), ("Connection", "close")]
                return [.send(Answer.head(200, head) + Answer.result(id, "ran").bytes), .close]
            },
            Row(why: "Connection: close") { id in
                [.send(Answer.json(Answer.result(id, "ran"), [("Connection", "close")]))]
            },
            Row(why: "an event until the end") { id in
                let head = [("Content-Type", "text/event-stream"), ("Connection", "close")]
                return [.send(Answer.head(200, head) + Array("data: \(Self.text(id))\n\n".utf8)), .close]
            },
        ]
        let run = try run(rows)
        let session = try run.open()
        for (index, row) in rows.enumerated() {
            #expect(try session.call("good", ["row": JSONTree(index)]).toolText == "ran", "\(row.why)")
            let connection = try #require(run.upstream.requests.last).connection
            #expect(try session.call("good").toolText == "x", "\(row.why)")
            let next = try #require(run.upstream.requests.last).connection
            #expect(next != connection, "\(row.why)")
            #expect(eventually { run.upstream.hasEnded(connection) }, "\(row.why)")
        }
    }

    @Test func `the fields of an answer are the gateway's own but for the few that may pass`() throws {
        let run = try HTTPGateway { request in
            let fields = [
                ("Set-Cookie", "a=b"), ("Server", "secret/1.0"), ("X-Powered-By", "secret"), ("Location", "/secret"),
                ("WWW-Authenticate", "Basic realm=secret"), ("X-Request-Id", "secret"), ("Gatehouse-Status", "200"),
                ("Proxy-Status", "secret"), ("Access-Control-Allow-Origin", "*"), ("Alt-Svc", "h3=\":443\""),
                ("Cache-Control", "public"), ("Mcp-Custom", "passes"), ("Strict-Transport-Security", "max-age=1"),
            ]
            return [.send(Answer.json(Answer.result(request.id, "ran"), fields))]
        }
        let answer = try run.open().call("good")
        #expect(answer.toolText == "ran")
        let names = Set(answer.head.fields.map(\.name))
        let allowed: Set = [
            "content-type", "content-length", "x-request-id", "cache-control", "mcp-custom", "vary", "date",
        ]
        #expect(names.isSubset(of: allowed), "\(answer.head)")
        #expect(!answer.head.description.contains("secret"), "\(answer.head)")
        #expect(answer.head.value("cache-control") == "no-store", "\(answer.head)")
    }

    @Test func `an error of the server's own is passed on`() throws {
        let run = try HTTPGateway { request in
            let error: JSONTree = [
                "jsonrpc": "2.0", "id": request.id, "error": ["code": -32000, "message": "as it is"],
            ]
            return [.send(Answer.json(error))]
        }
        let answer = try run.open().call("good")
        #expect(answer.status == 200)
        #expect(answer.code == -32000)
        #expect(answer.error["message"].text == "as it is")
        #expect(answer.head.value("gatehouse-status") == nil, "the gateway did not make this error: \(answer)")
    }

    @Test func `a large answer comes whole, as JSON and as an event`() throws {
        let size = 6_000_000
        let run = try HTTPGateway { request in
            let text = String(repeating: "0123456789abcdef", count: size / 16)
            if request.arguments["stream"].bool == true {
                return [.send(Answer.events("data: \(Answer.result(request.id, text).json)\n\n"))]
            }
            return [.send(Answer.json(Answer.result(request.id, text)))]
        }
        let session = try run.open()
        for stream in [false, true] {
            let answer = try session.call("large", ["stream": .bool(stream)])
            #expect(answer.toolText?.utf8.count == size)
        }
        #expect(run.upstream.connections == 1)
    }

    @Test func `an answer that nobody asked for ends its connection and answers nobody`() throws {
        let gate = ScriptedUpstream.Gate()
        let run = try HTTPGateway { request in
            let answer = Step.send(Answer.json(Answer.result(request.id, "ran")))
            guard request.arguments["poison"].bool == true else { return [answer] }
            return [answer, .wait(gate), .send(Answer.json(Answer.result(9, "never to be seen")))]
        }
        let session = try run.open()
        #expect(try session.call("safe", ["poison": true]).toolText == "ran")
        let poisoned = try #require(run.upstream.requests.last?.connection)
        gate.open()
        #expect(eventually { run.upstream.hasEnded(poisoned) })
        #expect(try session.call("safe", id: 9).toolText == "ran")
        #expect(run.upstream.requests.last?.connection != poisoned)
    }

    @Test func `the first answer in a stream is the answer, and what follows is nobody's`() throws {
        let flood = Answer.chunk(Array("data: \(String(repeating: "x", count: 60_000))\n\n".utf8))
        let run = try HTTPGateway { request in
            let two = ["ran", "never to be seen"].map { "data: \(Answer.result(request.id, $0).json)\n\n" }
            guard request.arguments["flood"].bool == true else { return [.send(Answer.events(two.joined()))] }
            let first = Answer.streamHead() + Answer.chunk(Array(two[0].utf8))
            return [.send(first)] + [Step](repeating: .send(flood), count: 10_000)
        }
        let session = try run.open()
        for flood in [false, true] {
            let answer = try session.call("safe", ["flood": .bool(flood)])
            #expect(answer.toolText == "ran" && answer.messages.count == 1, "\(answer)")
        }
        let endless = try #require(run.upstream.requests.last?.connection)
        #expect(eventually { run.upstream.hasEnded(endless) })
        #expect(try session.call("safe").toolText == "ran")
    }
}
