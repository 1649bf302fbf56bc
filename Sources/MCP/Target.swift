// SPDX-License-Identifier: Apache-2.0

import JSON

/// Finds the object that a request names.
enum Target {
    /// The object of a client's request; refuses a method that names one without doing so in the one right way
    /// (MCP-45).
    static func ofClientRequest(
        _ method: MCPMethod,
        _ params: borrowing JudgedMembers<ParamName>,
        _ id: RequestID
    ) throws(MCPError) -> MCPTarget {
        switch method {
        case .toolsCall:
            return .tool(try name(params[.name], "name must be a string without NUL.", id))
        case .promptsGet:
            return .prompt(try name(params[.name], "name must be a string without NUL.", id))
        case .resourcesRead, .resourcesSubscribe, .resourcesUnsubscribe:
            return .resource(uri: try name(params[.uri], "uri must be a string without NUL.", id))
        case .tasksGet, .tasksResult, .tasksCancel, .tasksUpdate:
            return .task(try name(params[.taskId], "taskId must be a string without NUL.", id))
        case .completionComplete:
            return try reference(params[.ref], id)
        default:
            return .none
        }
    }

    /// The object of a server's request. Rules do not judge these, so nothing is refused.
    static func ofServerRequest(_ method: MCPMethod, _ params: JSONValue?) -> MCPTarget {
        switch method {
        case .tasksGet, .tasksResult, .tasksCancel, .tasksUpdate:
            params?["taskId"]?.string.map(MCPTarget.task) ?? .none
        default:
            .none
        }
    }

    /// The JSON text of a progress token: a number, or a string of at most `MCPLimits.idBytesMax` bytes.
    static func progressToken(_ value: JSONValue) -> [UInt8]? {
        guard value.kind == .number || value.kind == .string && value.range.count - 2 <= MCPLimits.idBytesMax else {
            return nil
        }
        var text: [UInt8] = []
        value.appendMinified(to: &text)
        // Line separators became escapes: what goes out must be a token to its reader as well.
        guard value.kind == .number || text.count - 2 <= MCPLimits.idBytesMax else { return nil }
        return text
    }

    private static func name(
        _ value: JSONValue?,
        _ sentence: StaticString,
        _ id: RequestID
    ) throws(MCPError) -> [UInt8] {
        guard let name = value?.string, !name.contains(0) else { throw .invalidParams(sentence, id: id) }
        return name
    }

    /// A reference has the member of its own type, and not that of the other.
    private static func reference(_ ref: JSONValue?, _ id: RequestID) throws(MCPError) -> MCPTarget {
        guard let ref, ref.kind == .object else { throw .invalidParams("ref must be an object.", id: id) }
        let members = JudgedMembers<ReferenceName>(ref)
        if members[.type]?.equals("ref/prompt") == true, members[.uri] == nil {
            return .prompt(try name(members[.name], "ref.name must be a string without NUL.", id))
        }
        if members[.type]?.equals("ref/resource") == true, members[.name] == nil {
            return .template(uri: try name(members[.uri], "ref.uri must be a string without NUL.", id))
        }
        throw .invalidParams("ref must name one prompt or one resource.", id: id)
    }
}
