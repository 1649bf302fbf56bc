// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite struct Authentication {
    private static let initialize = MCPSession.request(
        "initialize",
        ["protocolVersion": "2025-11-25", "capabilities": [:], "clientInfo": ["name": "t", "version": "1"]],
        id: 1
    ).bytes

    private static func request(_ method: String, _ fields: [(String, String)], target: String? = nil) -> RequestText {
        let path = target ?? "/calculator/mcp"
        switch method {
        case "POST":
            let standard = [("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream")]
            return RequestText("POST", path, standard + fields, body: initialize)
        case "GET": return RequestText("GET", path, [("Accept", "text/event-stream")] + fields)
        default: return RequestText(method, path, fields)
        }
    }

    /// MCP-13, MCP-27, MCP-28: a key-only endpoint has no metadata to point at.
    private func expectChallenge(
        _ answer: HTTPAnswer,
        invalid: Bool,
        _ comment: String,
        _ place: SourceLocation = #_sourceLocation
    ) {
        expectRefused(answer, 401, code: 401, comment, place)
        let challenges = answer.head.values("www-authenticate")
        #expect(challenges.count == 1, "\(comment) \(answer)", sourceLocation: place)
        let challenge = challenges.first ?? ""
        #expect(challenge.hasPrefix("Bearer realm=\""), "\(comment) \(challenge)", sourceLocation: place)
        #expect(!challenge.contains("resource_metadata"), "\(comment) \(challenge)", sourceLocation: place)
        let says = challenge.contains("error=\"invalid_token\"")
        #expect(says == invalid, "\(comment) \(challenge)", sourceLocation: place)
        #expect(challenge.contains("error") == invalid, "\(comment) \(challenge)", sourceLocation: place)
    }

    @Test(arguments: ["POST", "GET", "DELETE"])
    func `without credentials there is a challenge and nothing else`(_ method: String) throws {
        let run = try CalculatorGateway()
        let answer = try run.gateway.send(Self.request(method, []))
        expectChallenge(answer, invalid: false, method)
        #expect(run.gateway.process.running)
        let served = try run.gateway.send(Self.request("POST", [("Authorization", "Bearer \(run.full.key)")]))
        #expect(served.status == 200, "\(served)")
    }

    @Test(arguments: ["POST", "GET", "DELETE"])
    func `a credential that is no key of ours is refused with one text`(_ method: String) throws {
        let run = try CalculatorGateway()
        let key = run.full.key
        let wrong: [(String, String, String)] = [
            ("no such id", "Authorization", "Bearer " + key.replacing("ghk_full_", with: "ghk_fool_")),
            ("last character changed", "Authorization", "Bearer " + key.dropLast() + (key.hasSuffix("0") ? "1" : "0")),
            ("cut", "Authorization", "Bearer " + key.dropLast(3)),
            ("longer", "Authorization", "Bearer " + key + "a"),
            ("opaque", "Authorization", "Bearer opaque-token"),
            ("a token", "Authorization", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2ln"),
            ("empty key", "X-API-Key", ""),
            ("wrong key", "X-API-Key", "nonsense"),
        ]
        var bodies: Set<String> = []
        for (comment, name, value) in wrong {
            let answer = try run.gateway.send(Self.request(method, [(name, value)]))
            expectChallenge(answer, invalid: true, comment)
            let id = answer.head.value("x-request-id") ?? "none"
            bodies.insert(answer.text.replacing(id, with: "ID") + (answer.head.value("www-authenticate") ?? ""))
        }
        #expect(bodies.count == 1, "\(bodies)")
    }

    @Test(arguments: ["Basic dXNlcjpwYXNz", "Digest x", "ghk_full", "Bearer", "Bearer "])
    func `another scheme is never anonymous`(_ value: String) throws {
        let run = try CalculatorGateway(access: [
            ["id": "open", "servers": ["calculator"], "to": "anyone", "allow": ["tools": ["add"]]]
        ])
        expectRefused(try run.gateway.send(Self.request("POST", [("Authorization", value)])), 401, code: 401, value)
        #expect(try run.gateway.send(Self.request("POST", [])).status == 200)
    }

    @Test func `a key is taken from either header`() throws {
        let run = try CalculatorGateway()
        for field in [
            ("Authorization", "Bearer \(run.full.key)"), ("authorization", "bearer \(run.full.key)"),
            ("X-API-Key", run.full.key), ("x-api-key", run.full.key),
        ] {
            let answer = try run.gateway.send(Self.request("POST", [field]))
            #expect(answer.status == 200, "\(field) \(answer)")
            #expect(answer.head.value("mcp-session-id") != nil)
        }
    }

    @Test(arguments: ["POST", "GET", "DELETE"])
    func `two credentials are one too many`(_ method: String) throws {
        let run = try CalculatorGateway()
        let bearer = ("Authorization", "Bearer \(run.full.key)")
        let header = ("X-API-Key", run.full.key)
        for (comment, fields) in [
            ("both headers", [bearer, header]), ("one header twice", [header, header]),
            ("both, one of them wrong", [("Authorization", "Bearer wrong"), header]),
        ] {
            let answer = try run.gateway.send(Self.request(method, fields))
            expectRefused(answer, 400, code: 400, comment)
            #expect(answer.head.value("www-authenticate") == nil, "\(comment) \(answer)")
        }
        // A singleton field: the HTTP parser refuses it before anybody looks at credentials.
        expectRefused(try run.gateway.send(Self.request(method, [bearer, bearer])), 400)
    }

    @Test func `a credential in the query string does not count and is not logged`() throws {
        let run = try CalculatorGateway()
        let key = run.full.key
        for query in ["access_token=\(key)", "api_key=\(key)", "key=\(key)", "authorization=Bearer%20\(key)"] {
            let answer = try run.gateway.send(Self.request("POST", [], target: "/calculator/mcp?\(query)"))
            expectChallenge(answer, invalid: false, query)
        }
        let served = try run.gateway.send(
            Self.request("POST", [("X-API-Key", key)], target: "/calculator/mcp?access_token=other-secret")
        )
        #expect(served.status == 200, "\(served)")
        run.gateway.stop()
        #expect(!run.gateway.process.errors.contains(key))
        #expect(!run.gateway.process.errors.contains("other-secret"))
    }

    @Test func `an entry holds only when, where and from where it says`() throws {
        var setup = GatewaySetup()
        let stdio = Places.calculator
        setup.addServer("calculator", stdio: stdio)
        setup.addServer("second", stdio: stdio)
        let allow: JSONTree = ["tools": ["*"]]
        let rows: [(id: String, entry: JSONTree, served: Bool)] = [
            ("plain", [:], true),
            ("expired", ["expires": "2020-01-01T00:00:00Z"], false),
            ("lasting", ["expires": "2099-01-01T00:00:00Z"], true),
            ("early", ["not_before": "2099-01-01T00:00:00Z"], false),
            ("begun", ["not_before": "2020-01-01T00:00:00Z"], true),
            ("disabled", ["disabled": true], false),
            ("enabled", ["disabled": false], true),
            ("elsewhere", ["servers": ["second"]], false),
            ("here", ["servers": ["calculator"]], true),
            ("far", ["addresses": ["10.0.0.0/8", "fe80::/10"]], false),
            ("near", ["addresses": ["10.0.0.0/8", "127.0.0.0/8"]], true),
        ]
        var keys: [(TestKey, Bool)] = []
        for row in rows { keys.append((try setup.addKey(row.id, allow: allow, entry: row.entry), row.served)) }
        let gateway = try GatewayProcess(setup)
        for (key, served) in keys {
            let answer = try gateway.send(Self.request("POST", [("X-API-Key", key.key)]))
            if served {
                #expect(answer.status == 200, "\(key.id) \(answer)")
            } else {
                expectChallenge(answer, invalid: true, key.id)
            }
        }
        let elsewhere = try #require(keys.first { $0.0.id == "elsewhere" })
        let other = Self.request("POST", [("X-API-Key", elsewhere.0.key)], target: "/second/mcp")
        #expect(try gateway.send(other).status == 200)
        let near = try #require(keys.first { $0.0.id == "near" })
        #expect(try gateway.send(Self.request("POST", [("X-API-Key", near.0.key)]), from: "127.0.0.9").status == 200)
    }

    @Test func `one id can have two keys while it is rotated`() throws {
        var setup = GatewaySetup()
        setup.addServer("calculator", stdio: Places.calculator)
        let new = try TestKey.make("rotating")
        let old = try TestKey.make("rotating")
        let gone = try TestKey.make("rotating")
        var entry: JSONTree = ["id": "rotating"]
        entry["hashes"] = [
            ["hash": new.entry["hash"]],
            ["hash": old.entry["hash"], "expires": "2099-01-01T00:00:00Z"],
            ["hash": gone.entry["hash"], "expires": "2020-01-01T00:00:00Z"],
        ]
        setup.keys = [TestKey(id: "rotating", key: new.key, entry: entry)]
        setup.access = [
            ["id": "r", "servers": ["calculator"], "to": ["key": "rotating"], "allow": ["tools": ["*"]]]
        ]
        let gateway = try GatewayProcess(setup)
        #expect(try gateway.send(Self.request("POST", [("X-API-Key", new.key)])).status == 200)
        #expect(try gateway.send(Self.request("POST", [("X-API-Key", old.key)])).status == 200)
        #expect(try gateway.send(Self.request("POST", [("X-API-Key", gone.key)])).status == 401)
    }

    @Test func `an imported key works as one of our own`() throws {
        let imported = "partner.key-0123456789abcdefghijklmnop"
        let hashed = try Command.run(
            Places.program("gatehouse"),
            ["key", "hash", "--id", "partner"],
            input: imported + "\n"
        )
        #expect(hashed.code == 0, "\(hashed)")
        let said = hashed.output + hashed.errors
        #expect(!said.contains(imported))
        let open = try #require(said.firstIndex(of: "{"))
        let end = try #require(said.lastIndex(of: "}"))
        let entry = try JSONTree(reading: String(said[open...end]))
        var setup = GatewaySetup()
        setup.addServer("calculator", stdio: Places.calculator)
        setup.keys = [TestKey(id: "partner", key: imported, entry: entry)]
        setup.access = [["id": "p", "servers": ["calculator"], "to": ["key": "partner"], "allow": ["tools": ["*"]]]]
        let gateway = try GatewayProcess(setup)
        #expect(try gateway.send(Self.request("POST", [("Authorization", "Bearer \(imported)")])).status == 200)
        #expect(try gateway.send(Self.request("POST", [("X-API-Key", imported)])).status == 200)
        #expect(try gateway.send(Self.request("POST", [("X-API-Key", imported + "q")])).status == 401)
    }

    /// The order of the Exchange: nobody's body is looked at before it is known who sends it.
    @Test func `whoever is not authenticated learns nothing of what else is wrong`() throws {
        let run = try CalculatorGateway(limits: ["body": "1KiB"])
        let json = ("Content-Type", "application/json")
        let bad: [(String, [(String, String)], [UInt8])] = [
            ("no JSON", [json], Array("{".utf8)),
            ("other type", [("Content-Type", "text/plain")], Array("{}".utf8)),
            ("encoded", [json, ("Content-Encoding", "gzip")], Array("{}".utf8)),
            ("too large", [json], [UInt8](repeating: 0x20, count: 4096)),
            ("modern", [json, ("MCP-Protocol-Version", "2026-07-28")], Array("{}".utf8)),
            ("foreign session", [json, ("Mcp-Session-Id", "made-up")], Array("{}".utf8)),
            ("no Accept", [json, ("Accept", "text/plain")], Array("{}".utf8)),
        ]
        for (comment, fields, body) in bad {
            let request = RequestText("POST", "/calculator/mcp", fields, body: body)
            expectChallenge(try run.gateway.send(request), invalid: false, comment)
            let known = RequestText("POST", "/calculator/mcp", fields + [("X-API-Key", run.full.key)], body: body)
            let answer = try run.gateway.send(known)
            #expect(answer.status >= 400 && answer.status != 401, "\(comment): \(answer)")
        }
    }

    /// MCP-38: clients read a 401 there as something quite different.
    @Test func `well-known paths are never challenged`() throws {
        let run = try CalculatorGateway()
        for path in [
            "/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/calculator/mcp",
            "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration", "/.well-known/x",
            "/calculator/mcp/.well-known/openid-configuration",
        ] {
            let answer = try run.gateway.send(RequestText("GET", path))
            expectRefused(answer, 404, code: nil, path)
            #expect(answer.head.value("www-authenticate") == nil)
        }
    }
}
