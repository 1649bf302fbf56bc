// SPDX-License-Identifier: Apache-2.0

import Bytes
import Identity
import JSON
import Policy
import Telemetry
import Testing

@testable import GatewayApp

private let full = """
    // A configuration with every key.
    {
      "$schema": "gateway.schema.json",
      "include": ["none/*.json"],
      "public_url": "https://MCP.example.com:443",
      "listen": [{ "address": "127.0.0.1:8080" }, { "address": "[::1]:0" }, { "address": "localhost:81" }],
      "admin": { "address": "127.0.0.1:9901" },
      "threads": 3,
      "allowed_hosts": ["MCP.example.com", "[::1]:8080"],
      "authentication": {
        "api_keys": [
          { "id": "ci", "hash": "sha256:\(salt):\(digest)", "subject": "ci-bot", "roles": ["reader", "demo"],
            "claims": { "team": "build" }, "not_before": "2026-11-01T00:00:00Z", "expires": "2027-01-01T00:00:00Z",
            "disabled": true, "servers": ["calculator"], "addresses": ["10.0.0.0/8", "2001:db8::/32", "::1"] },
          { "id": "two", "hashes": [
            { "hash": "sha256:\(salt)00:\(digest)", "expires": "2027-01-01T00:00:00.5Z" },
            { "hash": "sha256:\(salt)01:\(digest)" } ] }
        ],
        "api_key_files": ["keys.d/*.json"]
      },
      "server_defaults": { "denials": "explain" },
      "servers": {
        "calculator": {
          "path": "/calc",
          "stdio": {
            "command": "bin/server", "arguments": ["--fast", "", "a b"], "directory": "sub",
            "environment": { "TOKEN": { "env": "CALC", "prefix": "Bearer " }, "MODE": "x",
              "FILE": { "file": "secret" } },
            "isolation": "session", "processes": { "maximum": 7, "idle": "90s", "warm": 0 }, "user": "mcp",
            "memory": "512MiB", "open_files": 100, "start_timeout": "1s", "stop_timeout": "250ms"
          },
          "authenticate": ["api_key"], "server_requests": ["roots"],
          "timeouts": { "response": "5m", "stream_ping": "7s", "stream_maximum": "12h" },
          "denials": "hide", "error_status": "http"
        }
      },
      "access": [
        { "id": "readers", "servers": ["calc*"],
          "to": { "key": "ci", "subject": ["s", "t"], "role": "demo", "kind": "api_key" },
          "allow": { "tools": ["add"], "resources": ["file:///a/**"], "prompts": ["p"], "methods": ["x/y"] } },
        { "to": "authenticated", "deny": "everything", "mode": "report", "message": "No." }
      ],
      "sessions": { "key": [{ "env": "LONG" }, { "file": "secret" }] },
      "log": { "level": "debug", "format": "text", "file": "sub/gatehouse.log" },
      "limits": {
        "connections": 1, "header_bytes": "2KiB", "headers": 9, "body": "3KiB", "json_depth": 11,
        "response_message": "4KiB", "sessions": 5, "session_idle": "6s", "session_lifetime": "7s",
        "sessions_per_principal": 8, "header_timeout": "9s", "body_timeout": "10s", "keep_alive": "11s",
        "drain_delay": "12s", "drain": "13s"
      }
    }
    """
private let salt = String(repeating: "ab", count: 16)
private let digest = String(repeating: "cd", count: 32)

@Suite struct ConfigurationReaderTests {
    private static func read() throws -> GatewayConfiguration {
        var files = MemoryFiles(["gateway.json": full, "secret": String(repeating: "z", count: 32) + "\n"])
        files.variables["CALC"] = "t0ken"
        files.programs.insert("/etc/gatehouse/bin/server")
        let outcome = files.outcome()
        #expect(outcome.problems == [])
        return try #require(outcome.configuration)
    }

