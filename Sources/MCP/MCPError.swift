// SPDX-License-Identifier: Apache-2.0

public import JSON

/// Why a body or a line is no message that the gateway passes on. All of it is the peer's fault.
public enum MCPError: Error, Sendable {
    /// No JSON, or JSON with more than one reading.
    case json(JSONError)
    /// JSON, but not a JSON-RPC message. The id is the request's where it could be read.
    case invalidRequest(StaticString, id: RequestID?)
    /// A request whose parameters do not fit its method.
    case invalidParams(StaticString, id: RequestID?)

    /// The JSON-RPC error code: -32700, -32600 or -32602. Two members of one name are an invalid request (MCP-41).
    public var code: Int {
        switch self {
        case .json(let error): error.kind == .duplicateMember || error.kind == .controlCharacterInName ? -32600 : -32700
        case .invalidRequest: -32600
        case .invalidParams: -32602
        }
    }

    public var id: RequestID? {
        switch self {
        case .json: nil
        case .invalidRequest(_, let id), .invalidParams(_, let id): id
        }
    }

    /// What is wrong, for a person.
    public var sentence: StaticString {
        switch self {
        case .json(let error): error.sentence
        case .invalidRequest(let sentence, _), .invalidParams(let sentence, _): sentence
        }
    }
}
