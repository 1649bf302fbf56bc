// SPDX-License-Identifier: Apache-2.0

import Bytes
public import MCP

/// The few messages that the gateway sends to a server in its own name. None of them is a request.
public struct GatewayMessage: Sendable {
    let line: [UInt8]

    /// `notifications/cancelled` for a request that was forwarded under this number.
    public static func cancelled(_ number: Int, reason: StaticString) -> GatewayMessage {
        cancelled(RequestID(number: number).text, reason: reason)
    }

    /// `notifications/cancelled` for a request that was forwarded under this id.
    /// - Parameter id: JSON text of a string or number.
    public static func cancelled(_ id: [UInt8], reason: StaticString) -> GatewayMessage {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("jsonrpc", "2.0")
        writer.member("method", "notifications/cancelled")
        writer.name("params")
        writer.beginObject()
        writer.name("requestId")
        writer.raw(id)
        writer.member("reason", reason)
        writer.endObject()
        writer.endObject()
        return GatewayMessage(line: writer.bytes)
    }

    /// The client's own cancellation with its request's number put in; everything else in it is kept.
    public static func cancelled(_ number: Int, like notification: MCPNotification) -> GatewayMessage {
        var line: [UInt8] = []
        notification.appendMinified(to: &line, withRequestID: RequestID(number: number).text)
        return GatewayMessage(line: line)
    }

    /// An error for a request of the server's that goes no further.
    public static func refusal(of id: RequestID, code: Int, message: StaticString) -> GatewayMessage {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("jsonrpc", "2.0")
        writer.name("id")
        writer.raw(id.text)
        writer.name("error")
        writer.beginObject()
        writer.member("code", code)
        writer.member("message", message)
        writer.endObject()
        writer.endObject()
        return GatewayMessage(line: writer.bytes)
    }
}
