// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GatewayApp

/// `servers.NAME.http` as the reader understands it.
@Suite struct UpstreamConfigurationTests {
    private static func upstream(
        _ http: String,
        defaults: String = "{}",
        _ variables: [String: String] = [:]
    ) throws -> HTTPUpstreamConfiguration {
        var files = MemoryFiles([
            "gateway.json": "{\(Document.listen), \"server_defaults\": \(defaults), \"servers\": {\"git\": "
                + "{\"http\": \(http)}}}"
        ])
        files.variables.merge(variables) { $1 }
        let outcome = files.outcome()
        #expect(outcome.problems.map(\.text) == [])
        let server = try #require(outcome.configuration?.servers.first)
        #expect(server.stdio == nil)
        guard case .http(let upstream) = server.upstream else {
            Issue.record("the server is one over HTTP")
            return ConfigurationReader.someUpstream
        }
        return upstream
    }

    @Test(arguments: [
        ("http://127.0.0.1:3001/mcp", "127.0.0.1:3001", "127.0.0.1", 3001, "/mcp", false),
        ("https://MCP.example.com/a/b?c=%2Fd&e", "mcp.example.com", "mcp.example.com", 443, "/a/b?c=%2Fd&e", true),
        ("https://h:443/", "h", "h", 443, "/", true), ("http://h:443/", "h:443", "h", 443, "/", false),
        ("http://h:80", "h", "h", 80, "/", false), ("HTTP://h?x=1", "h", "h", 80, "/?x=1", false),
        ("http://[::1]:8080/Mcp", "[::1]:8080", "::1", 8080, "/Mcp", false),
        ("https://[2001:DB8::1]", "[2001:db8::1]", "2001:db8::1", 443, "/", true),
        ("http://a.b-c_d:65535//x/../y", "a.b-c_d:65535", "a.b-c_d", 65535, "//x/../y", false),
    ])
    func `a URL is taken apart`(
        _ url: String,
        _ host: String,
        _ name: String,
        _ port: UInt16,
        _ target: String,
        _ usesTLS: Bool
    ) throws {
        let upstream = try Self.upstream("{\"url\": \"\(url)\"}")
        #expect([upstream.host, upstream.name, upstream.target].map(text) == [host, name, target])
        #expect(upstream.port == port && upstream.usesTLS == usesTLS)
    }

    @Test func `what the file leaves out has its default`() throws {
        let upstream = try Self.upstream("{\"url\": \"http://h/\"}")
        #expect(upstream.headers.isEmpty && upstream.connectionsMaximum == 256)
        #expect(upstream.connectionIdle == 60_000_000_000)
    }

    @Test func `headers hold secrets with their prefix, and plain settings`() throws {
        let upstream = try Self.upstream(
            "{\"url\": \"http://h/\", \"headers\": {\"Authorization\": {\"env\": \"T\", \"prefix\": \"Bearer \"}, "
                + "\"X-Tenant\": \"größe\", \"X-Empty\": \"\"}, \"connections\": {\"maximum\": 3, \"idle\": \"5s\"}}",
            ["T": "t0ken"]
        )
        #expect(
            upstream.headers.map { "\(text($0.name)): \(text($0.value))" } == [
                "Authorization: Bearer t0ken", "X-Tenant: größe", "X-Empty: ",
            ]
        )
        #expect(upstream.connectionsMaximum == 3 && upstream.connectionIdle == 5_000_000_000)
    }

    @Test func `server_defaults give headers and connections, and the server's own win`() throws {
        let upstream = try Self.upstream(
            "{\"url\": \"http://h/\", \"headers\": {\"X-A\": \"own\"}}",
            defaults: "{\"http\": {\"headers\": {\"X-A\": \"1\", \"X-B\": \"2\"}, \"connections\": {\"maximum\": 9}}, "
                + "\"stdio\": {\"open_files\": 64}}"
        )
        #expect(upstream.headers.map { "\(text($0.name))=\(text($0.value))" } == ["X-A=own", "X-B=2"])
        #expect(upstream.connectionsMaximum == 9)
    }

    @Test func `a default for HTTP does not make a stdio server one over HTTP`() throws {
        let document = """
            {\(Document.listen), "server_defaults": {"http": {"headers": {"X-A": "1"}}, "timeouts": {"connect": "3s"}},
             "servers": {"a": {"stdio": {"command": "tool"}}}}
            """
        let outcome = MemoryFiles(["gateway.json": document]).outcome()
        #expect(outcome.problems.map(\.text) == [])
        let server = try #require(outcome.configuration?.servers.first)
        #expect(server.stdio != nil && server.timeouts.connect == 3_000_000_000)
    }

    @Test(arguments: [(64, true), (65, false)]) func `the headers of a server are counted`(_ count: Int, _ fits: Bool) {
        let headers = (0..<count).map { "\"X-\($0)\": \"v\"" }.joined(separator: ", ")
        let document = Document.around(
            "\"http\": {\"url\": \"http://h/\", \"headers\": {\(headers)}}",
            kind: "upstream"
        )
        #expect((MemoryFiles(["gateway.json": document ?? ""]).outcome().configuration != nil) == fits)
    }

    @Test(arguments: [(8192, true), (8193, false)]) func `a header's value is measured`(_ count: Int, _ fits: Bool) {
        let value = String(repeating: "v", count: count)
        let document = Document.around(
            "\"http\": {\"url\": \"http://h/\", \"headers\": {\"X-A\": \"\(value)\"}}",
            kind: "upstream"
        )
        #expect((MemoryFiles(["gateway.json": document ?? ""]).outcome().configuration != nil) == fits)
    }

    @Test func `no secret of an upstream gets into a message`() {
        let fragments = [
            "\"http\": {\"url\": \"http://me:hunter2@h/\"}", "\"http\": {\"url\": \"http://h/ ?key=hunter2\"}",
            "\"http\": {\"url\": \"http://h/\", \"headers\": {\"X-A\": {\"env\": \"SECRET\"}}}",
            "\"http\": {\"url\": \"http://h/\", \"headers\": {\"Authorization\": \"hunter2\\n\"}}",
        ]
        for fragment in fragments {
            var files = MemoryFiles(["gateway.json": Document.around(fragment, kind: "upstream") ?? ""])
            files.variables["SECRET"] = "hunter2\u{1}"
            #expect(files.outcome().configuration == nil, "\(fragment)")
            #expect(!files.lines().joined().contains("hunter2"), "\(fragment)")
        }
    }
}
