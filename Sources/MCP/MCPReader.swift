// SPDX-License-Identifier: Apache-2.0

public import JSON

/// What a client may post: one message, or an array of them (2025-03-26 only; who knows the session's version judges).
public enum MCPBody: Sendable {
    case single(MCPMessage)
    /// Between 1 and `MCPLimits.batchMax` messages, requests of different ids.
    case batch([MCPMessage])
}

/// Reads JSON-RPC messages. What it gives back has one reading for every peer, and the policy judges that one.
public enum MCPReader {
    /// Reads a client's body: strict in JSON, envelope and parameters.
    public static func read(_ bytes: [UInt8], limits: JSONLimits) throws(MCPError) -> MCPBody {
        let root = try document(bytes, limits).root
        guard root.kind == .array else { return .single(try message(root)) }
        // JSON-RPC 2.0, section 6: an empty array is an invalid request.
        guard root.count > 0 else { throw .invalidRequest("A batch holds no message.", id: nil) }
        guard root.count <= MCPLimits.batchMax else {
            throw .invalidRequest("A batch holds too many messages.", id: nil)
        }
        return .batch(try batch(root))
    }

    /// Reads one message of a server. The envelope is as strict as a client's, but what it does not know in it, in
    /// results and in parameters stays as it is.
    public static func readUpstream(_ line: [UInt8], limits: JSONLimits) throws(MCPError) -> MCPMessage {
        let json = try document(line, limits).root
        switch try Envelope(json, strangers: .allowed) {
        case .call(let method, let id?, let params):
            let meta = params?["_meta"]
            return .request(
                MCPRequest(
                    id: id,
                    call: MCPCall(method: method, target: Target.ofServerRequest(method, params)),
                    progressToken: meta?["progressToken"].flatMap(Target.progressToken),
                    modernVersion: nil,
                    json: json
                )
            )
        case .call(let method, nil, let params):
            return .notification(notification(method, params, json))
        case .result(let id, let result):
            return .response(MCPResponse(id: id, result: result, error: nil, json: json))
        case .error(let id, let error):
            return .response(MCPResponse(id: id, result: nil, error: error, json: json))
        }
    }

    private static func document(_ bytes: [UInt8], _ limits: JSONLimits) throws(MCPError) -> JSONDocument {
        do throws(JSONError) {
            return try JSONDocument(bytes, limits: limits)
        } catch {
            throw .json(error)
        }
    }

    private static func batch(_ array: JSONValue) throws(MCPError) -> [MCPMessage] {
        var messages: [MCPMessage] = []
        var ids: Set<RequestID> = []
        for element in array.elements {
            let message = try message(element)
            if case .request(let request) = message, !ids.insert(request.id).inserted {
                throw .invalidRequest("Two requests of a batch have the same id.", id: nil)
            }
            messages.append(message)
        }
        return messages
    }

    /// A client's message.
    private static func message(_ json: JSONValue) throws(MCPError) -> MCPMessage {
        switch try Envelope(json, strangers: .refused) {
        case .call(let method, let id, let params):
            let members = try judged(params, id)
            guard let id else { return .notification(notification(method, params, json)) }
            return .request(try request(method, id, members, json))
        case .result(let id, let result):
            guard result.kind == .object else { throw .invalidRequest("result must be an object.", id: nil) }
            return .response(MCPResponse(id: id, result: result, error: nil, json: json))
        case .error(let id, let error):
            guard error["code"]?.integer != nil, error["message"]?.kind == .string else {
                throw .invalidRequest("error must have an integer code and a message.", id: nil)
            }
            return .response(MCPResponse(id: id, result: nil, error: error, json: json))
        }
    }

    /// The members of `params`. A tool's arguments are the tool's own; nothing in them is looked at here.
    private static func judged(_ params: JSONValue?, _ id: RequestID?) throws(MCPError) -> JudgedMembers<ParamName> {
        guard params?.kind ?? .object == .object else { throw .invalidParams("params must be an object.", id: id) }
        let members = JudgedMembers<ParamName>(params)
        let hasLookalike =
            members.hasLookalike
            || members[.meta].map { JudgedMembers<MetaName>($0).hasLookalike } == true
            || members[.ref].map { JudgedMembers<ReferenceName>($0).hasLookalike } == true
            || members[.notifications].map { JudgedMembers<SubscriptionName>($0).hasLookalike } == true
        guard !hasLookalike else {
            throw .invalidRequest("A member's name differs from a known one only in case or padding.", id: id)
        }
        return members
    }

    private static func request(
        _ method: MCPMethod,
        _ id: RequestID,
        _ params: borrowing JudgedMembers<ParamName>,
        _ json: JSONValue
    ) throws(MCPError) -> MCPRequest {
        let target = try Target.ofClientRequest(method, params, id)
        var version: [UInt8]?
        var progressToken: [UInt8]?
        if let meta = params[.meta] {
            guard meta.kind == .object else { throw .invalidParams("_meta must be an object.", id: id) }
            let members = JudgedMembers<MetaName>(meta)
            version = members[.protocolVersion]?.string
            guard version != nil || !members.has(.protocolVersion) else {
                throw .invalidParams("The protocol version must be a string.", id: id)
            }
            progressToken = members[.progressToken].flatMap(Target.progressToken)
            guard progressToken != nil || !members.has(.progressToken) else {
                throw .invalidParams("progressToken must be a short string or a number.", id: id)
            }
        }
        return MCPRequest(
            id: id,
            call: MCPCall(method: method, target: target),
            progressToken: progressToken,
            modernVersion: version,
            json: json
        )
    }

    private static func notification(_ method: MCPMethod, _ params: JSONValue?, _ json: JSONValue) -> MCPNotification {
        MCPNotification(
            method: method,
            cancelledID: method == .notificationCancelled ? params?["requestId"].flatMap(RequestID.init) : nil,
            progressToken: method == .notificationProgress
                ? params?["progressToken"].flatMap(Target.progressToken) : nil,
            uri: method == .notificationResourcesUpdated ? params?["uri"]?.string : nil,
            json: json
        )
    }
}
