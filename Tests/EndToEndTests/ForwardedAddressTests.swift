// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The calculator behind a proxy: 127.0.0.1 is trusted, any other loopback address is not.
struct ProxiedGateway {
    let gateway: GatewayProcess
    /// Only from 203.0.113.7 and 2001:db8::7.
    let far: TestKey
    /// Only from this machine.
    let near: TestKey

    /// - Parameter more: further listeners.
    init(
        _ listener: JSONTree,
        more: [JSONTree] = [],
        trusted: [String] = ["127.0.0.1", "10.0.0.0/8"],
        limits: JSONTree = [:]
    ) throws {
        var setup = GatewaySetup()
        setup.addServer("calculator", stdio: Places.calculator)
        far = try setup.addKey("far", allow: ["tools": ["*"]], entry: ["addresses": ["203.0.113.7", "2001:db8::7"]])
        near = try setup.addKey("near", allow: ["tools": ["*"]], entry: ["addresses": ["127.0.0.0/8"]])
        setup.access.append(["id": "open", "servers": ["calculator"], "to": "anyone", "allow": ["tools": ["add"]]])
        let entry: JSONTree = ["address": "127.0.0.1:0"]
        setup.changes = [
            "listen": .array([entry.merging(listener)] + more), "trusted_proxies": JSONTree(strings: trusted),
        ]
        setup.limits = limits
        gateway = try GatewayProcess(setup)
    }

    static let initialize = MCPSession.request(
        "initialize",
        ["protocolVersion": "2025-11-25", "capabilities": [:], "clientInfo": ["name": "t", "version": "1"]],
        id: 1
    ).bytes

    static func request(_ key: TestKey?, _ fields: [(String, String)] = []) -> RequestText {
        let standard = [("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream")]
        let credential = key.map { [("Authorization", "Bearer \($0.key)")] } ?? []
        return RequestText("POST", "/calculator/mcp", standard + credential + fields, body: initialize)
    }

    /// The status of a request that says this of its way, and the address that the log has for it.
    func status(
        _ key: TestKey?,
        _ fields: [(String, String)],
        from: String = "127.0.0.1"
    ) throws -> (status: Int, address: String?) {
        let answer = try gateway.send(Self.request(key, fields), from: from)
        let line = gateway.accessLine(answer.head.value("x-request-id") ?? "none")
        return (answer.status, line?["address"].text)
    }
}

/// Semantics, section 6: `client_address_from`.
@Suite struct `Forwarded addresses` {
    private static let kinds = ["forwarded", "x-forwarded-for"]

    /// The field that a kind reads, with these hops.
    private static func field(_ kind: String, _ hops: [String]) -> (String, String) {
        guard kind == "forwarded" else { return ("X-Forwarded-For", hops.joined(separator: ", ")) }
        let elements = hops.map { $0.contains(":") ? "for=\"[\($0)]\";proto=https" : "for=\($0);proto=https" }
        return ("Forwarded", elements.joined(separator: ", "))
    }

    @Test(arguments: kinds) func `a trusted proxy tells the client's address`(_ kind: String) throws {
        let run = try ProxiedGateway(["client_address_from": .string(kind)])
        for client in ["203.0.113.7", "2001:db8::7"] {
            let told = try run.status(run.far, [Self.field(kind, [client])])
            #expect(told == (200, client))
        }
        #expect(try run.status(run.far, [Self.field(kind, ["203.0.113.8"])]) == (401, "203.0.113.8"))
        #expect(try run.status(run.far, []) == (401, "127.0.0.1"))
        #expect(try run.status(run.near, []) == (200, "127.0.0.1"))
    }

    @Test(arguments: kinds) func `anybody else's word is not heard, whatever it is`(_ kind: String) throws {
        let run = try ProxiedGateway(["client_address_from": .string(kind)])
        let field = Self.field(kind, ["203.0.113.7"])
        #expect(try run.status(run.far, [field], from: "127.0.0.2") == (401, "127.0.0.2"))
        #expect(try run.status(run.near, [field], from: "127.0.0.2") == (200, "127.0.0.2"))
        #expect(try run.status(run.near, [(field.0, "nonsense")], from: "127.0.0.2") == (200, "127.0.0.2"))
        #expect(try run.status(run.far, [field]) == (200, "203.0.113.7"))
    }

