// SPDX-License-Identifier: Apache-2.0

public import JSON

/// One JSON-RPC message whose envelope has been checked.
public enum MCPMessage: Sendable {
    case request(MCPRequest)
    case notification(MCPNotification)
    case response(MCPResponse)
}

// Messages are classes: they are handed from hand to hand, and that then costs one reference count and not one for each
// of their parts.

/// A request: it has an id and wants one answer.
public final class MCPRequest: Sendable {
    public let id: RequestID
    public let call: MCPCall
    /// `params._meta.progressToken`, as its JSON text, where there is one.
    public let progressToken: [UInt8]?
    /// `params._meta["io.modelcontextprotocol/protocolVersion"]`, decoded, where there is one: a modern request.
    public let modernVersion: [UInt8]?
    /// The whole message, for what is written upstream.
    public let json: JSONValue

    init(id: RequestID, call: MCPCall, progressToken: [UInt8]?, modernVersion: [UInt8]?, json: JSONValue) {
        self.id = id
        self.call = call
        self.progressToken = progressToken
        self.modernVersion = modernVersion
        self.json = json
    }
}

/// A notification: nobody answers it.
public final class MCPNotification: Sendable {
    public let method: MCPMethod
    /// `params.requestId` of `notifications/cancelled`, where it is a valid id.
    public let cancelledID: RequestID?
    /// `params.progressToken` of `notifications/progress`, as its JSON text.
    public let progressToken: [UInt8]?
    /// `params.uri` of `notifications/resources/updated`, decoded.
    public let uri: [UInt8]?
    public let json: JSONValue

    init(method: MCPMethod, cancelledID: RequestID?, progressToken: [UInt8]?, uri: [UInt8]?, json: JSONValue) {
        self.method = method
        self.cancelledID = cancelledID
        self.progressToken = progressToken
        self.uri = uri
        self.json = json
    }
}

/// An answer, with a result or an error.
public final class MCPResponse: Sendable {
    /// Nil where the answer has `"id": null`: the peer could not read the request's.
    public let id: RequestID?
    public let result: JSONValue?
    public let error: JSONValue?
    public let json: JSONValue

    init(id: RequestID?, result: JSONValue?, error: JSONValue?, json: JSONValue) {
        self.id = id
        self.result = result
        self.error = error
        self.json = json
    }
}

/// What a request asks for, as the policy judges it.
public struct MCPCall: Hashable, Sendable {
    public let method: MCPMethod
    public let target: MCPTarget

    public init(method: MCPMethod, target: MCPTarget) {
        self.method = method
        self.target = target
    }
}

/// The object that a request names. Names are decoded JSON strings, compared byte for byte (MCP-48).
public enum MCPTarget: Hashable, Sendable {
    case none
    case tool([UInt8])
    case prompt([UInt8])
    case resource(uri: [UInt8])
    /// `completion/complete` on a resource template.
    case template(uri: [UInt8])
    case task([UInt8])

    /// The name or URI, for logs; nil for `none`.
    public var name: [UInt8]? {
        switch self {
        case .none: nil
        case .tool(let name), .prompt(let name), .resource(let name), .template(let name), .task(let name): name
        }
    }
}
