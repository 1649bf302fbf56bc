// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// One answer that an upstream must not get away with, or a control beside it.
struct HostileAnswer: Sendable {
    typealias Step = ScriptedUpstream.Step
    typealias Answer = ScriptedUpstream.Answer

    let why: String
    /// From the request's id to what is sent; what the client must never see says so.
    let steps: @Sendable (JSONTree) -> [Step]

    static let marker = "never to be seen"

    init(_ why: String, _ steps: @escaping @Sendable (JSONTree) -> [Step]) {
        self.why = why
        self.steps = steps
    }

    /// A head as it stands, and behind it what would be an answer, were the head not what it is.
    init(_ why: String, head: String, _ ending: Step? = nil) {
        self.init(why) { id in
            [.send(Array(head.utf8) + Self.message(id))] + (ending.map { [$0] } ?? [])
        }
    }

    /// A right head with one more line, and a right answer.
    init(_ why: String, line: String) {
        self.init(why) { id in
            let body = Self.message(id)
            let head =
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\(line)Content-Length: \(body.count)\r\n\r\n"
            return [.send(Array(head.utf8) + body)]
        }
    }

    /// A right head, and a body in chunks as it stands.
    init(_ why: String, chunks: @escaping @Sendable ([UInt8]) -> [UInt8], _ ending: Step? = nil) {
        self.init(why) { id in
            let head = Answer.head(200, [("Content-Type", "application/json"), ("Transfer-Encoding", "chunked")])
            return [.send(head + chunks(Self.message(id)))] + (ending.map { [$0] } ?? [])
        }
    }

    /// An answer in a right frame that is none.
    init(_ why: String, body: @escaping @Sendable (JSONTree) -> String, type: String = "application/json") {
        self.init(why) { id in
            [.send(Answer.plain(200, [("Content-Type", type)], Array(body(id).utf8)))]
        }
    }

    /// An event stream in one chunk, as it stands.
    init(_ why: String, events: @escaping @Sendable (String) -> String, _ ending: Step? = nil) {
        self.init(why) { id in
            let text = events(String(decoding: Self.message(id), as: UTF8.self))
            guard let ending else { return [.send(Answer.events(text))] }
            return [.send(Answer.streamHead() + Answer.chunk(Array(text.utf8))), ending]
        }
    }

    /// The bytes of an answer.
    static func message(_ id: JSONTree) -> [UInt8] { Answer.result(id, marker).bytes }

    private static let json = "Content-Type: application/json\r\n"
    private static let last = Array("0\r\n\r\n".utf8)

    private static func status(_ line: String) -> String { "\(line)\r\n\(json)Connection: keep-alive\r\n\r\n" }

    // MARK: not HTTP, or not the HTTP that was asked for

