// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import TestSupport
import Testing

/// The rows of `json_vectors.jsonl` against the running gateway: the key may call `safe` and not `danger`.
@Suite(.enabled(if: Places.vectors != nil, "no test vectors here"))
struct `JSON vectors` {
    /// What a body looks like on its one line: no space between tokens, and no line end of any reader.
    private static func minified(_ bytes: [UInt8]) -> String {
        var out: [UInt8] = []
        var (inString, escaped) = (false, false)
        for byte in bytes {
            if !inString, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { continue }
            if byte == UInt8(ascii: "\""), !escaped { inString.toggle() }
            escaped = inString && !escaped && byte == UInt8(ascii: "\\")
            out.append(byte)
        }
        return String(decoding: out, as: UTF8.self).replacing("\u{2028}", with: "\\u2028")
            .replacing("\u{2029}", with: "\\u2029").replacing("\u{85}", with: "\\u0085")
    }

    /// The `params` member of a minified message, as text.
    private static func parameters(_ text: String) -> Substring? {
        guard let start = text.range(of: "\"params\":")?.upperBound else { return nil }
        return text[start...].dropLast()
    }

    @Test func `a row to be rejected is an error and reaches no server`() throws {
        let run = try ScriptedGateway()
        let session = try run.gateway.open("scripted", run.limited)
        #expect(try session.call("safe").toolText == "ran safe")
        let before = run.server.lines.count
        let rows = try Vector.load("json_vectors.jsonl").filter { $0.want == "reject" }
        #expect(rows.count > 30)
        for vector in rows {
            let answer = try run.gateway.send(session.post(vector.bytes))
            let refused =
                (400..<500).contains(answer.status) || (answer.status == 200 && answer.json["error"]["code"].int != nil)
            #expect(refused, "\(vector) (\(vector.rule)): \(answer)")
            #expect(answer.json["jsonrpc"].text == "2.0", "\(vector): \(answer)")
            #expect(answer.json.has("id"), "\(vector): \(answer)")
            #expect(answer.head.value("x-request-id") != nil)
            #expect(!answer.json.has("result"), "\(vector): \(answer)")
        }
        #expect(run.server.lines.count == before, "\(run.server.lines.dropFirst(before))")
        #expect(run.server.calls == ["safe"])
        #expect(try session.call("safe").toolText == "ran safe")
    }

    @Test func `a row to be passed reaches the server on one line, token for token`() throws {
        let run = try ScriptedGateway()
        let session = try run.gateway.open("scripted", run.limited)
        let rows = try Vector.load("json_vectors.jsonl").filter { $0.want == "canon" }
        #expect(rows.count > 10)
        for vector in rows {
            let message = try JSONTree(reading: vector.bytes)
            let isCall = message["method"].text == "tools/call"
            let allowed = !isCall || message["params"]["name"].text == "safe"
            let before = run.server.lines
            let answer = try run.gateway.send(session.post(vector.bytes))
            #expect(answer.json["id"] == message["id"], "\(vector): \(answer)")
            let new = run.server.lines.dropFirst(before.count)
            guard allowed else {
                #expect(answer.json["error"]["code"].int == -32602, "\(vector): \(answer)")
                #expect(new.isEmpty, "\(vector): \(new)")
                continue
            }
            #expect(answer.json.has("result"), "\(vector): \(answer)")
            #expect(new.count == 1, "\(vector): \(new)")
            let line = new.first ?? ""
            #expect(
                Self.parameters(line) == Self.parameters(Self.minified(vector.bytes)),
                "\(vector): \(line.prefix(500))"
            )
        }
        #expect(!run.server.received.contains(0x0D))
        #expect(run.server.calls.allSatisfy { $0 == "safe" })
    }

    @Test func `an id that is too long for a machine word is echoed or refused`() throws {
        let run = try ScriptedGateway()
        let session = try run.gateway.open("scripted", run.limited)
        for digits in ["9223372036854775807", "9223372036854775808", "18446744073709551616", "-9223372036854775809"] {
            let body = "{\"jsonrpc\":\"2.0\",\"id\":\(digits),\"method\":\"ping\"}"
            let answer = try run.gateway.send(session.post(Array(body.utf8)))
            let echoed = answer.status == 200 && answer.text.contains("\"id\":\(digits)")
            #expect(echoed || answer.json["error"]["code"].int == -32600, "\(digits): \(answer)")
        }
        #expect(try session.call("safe").toolText == "ran safe")
    }
}

@Suite struct `What reaches a stdio server` {
    private static func call(_ tool: String, id: Int, _ arguments: String) -> String {
        let parameters = "{\"name\":\"\(tool)\",\"arguments\":\(arguments)}"
        return "{\"jsonrpc\":\"2.0\",\"id\":\(id),\"method\":\"tools/call\",\"params\":\(parameters)}"
    }

