// SPDX-License-Identifier: Apache-2.0

import JSON
import MCP
import Testing

@testable import Upstream

@Suite struct `What the gateway itself says to a server` {
    private func text(_ message: GatewayMessage) -> String { String(decoding: message.line, as: UTF8.self) }

    @Test func `a cancellation names the number`() {
        let expected =
            #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7,"reason":"Timed out"}}"#
        #expect(text(.cancelled(7, reason: "Timed out")) == expected)
    }

    @Test func `a client's cancellation keeps its own words`() throws {
        let body =
            #"{"jsonrpc":"2.0","method":"notifications/cancelled","#
            + #""params":{"reason":"bored", "requestId":"mine","x":[1]}}"#
        guard
            case .single(.notification(let notification)) = try MCPReader.read(
                Array(body.utf8),
                limits: JSONLimits()
            )
        else {
            Issue.record("no notification")
            return
        }
        let expected =
            #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"reason":"bored","requestId":12,"x":[1]}}"#
        #expect(text(.cancelled(12, like: notification)) == expected)
    }

    @Test func `a refusal carries the server's own id`() throws {
        let line = #"{"jsonrpc":"2.0","id":"q\u0031","method":"sampling/createMessage","params":{}}"#
        guard case .request(let request) = try MCPReader.readUpstream(Array(line.utf8), limits: JSONLimits()) else {
            Issue.record("no request")
            return
        }
        let expected = #"{"jsonrpc":"2.0","id":"q\u0031","error":{"code":-32601,"message":"Method not found"}}"#
        #expect(text(.refusal(of: request.id, code: -32601, message: "Method not found")) == expected)
    }
}