    static let heads: [HostileAnswer] = [
        HostileAnswer("another protocol", head: "SSH-2.0-OpenSSH_9.2\r\n"),
        HostileAnswer("HTTP/0.9", head: ""),
        HostileAnswer("HTTP/2 in text", head: status("HTTP/2 200")),
        HostileAnswer("HTTP/1.2", head: status("HTTP/1.2 200 OK")),
        HostileAnswer("two digits of status", head: status("HTTP/1.1 20 OK")),
        HostileAnswer("four digits of status", head: status("HTTP/1.1 2000 OK")),
        HostileAnswer("a letter in the status", head: status("HTTP/1.1 2x0 OK")),
        HostileAnswer("a NUL in the reason", head: status("HTTP/1.1 200 O\0K")),
        HostileAnswer("an LF alone behind the status line", head: "HTTP/1.1 200 OK\n\(json)\r\n"),
        HostileAnswer(
            "a status line over the limit",
            head: status("HTTP/1.1 200 " + String(repeating: "x", count: 9000))
        ),
        HostileAnswer("a folded line", line: "X-A: b\r\n c\r\n"),
        HostileAnswer("a NUL in a value", line: "X-A: b\0c\r\n"),
        HostileAnswer("a control byte in a value", line: "X-A: b\u{1b}[2J\r\n"),
        HostileAnswer("a CR alone in a value", line: "X-A: b\rContent-Length: 3\r\n"),
        HostileAnswer("white space in front of a colon", line: "Transfer-Encoding : chunked\r\n"),
        HostileAnswer("a line without a colon", line: "X-A\r\n"),
        HostileAnswer("a head over the limit", line: "X-A: " + String(repeating: "x", count: 70_000) + "\r\n"),
        HostileAnswer("too many fields", line: String(repeating: "X-A: b\r\n", count: 300)),
        HostileAnswer("two types", line: "Content-Type: text/event-stream\r\n"),
        HostileAnswer("101, which nobody asked for", head: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
        HostileAnswer(
            "too many interim answers",
            head: String(repeating: "HTTP/1.1 103 Early Hints\r\n\r\n", count: 9) + "HTTP/1.1 200 OK\r\n\r\n"
        ),
        HostileAnswer("an interim answer with a body", head: "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\nhello"),
    ]

    // MARK: where does it end?

    static let framing: [HostileAnswer] = [
        HostileAnswer("a length and chunks", line: "Transfer-Encoding: chunked\r\n"),
        HostileAnswer("two lengths", line: "Content-Length: 3\r\n"),
        HostileAnswer("the same length twice") { id in
            let body = message(id)
            let length = "Content-Length: \(body.count)\r\n"
            return [.send(Array("HTTP/1.1 200 OK\r\n\(json)\(length)\(length)\r\n".utf8) + body)]
        },
        HostileAnswer("a length with a sign", head: "HTTP/1.1 200 OK\r\n\(json)Content-Length: +9\r\n\r\n"),
        HostileAnswer("a negative length", head: "HTTP/1.1 200 OK\r\n\(json)Content-Length: -1\r\n\r\n"),
        HostileAnswer(
            "a length of 2^64 and 3",
            head: "HTTP/1.1 200 OK\r\n\(json)Content-Length: 18446744073709551619\r\n\r\n"
        ),
        HostileAnswer("a list of lengths", head: "HTTP/1.1 200 OK\r\n\(json)Content-Length: 9, 9\r\n\r\n"),
        HostileAnswer("gzip as transfer coding", head: "HTTP/1.1 200 OK\r\n\(json)Transfer-Encoding: gzip\r\n\r\n"),
        HostileAnswer("chunked twice") { id in
            let head = "HTTP/1.1 200 OK\r\n\(json)Transfer-Encoding: chunked, chunked\r\n\r\n"
            return [.send(Array(head.utf8) + Answer.chunk(message(id)) + last)]
        },
        HostileAnswer("chunked, then gzip") { id in
            let head = "HTTP/1.1 200 OK\r\n\(json)Transfer-Encoding: chunked, gzip\r\n\r\n"
            return [.send(Array(head.utf8) + Answer.chunk(message(id)) + last)]
        },
        HostileAnswer("chunks in HTTP/1.0") { id in
            let head = "HTTP/1.0 200 OK\r\n\(json)Transfer-Encoding: chunked\r\n\r\n"
            return [.send(Array(head.utf8) + Answer.chunk(message(id)) + last)]
        },
        HostileAnswer("HTTP/1.0 without a length", head: "HTTP/1.0 200 OK\r\n\(json)\r\n", .close),
        HostileAnswer("a chunk size that is none", chunks: { Array("zz\r\n".utf8) + $0 + Array("\r\n".utf8) + last }),
        HostileAnswer("a chunk size with a prefix", chunks: { Array("0x".utf8) + Answer.chunk($0) + last }),
        HostileAnswer("a negative chunk size", chunks: { Array("-".utf8) + Answer.chunk($0) + last }),
        HostileAnswer("a chunk size over 2^64", chunks: { Array("10000000000000000\r\n".utf8) + $0 }),
        HostileAnswer(
            "a chunk that is longer than it says",
            chunks: { Array("3\r\n".utf8) + $0 + Array("\r\n".utf8) + last }
        ),
        HostileAnswer("an LF alone behind a chunk size") { id in
            let body = message(id)
            let head = Answer.head(200, [("Content-Type", "application/json"), ("Transfer-Encoding", "chunked")])
            return [.send(head + Array("\(String(body.count, radix: 16))\n".utf8) + body + Array("\r\n".utf8) + last)]
        },
        HostileAnswer(
            "an endless chunk extension",
            chunks: { Array("3;".utf8) + [UInt8](repeating: 0x61, count: 60_000) + Array("\r\n".utf8) + $0 }
        ),
        HostileAnswer("a second answer behind the first") { id in
            [.send(Answer.json(Answer.result(id, marker)) + Answer.json(Answer.result(id, marker)))]
        },
        HostileAnswer("a line end behind the answer") { id in
            [.send(Answer.json(Answer.result(id, marker)) + [0x0D, 0x0A])]
        },
        HostileAnswer(
            "a second answer behind chunks",
            chunks: { Answer.chunk($0) + last + Array("HTTP/1.1 200 OK\r\n".utf8) }
        ),
        HostileAnswer("a body with 204", head: "HTTP/1.1 204 No Content\r\n\r\n"),
        HostileAnswer("a body with 304", head: "HTTP/1.1 304 Not Modified\r\n\r\n"),
        HostileAnswer("a length with 204", head: "HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n"),
        HostileAnswer("a folded trailer", chunks: { Answer.chunk($0) + Array("0\r\nX-A: b\r\n c\r\n\r\n".utf8) }),
        HostileAnswer("an end behind the request") { _ in [.close] },
        HostileAnswer("a reset behind the request") { _ in [.reset] },
        HostileAnswer("an end in the status line") { _ in [.send(Array("HTTP/1.1 2".utf8)), .close] },
        HostileAnswer("an end in the head") { _ in [.send(Array("HTTP/1.1 200 OK\r\nContent-Ty".utf8)), .close] },
        HostileAnswer("an end in front of the body") { _ in
            [.send(Answer.head(200, [("Content-Type", "application/json"), ("Content-Length", "99")])), .close]
        },
        HostileAnswer(
            "an end in the body",
            { id in [.send(Answer.json(Answer.result(id, marker)).dropLast()), .close] }
        ),
        HostileAnswer(
            "a reset in the body",
            { id in [.send(Answer.json(Answer.result(id, marker)).dropLast()), .reset] }
        ),
        HostileAnswer("an end in a chunk", chunks: { Array(Answer.chunk($0).dropLast(9)) }, .close),
        HostileAnswer("an end in front of the last chunk", chunks: { Answer.chunk($0) }, .close),
        HostileAnswer("an end inside the last chunk", chunks: { Answer.chunk($0) + Array("0\r\n".utf8) }, .close),
        HostileAnswer("a coded answer", line: "Content-Encoding: gzip\r\n"),
        HostileAnswer("a length over the limit", head: "HTTP/1.1 200 OK\r\n\(json)Content-Length: 9000000000\r\n\r\n"),
        HostileAnswer(
            "chunks over the limit",
            chunks: { message in
                (0..<3).flatMap { _ in Answer.chunk([UInt8](repeating: 0x20, count: 30_000)) } + Answer.chunk(message)
                    + last
            }
        ),
    ]

    // MARK: right frames around what is no answer

    static let messages: [HostileAnswer] = [
        HostileAnswer("an empty body", body: { _ in "" }),
        HostileAnswer("HTML", body: { _ in "<html>\(marker)</html>" }, type: "text/html"),
        HostileAnswer("HTML that says that it is JSON", body: { _ in "<html>\(marker)</html>" }),
        HostileAnswer("an answer of no type", { id in [.send(Answer.plain(200, [], message(id)))] }),
        HostileAnswer("text that would be an answer", body: { text($0) }, type: "text/plain"),
        HostileAnswer("JSON of another name", body: { text($0) }, type: "application/jsonx"),
        HostileAnswer("half an answer", body: { String(text($0).dropLast(3)) }),
        HostileAnswer("an answer and a half", body: { text($0) + "{" }),
        HostileAnswer("two answers in one body", body: { text($0) + text($0) }),
        HostileAnswer("a batch", body: { "[" + text($0) + "]" }),
        HostileAnswer("a byte-order mark", body: { "\u{FEFF}" + text($0) }),
        HostileAnswer(
            "a member twice",
            body: { text($0).replacingOccurrences(of: "{\"jsonrpc\"", with: "{\"id\":0,\"jsonrpc\"") }
        ),
        HostileAnswer(
            "a member of the result twice",
            body: {
                text($0).replacingOccurrences(of: "\"isError\"", with: "\"content\":[],\"isError\"")
            }
        ),
        HostileAnswer(
            "a control byte in a string",
            body: {
                text($0).replacingOccurrences(of: marker, with: marker + "\u{1}")
            }
        ),
        HostileAnswer("the answer to another request", body: { _ in text(4711) }),
        HostileAnswer("an answer whose id is of another type", body: { text(.string($0.json)) }),
        HostileAnswer("an answer without an id", body: { _ in text(nil) }),
        HostileAnswer(
            "a request instead of an answer",
            body: { _ in
                #"{"jsonrpc":"2.0","id":1,"method":"sampling/createMessage","params":{"messages":["\#(marker)"]}}"#
            }
        ),
        HostileAnswer(
            "a notification instead of an answer",
            body: { _ in
                #"{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"\#(marker)"}}"#
            }
        ),
        HostileAnswer(
            "result and error",
            body: {
                text($0).replacingOccurrences(of: "\"result\"", with: #""error":{"code":1,"message":""},"result""#)
            }
        ),
        HostileAnswer("neither result nor error", body: { #"{"jsonrpc":"2.0","id":\#($0.json)}"# }),
        HostileAnswer("JSON-RPC 1.0", body: { text($0).replacingOccurrences(of: "2.0", with: "1.0") }),
        HostileAnswer("a string", body: { _ in "\"\(marker)\"" }),
        HostileAnswer("bytes that are no UTF-8") { id in
            let bytes = message(id).flatMap { $0 == UInt8(ascii: "v") ? [0xC3, 0x28] : [$0] }
            return [.send(Answer.plain(200, [("Content-Type", "application/json")], bytes))]
        },
        HostileAnswer("accepted, without an answer") { _ in [.send(Answer.plain(202))] },
        HostileAnswer("no content") { _ in [.send(Answer.plain(204))] },
    ]

    /// Its own, which are not about the caller.
    static let statuses: [HostileAnswer] = [401, 403, 407, 301, 302, 303, 307, 308, 300, 304, 500, 501, 502, 504, 599]
        .map {
            status in
            HostileAnswer("its own \(status)") { id in
                let fields = [
                    ("Content-Type", "application/json"), ("Location", "http://127.0.0.1:1/stolen"),
                    ("WWW-Authenticate", "Bearer realm=\"\(marker)\""), ("Set-Cookie", "stolen=1"),
                ]
                return [.send(Answer.plain(status, fields, status == 304 ? [] : message(id)))]
            }
        }

    // MARK: event streams

    static let streams: [HostileAnswer] = [
        HostileAnswer("a stream that ends without an answer", events: { _ in ": nothing\n\n" }),
        HostileAnswer(
            "a stream of garbage",
            events: { _ in "data: <html>\(marker)</html>\n\nevent: x\n\n\u{0}\n\ndata\n\n" }
        ),
        HostileAnswer(
            "a stream of too much garbage",
            events: { $0.isEmpty ? "" : String(repeating: "data: {\n\n", count: 200) }
        ),
        HostileAnswer("an answer to another request, in a stream", events: { _ in "data: \(text(4711))\n\n" }),
        HostileAnswer("an answer cut by the end of the stream", events: { "data: \($0)\n" }),
        HostileAnswer("an answer cut by the end of the connection", events: { "data: \($0)\n" }, .close),
        HostileAnswer("an answer cut by a reset", events: { "data: \(String($0.dropLast(5)))" }, .reset),
        HostileAnswer("a stream that ends with its connection", events: { _ in ": nothing\n\n" }, .close),
        HostileAnswer(
            "an event over the limit",
            events: { $0.isEmpty ? "" : "data: \"" + String(repeating: "x", count: 80_000) }
        ),
        HostileAnswer("a batch in an event", events: { "data: [\($0)]\n\n" }),
        HostileAnswer("a member twice, in an event", events: { "data: {\"id\":0,\(String($0.dropFirst()))\n\n" }),
        HostileAnswer("a bad chunk behind the head of a stream") { _ in
            [.send(Answer.streamHead() + Array("zz\r\n".utf8))]
        },
        HostileAnswer("an end behind the head of a stream") { _ in [.send(Answer.streamHead()), .close] },
        HostileAnswer("a coded stream") { id in
            let text = "data: \(String(decoding: message(id), as: UTF8.self))\n\n"
            return [.send(Answer.events(text, [("Content-Encoding", "br")]))]
        },
        HostileAnswer(
            "a request that the client cannot answer, and an end",
            events: { _ in
                #"data: {"jsonrpc":"2.0","id":9,"method":"roots/list","params":{"x":"\#(marker)"}}"# + "\n\n"
            }
        ),
        HostileAnswer(
            "progress of another request",
            events: { _ in
                let parameters = #"{"progressToken":4711,"progress":1,"message":"\#(marker)"}"#
                return #"data: {"jsonrpc":"2.0","method":"notifications/progress","params":\#(parameters)}"# + "\n\n"
            }
        ),
    ]

    static func text(_ id: JSONTree) -> String { String(decoding: message(id), as: UTF8.self) }
}
