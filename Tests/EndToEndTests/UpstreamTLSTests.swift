// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// `servers.NAME.http.tls`: a gateway in front of another, over TLS.
@Suite struct `Servers over https` {
    private struct Front {
        let gateway: GatewayProcess
        let session: MCPSession
    }

    /// A gateway in front of `behind` whose server is `https://HOST`.
    private static func front(_ behind: SecureGateway, host: String, _ tls: JSONTree?) throws -> Front {
        var setup = GatewaySetup()
        let key = try setup.addKey("caller", allow: ["tools": ["*"]])
        var http: JSONTree = [
            "url": .string("https://\(host):\(behind.gateway.tlsPort)/calculator/mcp"),
            "headers": ["Authorization": ["env": "BEHIND", "prefix": "Bearer "]],
        ]
        if let tls { http["tls"] = tls }
        setup.servers.append((name: "calculator", entry: ["path": "/calculator/mcp", "http": http]))
        let gateway = try GatewayProcess(setup, environment: ["BEHIND": behind.full.key])
        return Front(gateway: gateway, session: gateway.session("calculator", key))
    }

    private func expectServed(_ front: Front, _ place: SourceLocation = #_sourceLocation) throws {
        try front.session.open()
        #expect(try front.session.call("add", ["a": 2, "b": 3]).toolText == "5", sourceLocation: place)
    }

    /// 502, and the server has not heard of it.
    private func expectNotSent(
        _ front: Front,
        _ behind: SecureGateway,
        _ place: SourceLocation = #_sourceLocation
    ) throws {
        let before = behind.gateway.accessLines.count
        expectMasked(try front.session.initialize(), meant: 502, code: 502, place: place)
        #expect(behind.gateway.accessLines.count == before, sourceLocation: place)
    }

    @Test func `a server is served whose authority is named, and no other`() throws {
        let behind = try SecureGateway()
        let other = try TestAuthority("Another authority")
        let ca: JSONTree = ["ca": .string(behind.authority.path)]
        try expectServed(try Self.front(behind, host: "localhost", ca))
        try expectServed(try Self.front(behind, host: "127.0.0.1", ca))
        try expectNotSent(try Self.front(behind, host: "localhost", nil), behind)
        try expectNotSent(try Self.front(behind, host: "localhost", [:]), behind)
        try expectNotSent(try Self.front(behind, host: "localhost", ["ca": .string(other.path)]), behind)
    }

    @Test func `the certificate must be for the host, or for server_name`() throws {
        let behind = try SecureGateway(names: "IP:127.0.0.1")
        let ca = JSONTree.string(behind.authority.path)
        try expectServed(try Self.front(behind, host: "127.0.0.1", ["ca": ca]))
        try expectNotSent(try Self.front(behind, host: "localhost", ["ca": ca]), behind)
        try expectServed(try Self.front(behind, host: "localhost", ["ca": ca, "server_name": "127.0.0.1"]))
        try expectNotSent(try Self.front(behind, host: "127.0.0.1", ["ca": ca, "server_name": "localhost"]), behind)
    }

    @Test func `a server that wants a certificate is shown the one that is named`() throws {
        let behind = try SecureGateway(["client_certificate": "required"])
        let ca = JSONTree.string(behind.authority.path)
        let issued = try behind.authority.issue("gateway", usage: "clientAuth")
        let own: JSONTree = [
            "ca": ca, "client_certificate": .string(issued.certificatePath), "client_key": .string(issued.keyPath),
        ]
        try expectServed(try Self.front(behind, host: "localhost", own))
        try expectNotSent(try Self.front(behind, host: "localhost", ["ca": ca]), behind)
    }
}