    @Test(arguments: kinds) func `what the client claims itself is not believed`(_ kind: String) throws {
        let run = try ProxiedGateway(["client_address_from": .string(kind)])
        let claims = [
            ["203.0.113.7", "198.51.100.1"], ["10.0.0.1", "198.51.100.1"], ["203.0.113.7", "198.51.100.1", "10.0.0.1"],
        ]
        for hops in claims {
            #expect(try run.status(run.far, [Self.field(kind, hops)]) == (401, "198.51.100.1"), "\(hops)")
        }
        // Through two proxies that are trusted, and before them whatever the client liked to say.
        let hops = ["198.51.100.1", "203.0.113.7", "10.0.0.1", "10.9.9.9"]
        #expect(try run.status(run.far, [Self.field(kind, hops)]) == (200, "203.0.113.7"))
        let lines = hops.map { Self.field(kind, [$0]) }
        #expect(try run.status(run.far, lines) == (200, "203.0.113.7"))
        // Nobody but proxies: the one that is farthest away.
        #expect(try run.status(run.far, [Self.field(kind, ["10.0.0.1", "10.0.0.2"])]) == (401, "10.0.0.1"))
    }

    @Test func `a field that cannot be read is 400`() throws {
        let bad = [
            "forwarded": [
                "for=unknown", "for=_hidden", "for=\"203.0.113.7", "for=203.0.113.7:80", "for=\"[::1]:99999\"",
                "proto=https", "203.0.113.7", "",
            ],
            "x-forwarded-for": [
                "unknown", "203.0.113.7,", "nonsense, 203.0.113.7", "203.0.113.7:x", "for=203.0.113.7", "",
                [String](repeating: "203.0.113.7", count: 65).joined(separator: ","),
            ],
        ]
        for kind in Self.kinds {
            let run = try ProxiedGateway(["client_address_from": .string(kind)])
            for value in bad[kind] ?? [] {
                let name = Self.field(kind, []).0
                let answer = try run.gateway.send(ProxiedGateway.request(run.far, [(name, value)]), from: "127.0.0.1")
                expectRefused(answer, 400, code: 400, "\(kind): \(value)")
            }
            #expect(try run.status(run.far, [Self.field(kind, ["203.0.113.7"])]).status == 200)
        }
    }

    @Test func `only the field that is configured counts`() throws {
        for (kind, other) in [("forwarded", "x-forwarded-for"), ("x-forwarded-for", "forwarded")] {
            let run = try ProxiedGateway(["client_address_from": .string(kind)])
            let wrong = Self.field(other, ["203.0.113.7"])
            #expect(try run.status(run.far, [wrong]) == (401, "127.0.0.1"))
            let right = Self.field(kind, ["198.51.100.1"])
            #expect(try run.status(run.far, [wrong, right]) == (401, "198.51.100.1"))
            #expect(try run.status(run.far, [(wrong.0, "nonsense"), Self.field(kind, ["203.0.113.7"])]).status == 200)
        }
    }

    @Test(arguments: [[:], ["client_address_from": "none"]] as [JSONTree])
    func `by default no field counts, from nobody`(_ listener: JSONTree) throws {
        let run = try ProxiedGateway(listener)
        for kind in Self.kinds {
            #expect(try run.status(run.far, [Self.field(kind, ["203.0.113.7"])]) == (401, "127.0.0.1"))
            #expect(try run.status(run.near, [(Self.field(kind, []).0, "nonsense")]) == (200, "127.0.0.1"))
        }
    }

    @Test func `the unauthenticated are told apart by the address that is believed`() throws {
        let run = try ProxiedGateway(["client_address_from": "x-forwarded-for"])
        let session = run.gateway.session("calculator", nil)
        session.from = "127.0.0.1"
        session.extraFields = [("X-Forwarded-For", "198.51.100.1")]
        try session.open()
        #expect(try session.call("add", ["a": 1, "b": 2]).toolText == "3")
        session.extraFields = [("X-Forwarded-For", "198.51.100.2")]
        #expect(try session.call("add", ["a": 1, "b": 2]).status == 404)
        session.extraFields = [("X-Forwarded-For", "198.51.100.1")]
        #expect(try session.call("add", ["a": 1, "b": 2]).toolText == "3")
    }
}
