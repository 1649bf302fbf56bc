// SPDX-License-Identifier: Apache-2.0

import Bytes
import HTTP
import Testing

@testable import GatewayApp

/// Proxies and browsers in front, as the reader understands them.
@Suite struct EdgeConfigurationTests {
    private static func read(_ members: String) throws -> GatewayConfiguration {
        let outcome = MemoryFiles(["gateway.json": "{\(members)}"]).outcome()
        #expect(outcome.problems.map(\.text) == [])
        return try #require(outcome.configuration)
    }

    @Test func `nobody is believed, and no page allowed, unless the file says so`() throws {
        let read = try Self.read("\(Document.listen), \(Document.server)")
        #expect(read.trustedProxies.isEmpty && read.allowedOrigins.isEmpty)
        #expect(read.listeners.allSatisfy { !$0.proxyProtocol && $0.clientAddressFrom == nil })
        #expect(read.servers.allSatisfy { !$0.forwardIdentity })
        let empty = try Self.read(
            "\(Document.listen), \(Document.server), \"trusted_proxies\": [], \"allowed_origins\": []"
        )
        #expect(empty.trustedProxies.isEmpty && empty.allowedOrigins.isEmpty)
    }

    @Test func `listeners, proxies and servers hold what the file says`() throws {
        let read = try Self.read(
            """
            "listen": [{"address": "127.0.0.1:1", "proxy_protocol": true},
              {"address": "127.0.0.1:2", "client_address_from": "forwarded"},
              {"address": "127.0.0.1:3", "client_address_from": "x-forwarded-for", "proxy_protocol": false},
              {"address": "127.0.0.1:4", "client_address_from": "none"}],
            "trusted_proxies": ["10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "::1"],
            "server_defaults": {"forward_identity": true},
            "servers": {"a": {"http": {"url": "http://h/"}}, "b": {"stdio": {"command": "tool"}},
              "c": {"http": {"url": "http://h/"}, "forward_identity": false},
              "d": {"stdio": {"command": "tool"}, "forward_identity": false}}
            """
        )
        #expect(read.listeners.map(\.proxyProtocol) == [true, false, false, false])
        #expect(read.listeners.map(\.clientAddressFrom) == [nil, .forwarded, .xForwardedFor, nil])
        #expect(read.trustedProxies.map(\.prefixLength) == [104, 128, 32, 128])
        #expect(read.servers.filter { $0.stdio == nil }.map(\.forwardIdentity) == [true, false])
    }

    @Test(arguments: [
        ("https://app.example.com", "https://app.example.com"),
        ("HTTPS://App.Example.com:443", "https://app.example.com"),
        ("http://localhost:6274", "http://localhost:6274"), ("http://a:80", "http://a"),
        ("http://a:443", "http://a:443"),
        ("https://[::1]:8443", "https://[::1]:8443"), ("vscode-webview://0a1b", "vscode-webview://0a1b"),
    ])
    func `an origin is what a browser writes`(_ written: String, _ origin: String) throws {
        let read = try Self.read("\(Document.listen), \(Document.server), \"allowed_origins\": [\"\(written)\"]")
        #expect(read.allowedOrigins.map(text) == [origin])
    }

    @Test(arguments: [(1024, true), (1025, false)]) func `proxies and origins are counted`(_ count: Int, _ fits: Bool) {
        let proxies = (0..<count).map { "\"10.0.\($0 / 256).\($0 % 256)\"" }.joined(separator: ",")
        let origins = (0..<count).map { "\"https://h\($0)\"" }.joined(separator: ",")
        for member in ["\"trusted_proxies\": [\(proxies)]", "\"allowed_origins\": [\(origins)]"] {
            let document = Document.around(member, kind: "root") ?? ""
            #expect((MemoryFiles(["gateway.json": document]).outcome().configuration != nil) == fits)
        }
    }
}