    /// The first finding: a server that takes a bare CR for a line end runs the nested object as a call of its own.
    @Test(arguments: ["\r", "\n", "\r\n", "\r\r", "\n\r"])
    func `line ends between tokens smuggle no second message`(_ end: String) throws {
        let run = try ScriptedGateway()
        let session = try run.gateway.open("scripted", run.limited)
        let inner = Self.call("danger", id: 2, "{}")
        let places = [
            Self.call("safe", id: 1, "{\"x\":@\(inner)@}"),
            Self.call("safe", id: 1, "{\"x\":[1,@\(inner)@,2]}"),
            Self.call("safe", id: 1, "{\"x\":@{\"y\":@\(inner)@}@}"),
            "@" + Self.call("safe", id: 1, "{}").replacing(",", with: "@,@").replacing("}", with: "@}@") + "@",
        ]
        for place in places {
            let answer = try session.exchange(Array(place.replacing("@", with: end).utf8))
            #expect(answer.toolText == "ran safe", "\(answer)")
        }
        #expect(run.server.calls == [String](repeating: "safe", count: places.count))
        #expect(!run.server.received.contains(0x0D))
        #expect(run.server.lines.allSatisfy { (try? JSONTree(reading: $0))?.has("jsonrpc") == true })
    }

    /// The server itself is open to the attack, or the test above would prove nothing.
    @Test func `the same payload given to the server directly does run`() throws {
        let server = try ScriptedServer()
        let child = try ChildProcess(
            Places.python,
            ["-I", "-S", Places.scriptedServer, "--record", server.folder.path],
            input: .pipe
        )
        let payload = Self.call("safe", id: 1, "{\"x\":\r" + Self.call("danger", id: 2, "{}") + "\r}") + "\n"
        child.write(Array(payload.utf8))
        #expect(eventually { server.calls == ["danger"] })
    }

    @Test func `line ends inside strings stay escaped`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        let text = "a\r\nb\u{2028}c\u{2029}d\u{85}e\u{b}\u{c}"
        let answer = try session.call("echo", ["x": .string(text)])
        #expect(try JSONTree(reading: answer.toolText ?? "")["x"].text == text, "\(answer)")
        let line = try #require(run.server.lines.last)
        for scalar in line.unicodeScalars { #expect(!["\r", "\u{2028}", "\u{2029}", "\u{85}"].contains(scalar)) }
    }

    @Test func `line ends in an answer do not break the stream`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        #expect(try session.call("spaced").toolText == "spaced")
        let pending = try session.startCall(
            "progress",
            ["count": 1, "file": .string(run.gate())],
            meta: ["progressToken": 1]
        )
        #expect(try pending.readHead().isEventStream)
        try run.openGate()
        #expect(try pending.finish().toolText == "ran progress")
    }

    @Test func `the server never sees credentials, cookies or query strings`() throws {
        let run = try ScriptedGateway()
        let session = try run.open()
        session.extraFields = [("Cookie", "sid=canary-cookie"), ("X-Gatehouse-Subject", "canary-subject")]
        let answer = try session.call("whoami")
        let seen = try JSONTree(reading: answer.toolText ?? "")
        let environment = seen["environment"].json
        for secret in [run.full.key, "canary-cookie", "canary-subject"] {
            #expect(!environment.contains(secret))
            #expect(!String(decoding: run.server.received, as: UTF8.self).contains(secret))
        }
    }

    @Test func `the server inherits only what is named`() throws {
        let server = try ScriptedServer()
        var setup = GatewaySetup()
        let named: JSONTree = [
            "environment": ["PLAIN": "one", "SECRET": ["env": "GATEWAY_TEST_SECRET"], "MARK": "x"]
        ]
        setup.addServer("scripted", stdio: server.stdio([], named))
        let key = try setup.addKey("full", allow: ["tools": ["*"]])
        let gateway = try GatewayProcess(
            setup,
            environment: ["GATEWAY_TEST_SECRET": "two", "GATEWAY_TEST_OTHER": "three"]
        )
        let session = try gateway.open("scripted", key)
        let seen = try JSONTree(reading: try session.call("whoami").toolText ?? "")
        let environment = seen["environment"]
        #expect(environment["PLAIN"].text == "one")
        #expect(environment["SECRET"].text == "two")
        let standard: Set<String> = ["PATH", "HOME", "LANG", "TZ", "TMPDIR", "LC_CTYPE"]
        let others = Set(environment.members.map(\.name)).subtracting(standard)
        #expect(others == ["PLAIN", "SECRET", "MARK"], "\(others)")
        #expect(seen["group"].int == seen["pid"].int)
    }

    @Test(.enabled(if: getuid() == 0, "needs root"))
    func `a server runs as the account that is named`() throws {
        let run = try ScriptedGateway(stdio: ["user": "nobody"])
        let session = try run.open()
        let seen = try JSONTree(reading: try session.call("whoami").toolText ?? "")
        let nobody = try #require(getpwnam("nobody"))
        #expect(seen["uid"].int == Int(nobody.pointee.pw_uid))
    }
}
