// SPDX-License-Identifier: Apache-2.0

import Bytes
import Foundation
import HTTP
import JSON
import MCP
import Testing

@testable import GatewayApp
@testable import Policy

/// Contract, section 3: what a caller is told.
@Suite struct `What a refusal becomes` {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let refusal: Refusal
        let status: Int
        let code: Int
        let message: String
        var isLegacyResult = false

        var testDescription: String { name }
    }

    private static func denial(
        _ target: MCPTarget,
        _ method: MCPMethod = .toolsCall,
        _ reason: Denial.Reason = .notAllowed,
        message: String? = nil
    ) -> Denial {
        Denial(
            reason: reason,
            rule: nil,
            message: message.map { Array($0.utf8) },
            call: MCPCall(method: method, target: target)
        )
    }

    private static let tool = MCPTarget.tool(Array("drop"))
    private static let file = MCPTarget.resource(uri: Array("file:///x"))

    static let rows: [Row] = [
        Row(
            name: "no credentials",
            refusal: .noCredentials,
            status: 401,
            code: 401,
            message: "Authentication required"
        ),
        Row(name: "bad credentials", refusal: .badCredentials, status: 401, code: 401, message: "Invalid credentials"),
        Row(name: "two", refusal: .twoCredentials, status: 400, code: 400, message: "More than one credential"),
        Row(name: "no access", refusal: .noAccess, status: 403, code: 403, message: "No access to this server"),
        Row(
            name: "hidden tool",
            refusal: .denied(denial(tool), explain: false),
            status: 400,
            code: -32602,
            message: "Unknown tool: drop",
            isLegacyResult: true
        ),
        Row(
            name: "hidden prompt",
            refusal: .denied(denial(.prompt(Array("p")), .promptsGet), explain: false),
            status: 400,
            code: -32602,
            message: "Unknown prompt: p",
            isLegacyResult: true
        ),
        Row(
            name: "hidden resource",
            refusal: .denied(denial(file, .resourcesRead), explain: false),
            status: 400,
            code: -32602,
            message: "Resource not found",
            isLegacyResult: true
        ),
        Row(
            name: "hidden task",
            refusal: .denied(denial(.task(Array("t")), .tasksGet), explain: false),
            status: 400,
            code: -32602,
            message: "Task not found",
            isLegacyResult: true
        ),
        Row(
            name: "hidden method",
            refusal: .denied(denial(.none, .other(Array("x/y"))), explain: false),
            status: 400,
            code: -32601,
            message: "Method not found",
            isLegacyResult: true
        ),
        Row(
            name: "explained",
            refusal: .denied(denial(tool), explain: true),
            status: 403,
            code: 403,
            message: "Permission denied: drop",
            isLegacyResult: true
        ),
        Row(
            name: "explained with the rule's words",
            refusal: .denied(denial(tool, message: "Ask Ann."), explain: true),
            status: 403,
            code: 403,
            message: "Permission denied: drop: Ask Ann.",
            isLegacyResult: true
        ),
        Row(
            name: "a URI with two readings is never explained",
            refusal: .denied(denial(file, .resourcesRead, .badURI), explain: true),
            status: 400,
            code: -32602,
            message: "Resource not found",
            isLegacyResult: true
        ),
        Row(name: "host", refusal: .wrongHost, status: 421, code: 421, message: "Unknown host"),
        Row(name: "origin", refusal: .originNotAllowed, status: 403, code: 403, message: "Origin not allowed"),
        Row(name: "endpoint", refusal: .noEndpoint, status: 404, code: 404, message: "No such endpoint"),
        Row(
            name: "method",
            refusal: .methodNotAllowed(allow: "GET"),
            status: 405,
            code: 405,
            message: "Method not allowed"
        ),
        Row(
            name: "media type",
            refusal: .unsupportedMediaType,
            status: 415,
            code: 415,
            message: "Content-Type must be application/json"
        ),
        Row(name: "too large", refusal: .bodyTooLarge, status: 413, code: 413, message: "The body is too large"),
        Row(name: "session", refusal: .unknownSession, status: 404, code: -32600, message: "Session not found"),
        Row(
            name: "full",
            refusal: .full("limits.sessions"),
            status: 503,
            code: 503,
            message: "Too busy",
            isLegacyResult: true
        ),
        Row(
            name: "failed",
            refusal: .upstreamFailed,
            status: 502,
            code: 502,
            message: "The server failed",
            isLegacyResult: true
        ),
        Row(
            name: "slow",
            refusal: .upstreamTooSlow,
            status: 504,
            code: 504,
            message: "The server took too long",
            isLegacyResult: true
        ),
        Row(
            name: "version",
            refusal: .unsupportedVersion(requested: Array("2026-07-28")),
            status: 400,
            code: -32022,
            message: "Unsupported protocol version"
        ),
    ]

    @Test(arguments: rows)
    func `has the contract's status, code and words`(row: Row) {
        let answer = ErrorAnswer(row.refusal)
        #expect(answer.status == row.status)
        #expect(answer.code == row.code)
        #expect(String(decoding: answer.message, as: UTF8.self) == row.message)
        #expect(answer.isLegacyResult == row.isLegacyResult)
    }

    @Test(arguments: rows)
    func `is valid JSON with the request's id and name`(row: Row) throws {
        let id = try #require(
            { () -> RequestID? in
                let body = try MCPReader.read(
                    Array(#"{"jsonrpc":"2.0","id":"a\u0062","method":"ping"}"#.utf8),
                    limits: JSONLimits()
                )
                if case .single(.request(let request)) = body { return request.id }
                return nil
            }()
        )
        let body = ErrorAnswer(row.refusal).body(id: id, requestID: Array("r1"))
        let json = try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
        #expect(json["id"] as? String == "ab")
        let error = try #require(json["error"] as? [String: Any])
        #expect(error["code"] as? Int == row.code)
        #expect((error["data"] as? [String: Any])?["requestId"] as? String == "r1")
        // The id comes back as it was written.
        #expect(String(decoding: body, as: UTF8.self).contains(#""id":"a\u0062""#))
    }

    @Test func `names no more than 128 bytes, and no half character`() {
        let name = [UInt8](repeating: 0x61, count: 127) + Array("é".utf8) + [0x62]
        let answer = ErrorAnswer(.denied(Self.denial(.tool(name)), explain: false))
        #expect(answer.message.count == "Unknown tool: ".utf8.count + 127)
        let whole = ErrorAnswer(.denied(Self.denial(.tool(Array(name[..<127]))), explain: false))
        #expect(whole.message == answer.message)
    }

    @Test func `says which versions there are`() throws {
        let body = ErrorAnswer(.unsupportedVersion(requested: Array("2026-07-28"))).body(id: nil, requestID: [])
        let text = String(decoding: body, as: UTF8.self)
        #expect(text.contains(#""supported":["2024-11-05","2025-03-26","2025-06-18","2025-11-25"]"#))
        #expect(text.contains(#""requested":"2026-07-28""#))
    }

    @Test func `a challenge has no error without credentials, and one with bad ones`() {
        let challenge = { (refusal: Refusal) in
            ErrorAnswer(refusal).fields.first { $0.name.description == "WWW-Authenticate" }.map {
                String(decoding: $0.value, as: UTF8.self)
            }
        }
        #expect(challenge(.noCredentials) == #"Bearer realm="gatehouse""#)
        #expect(challenge(.badCredentials) == #"Bearer realm="gatehouse", error="invalid_token""#)
        #expect(challenge(.noAccess) == nil)
    }
}

@Suite struct `Names in Host` {
    @Test(
        arguments: [
            ("mcp.example.com", "mcp.example.com", nil),
            ("mcp.example.com:8443", "mcp.example.com", 8443),
            ("[::1]", "[::1]", nil),
            ("[::1]:80", "[::1]", 80),
            ("host:", "host", nil),
        ] as [(String, String, UInt16?)]
    )
    func `are taken apart`(text: String, host: String, port: UInt16?) {
        let name = HostName(Array(text.utf8))
        #expect(name?.host == Array(host.utf8))
        #expect(name?.port == port)
    }

    @Test(arguments: ["host:65536", "host:x", "host:99999999999999999999"])
    func `with a port that is none are no names`(text: String) {
        #expect(HostName(Array(text.utf8)) == nil)
    }
}
