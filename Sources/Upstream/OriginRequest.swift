// SPDX-License-Identifier: Apache-2.0

public import HTTP
internal import JSON
public import MCP
public import Policy

/// One request to an HTTP server, written out. A call of a client's cannot become one without a `Permit`, and each
/// permit makes one.
public struct OriginRequest: Sendable {
    /// Bodies up to this size are copied behind their head, bytes: one copy is cheaper than a gathered write.
    static let joinedBytesMax = 16 << 10

    /// The head, and the body too where that is small.
    let first: [UInt8]
    /// The body, where it is large.
    let second: [UInt8]
    /// Its response lasts as long as somebody reads it.
    let isStream: Bool

    private init(_ writer: RequestWriter, body: [UInt8], isStream: Bool = false) {
        self.isStream = isStream
        let isJoined = body.count <= Self.joinedBytesMax
        if isJoined {
            first = writer.finish(body.span)
            second = []
        } else {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(1024)
            writer.append(to: &bytes, contentLength: body.count)
            first = bytes
            second = body
        }
    }

    /// A client's request, which uses up the permit.
    /// - Parameter id: JSON text of another id to send it under; nil keeps its own.
    public static func forward(
        _ request: MCPRequest,
        withID id: [UInt8]?,
        _ writer: RequestWriter,
        under permit: consuming Permit
    ) -> OriginRequest {
        OriginRequest(writer, body: request.upstreamText(withID: id))
    }

    /// A notification of the client's; of a cancellation, with the id that its request went upstream under.
    public static func relay(
        _ notification: MCPNotification,
        withRequestID id: [UInt8]? = nil,
        _ writer: RequestWriter
    ) -> OriginRequest {
        guard let id else { return OriginRequest(writer, body: notification.json.upstreamText) }
        var text: [UInt8] = []
        notification.appendMinified(to: &text, withRequestID: id)
        return OriginRequest(writer, body: text)
    }

    /// The client's answer to a request that the server made.
    public static func relay(_ answer: MCPResponse, _ writer: RequestWriter) -> OriginRequest {
        OriginRequest(writer, body: answer.json.upstreamText)
    }

    /// What the gateway itself says.
    public static func tell(_ message: GatewayMessage, _ writer: RequestWriter) -> OriginRequest {
        OriginRequest(writer, body: message.line)
    }

    /// GET: a standalone stream, or the rest of an earlier one. DELETE: the end of a session.
    public static func withoutContent(_ writer: RequestWriter, isStream: Bool = false) -> OriginRequest {
        OriginRequest(writer, body: [], isStream: isStream)
    }
}
