// SPDX-License-Identifier: Apache-2.0

import Bytes
import JSON

extension MCPRequest {
    /// The request's text for a server that takes a whole body: what was judged, byte for byte. With another id, or
    /// where CR or LF stands between tokens, it is minified.
    /// - Parameter id: JSON text of a string or number; nil keeps the client's own.
    public func upstreamText(withID id: [UInt8]?) -> [UInt8] {
        guard let id else { return json.upstreamText }
        var text: [UInt8] = []
        text.reserveCapacity(json.range.count + id.count)
        appendMinified(to: &text, withID: id)
        return text
    }

    /// Appends the request's minified text with another id and, where it has a progress token, with another of these.
    /// Everything else is what was judged, byte for byte.
    /// - Parameters:
    ///   - id: JSON text of a string or number.
    ///   - progressToken: the same; nil keeps the token that is there.
    public func appendMinified(to out: inout [UInt8], withID id: [UInt8], progressToken: [UInt8]? = nil) {
        var edits: [JSONEdit] = []
        if let value = json["id"] { edits.append(JSONEdit(value, becomes: id)) }
        if let progressToken, let value = json["params"]?["_meta"]?["progressToken"] {
            edits.append(JSONEdit(value, becomes: progressToken))
        }
        json.appendMinified(to: &out, edits: edits)
    }
}

extension MCPNotification {
    /// Appends the notification's minified text with another `params.requestId` and `params.progressToken`; nil keeps
    /// what is there.
    public func appendMinified(
        to out: inout [UInt8],
        withRequestID requestID: [UInt8]? = nil,
        progressToken: [UInt8]? = nil
    ) {
        var edits: [JSONEdit] = []
        if let requestID, let value = json["params"]?["requestId"] {
            edits.append(JSONEdit(value, becomes: requestID))
        }
        if let progressToken, let value = json["params"]?["progressToken"] {
            edits.append(JSONEdit(value, becomes: progressToken))
        }
        json.appendMinified(to: &out, edits: edits)
    }
}

extension MCPResponse {
    /// Appends the answer's minified text with another id. An answer that has none gets one.
    /// - Parameter id: JSON text of a string, a number or null.
    public func append(to out: inout [UInt8], withID id: [UInt8]) {
        if let value = json["id"] {
            json.appendMinified(to: &out, edits: [JSONEdit(value, becomes: id)])
            return
        }
        var members = json.members
        guard let first = members.next()?.name else { return }
        var text = Array<UInt8>("\"id\":")
        text.append(contentsOf: id)
        text.append(0x2C)
        first.appendMinified(to: &text)
        json.appendMinified(to: &out, edits: [JSONEdit(first, becomes: text)])
    }
}
