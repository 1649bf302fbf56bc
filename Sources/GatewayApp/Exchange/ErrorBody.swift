// SPDX-License-Identifier: Apache-2.0

import Bytes
import HTTP
import MCP

extension ErrorAnswer {
    /// The head's fields that every answer of the gateway's own has.
    func describe(in head: inout ResponseHead) {
        head.field("Content-Type", "application/json")
        head.field("Cache-Control", "no-store")
        if !isUpstreams {
            head.field("Gatehouse-Status", status)
            head.field("Proxy-Status", Array("gatehouse; error=") + proxyError.bytes)
        }
        for field in fields { head.field(field.name, field.value) }
    }

    /// A whole answer for a connection that is not taken: it has no request to answer yet.
    static func tooManyConnections(requestID: [UInt8]) -> [UInt8] {
        let answer = ErrorAnswer(.full("limits.connections"))
        let body = answer.body(id: nil, requestID: requestID)
        var head = ResponseHead(status: answer.status)
        head.field("X-Request-Id", requestID)
        answer.describe(in: &head)
        var bytes: [UInt8] = []
        head.append(to: &bytes, framing: .length(body.count), keepAlive: false)
        return bytes + body
    }

    /// The JSON-RPC error: with the request's id, or null where none could be read.
    func body(id: RequestID?, requestID: [UInt8]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("jsonrpc", "2.0")
        writer.name("id")
        if let id { writer.raw(id.text) } else { writer.null() }
        writer.name("error")
        if let upstreamError {
            writer.raw(upstreamError)
            writer.endObject()
            return writer.bytes
        }
        writer.beginObject()
        writer.member("code", code)
        writer.member("message", message)
        writer.name("data")
        writer.beginObject()
        writer.member("requestId", requestID)
        for member in data {
            writer.name(member.name)
            writer.raw(member.json)
        }
        writer.endObject()
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }
}