    @Test func `listeners, hosts and sections hold what the file says`() throws {
        let read = try Self.read()
        #expect(text(read.publicURL.origin) == "https://mcp.example.com")
        #expect(text(read.publicURL.host) == "mcp.example.com")
        #expect(read.publicURLIsGiven)
        let loopback = IPAddress(v4: 0x7F00_0001)
        #expect(
            read.listeners.map(\.address) == [
                ListenAddress(address: loopback, port: 8080),
                ListenAddress(address: IPAddress(high: 0, low: 1), port: 0),
                ListenAddress(address: loopback, port: 81),
            ]
        )
        #expect(read.admin == ListenAddress(address: loopback, port: 9901))
        #expect(read.threads == 3)
        #expect(
            read.allowedHosts == [
                AllowedHost(host: [UInt8]("mcp.example.com"), port: nil),
                AllowedHost(host: [UInt8]("[::1]"), port: 8080),
            ]
        )
        #expect(read.sessionKeys.map(text) == [String(repeating: "y", count: 40), String(repeating: "z", count: 32)])
        #expect(read.log.level == .debug)
        #expect(read.log.file.map(text) == "/etc/gatehouse/sub/gatehouse.log")
        #expect(read.hash.count == 64)
    }

    @Test func `keys hold what the file says`() throws {
        let keys = try Self.read().keys
        #expect(keys.map { text($0.id) } == ["ci", "two"])
        #expect(text(keys[0].subject) == "ci-bot")
        #expect(keys[0].roles.map(text) == ["reader", "demo"])
        #expect(keys[0].notBefore == 1_793_491_200)
        #expect(keys[0].expires == 1_798_761_600)
        #expect(keys[0].disabled)
        #expect(keys[0].servers?.map(text) == ["calculator"])
        #expect(keys[0].addresses?.map(\.prefixLength) == [104, 32, 128])
        #expect(text(keys[1].subject) == "two")
        #expect(keys[1].hashes.map(\.expires) == [1_798_761_600, nil])
        #expect(keys[1].servers == nil)
        #expect(keys[1].addresses == nil)
    }

    @Test func `a server holds what the file says`() throws {
        let server = try #require(try Self.read().servers.first)
        #expect(text(server.name) == "calculator")
        #expect(text(server.path) == "/calc")
        #expect(server.denials == .hide)
        #expect(server.errorStatus == .http)
        #expect(server.serverRequests == .roots)
        #expect(server.timeouts.response == 300_000_000_000)
        #expect(server.timeouts.streamPing == 7_000_000_000)
        #expect(server.timeouts.streamMaximum == 43_200_000_000_000)
        let stdio = try #require(server.stdio)
        #expect(text(stdio.command) == "/etc/gatehouse/bin/server")
        #expect(stdio.arguments.map(text) == ["--fast", "", "a b"])
        #expect(text(stdio.directory) == "/etc/gatehouse/sub")
        #expect(
            stdio.environment.map { "\(text($0.name))=\(text($0.value))" }.sorted() == [
                "FILE=" + String(repeating: "z", count: 32), "MODE=x", "TOKEN=Bearer t0ken",
            ]
        )
        #expect(stdio.processesMaximum == 7)
        #expect(stdio.processIdle == 90_000_000_000)
        #expect(stdio.user.map(text) == "mcp")
        #expect(stdio.memory == 536_870_912)
        #expect(stdio.openFiles == 100)
        #expect(stdio.startTimeout == 1_000_000_000)
        #expect(stdio.stopTimeout == 250_000_000)
    }

    @Test func `rules hold what the file says`() throws {
        let rules = try Self.read().access
        #expect(rules.map { text($0.id) } == ["readers", "rule-2"])
        #expect(rules[0].effect == .allow)
        #expect(rules[0].mode == .enforce)
        #expect(rules[0].servers?.map(text) == ["calc*"])
        guard case .matching(let match) = rules[0].subjects,
            case .named(let tools, let resources, let prompts, let methods) = rules[0].objects
        else {
            Issue.record("the first rule matches some and names some")
            return
        }
        #expect(match.keys?.map(text) == ["ci"])
        #expect(match.subjects?.map(text) == ["s", "t"])
        #expect(match.roles?.map(text) == ["demo"])
        #expect(match.kinds?.map(text) == ["api_key"])
        #expect(
            [tools, resources, prompts, methods].map { $0.map(text) } == [["add"], ["file:///a/**"], ["p"], ["x/y"]]
        )
        #expect(rules[1].effect == .deny)
        #expect(rules[1].mode == .report)
        #expect(rules[1].servers == nil)
        #expect(rules[1].message.map(text) == "No.")
        if case .everything = rules[1].objects {} else { Issue.record("the second rule is for everything") }
        if case .authenticated = rules[1].subjects {} else { Issue.record("the second rule is for the authenticated") }
    }

    @Test func `limits hold what the file says`() throws {
        let limits = try Self.read().limits
        let counts = [
            limits.connections, limits.headers, limits.jsonDepth, limits.sessions, limits.sessionsPerPrincipal,
        ]
        #expect(counts == [1, 9, 11, 5, 8])
        #expect([limits.headerBytes, limits.body, limits.responseMessage] == [2048, 3072, 4096])
        let seconds = [
            limits.sessionIdle, limits.sessionLifetime, limits.headerTimeout, limits.bodyTimeout, limits.keepAlive,
            limits.drainDelay, limits.drain,
        ].map { $0 / 1_000_000_000 }
        #expect(seconds == [6, 7, 9, 10, 11, 12, 13])
    }

    @Test func `what the file leaves out has its default`() throws {
        let document = "{\(Document.listen), \"servers\": {\"calculator\": {\"stdio\": {\"command\": \"tool\"}}}}"
        let outcome = MemoryFiles(["gateway.json": document]).outcome()
        let read = try #require(outcome.configuration)
        #expect(text(read.publicURL.origin) == "http://127.0.0.1:8080")
        #expect(!read.publicURLIsGiven)
        #expect(read.allowedHosts.map { text($0.host) } == ["127.0.0.1", "localhost", "[::1]"])
        #expect(read.admin == nil)
        #expect(read.threads == 0)
        #expect(read.keys.isEmpty && read.access.isEmpty && read.sessionKeys.isEmpty)
        #expect(read.log.level == .info && read.log.file == nil)
        let server = try #require(read.servers.first)
        #expect(text(server.path) == "/calculator/mcp")
        #expect(server.denials == .hide && server.errorStatus == .compatible)
        #expect(server.serverRequests == [.sampling, .elicitation, .roots])
        #expect(server.timeouts.response == 60_000_000_000 && server.timeouts.streamPing == 15_000_000_000)
        #expect(server.timeouts.streamMaximum == nil)
        let stdio = try #require(server.stdio)
        #expect(text(stdio.command) == "tool")
        #expect(text(stdio.directory) == "/etc/gatehouse")
        #expect(stdio.processesMaximum == 64 && stdio.openFiles == 256)
        #expect(stdio.processIdle == 600_000_000_000)
        #expect(stdio.startTimeout == 20_000_000_000 && stdio.stopTimeout == 5_000_000_000)
        #expect(stdio.memory == nil && stdio.user == nil)
        let limits = read.limits
        #expect(limits.connections == 100_000 && limits.sessions == 100_000 && limits.sessionsPerPrincipal == 100)
        #expect(limits.headerBytes == 16384 && limits.headers == 100 && limits.jsonDepth == 64)
        #expect(limits.body == 4_194_304 && limits.responseMessage == 16_777_216)
        #expect(limits.sessionIdle == 1_800_000_000_000 && limits.sessionLifetime == 604_800_000_000_000)
        #expect(limits.headerTimeout == 10_000_000_000 && limits.bodyTimeout == 30_000_000_000)
        #expect(limits.keepAlive == 75_000_000_000)
        #expect(limits.drainDelay == 5_000_000_000 && limits.drain == 20_000_000_000)
    }

    @Test func `comments are white space, but not inside strings`() throws {
        let document = """
            { // "listen": 1,
              \(Document.listen), /* "x": { */ "servers": {"a": /**/ {"stdio": {"command": "tool",
              "arguments": ["// no", "/* comment */", "\\"// none", "/*"]/* "memory": 1 // */
              }}} // }
            } /* end */ // of it
            """
        let outcome = MemoryFiles(["gateway.json": document]).outcome()
        #expect(outcome.problems == [])
        let arguments = try #require(outcome.configuration?.servers.first?.stdio?.arguments)
        #expect(arguments.map(text) == ["// no", "/* comment */", "\"// none", "/*"])
    }

    @Test func `a comment does not join what it stands between`() {
        let lines = MemoryFiles(["gateway.json": "{ \"threads\": 1/**/2 }"]).lines()
        #expect(lines == ["gateway.json:1:19: error: a comma is missing before this, or a : behind a name"])
    }

    @Test func `a server's own keys win over server_defaults, member by member`() throws {
        let document = """
            {\(Document.listen), "server_defaults": { "denials": "explain",
              "timeouts": { "response": "1s", "stream_ping": "2s" },
              "stdio": { "directory": "/srv", "environment": { "A": "1", "B": "2" }, "processes": { "maximum": 3 } } },
             "servers": {
              "a": { "stdio": { "command": "tool" } },
              "b": { "denials": "hide", "timeouts": { "response": "9s" },
                     "stdio": { "command": "tool", "directory": "sub", "environment": { "B": "3" },
                                "processes": { "idle": "1m" } } }
            } }
            """
        let outcome = MemoryFiles(["gateway.json": document]).outcome()
        #expect(outcome.problems == [])
        let servers = try #require(outcome.configuration?.servers)
        #expect(servers.map(\.denials) == [.explain, .hide])
        #expect(servers.map(\.timeouts.response) == [1_000_000_000, 9_000_000_000])
        #expect(servers.map(\.timeouts.streamPing) == [2_000_000_000, 2_000_000_000])
        #expect(servers.map { text($0.stdio?.directory ?? []) } == ["/srv", "/etc/gatehouse/sub"])
        #expect(servers.map(\.stdio?.processesMaximum) == [3, 3])
        let variables = servers.map {
            ($0.stdio?.environment ?? []).map { "\(text($0.name))\(text($0.value))" }.sorted()
        }
        #expect(variables == [["A1", "B2"], ["A1", "B3"]])
    }

    @Test func `a mistake in server_defaults is told once, where it stands`() {
        let document = """
            {\(Document.listen), "server_defaults": { "denials": "x", "stdio": { "open_files": "y", "lost": 1 } },
             "servers": { "a": { "stdio": { "command": "tool" } }, "b": { "stdio": { "command": "tool" } } } }
            """
        let places = MemoryFiles(["gateway.json": document]).outcome().problems.map { "\($0.line):\($0.column)" }
        #expect(places == ["1:77", "1:107", "1:112"])
    }

    @Test func `a relative command, file or directory is relative to its own file`() throws {
        var files = MemoryFiles([
            "conf/gateway.json":
                "{\(Document.listen), \"servers\": {\"a\": {\"stdio\": {\"command\": \"./run\", "
                + "\"directory\": \"..\"}}}}"
        ])
        files.programs.insert("/etc/gatehouse/conf/run")
        files.directories.insert("/etc/gatehouse/conf/..")
        let outcome = ConfigurationReader.read([UInt8]("conf/gateway.json"), files)
        #expect(outcome.problems == [])
        let stdio = try #require(outcome.configuration?.servers.first?.stdio)
        #expect(text(stdio.command) == "/etc/gatehouse/conf/run")
        #expect(text(stdio.directory) == "/etc/gatehouse/conf/..")
    }

    @Test func `a bare command is also found beside the gateway's program`() throws {
        var files = MemoryFiles([
            "gateway.json": "{\(Document.listen), \"servers\": {\"a\": {\"stdio\": {\"command\": \"calc\"}}}}"
        ])
        #expect(files.outcome().configuration == nil)
        files.programDirectory = [UInt8]("/opt/gatehouse/")
        files.programs.insert("/opt/gatehouse/calc")
        #expect(
            try #require(files.outcome().configuration?.servers.first?.stdio?.command).equals("/opt/gatehouse/calc")
        )
    }
}
