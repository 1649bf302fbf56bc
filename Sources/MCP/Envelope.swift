// SPDX-License-Identifier: Apache-2.0

import JSON

/// The outermost object of a message, checked: JSON-RPC 2.0, sections 4 and 5, and no member that another reader could
/// take for one of the six that it has.
enum Envelope {
    /// A request, or a notification where the id is nil.
    case call(MCPMethod, id: RequestID?, params: JSONValue?)
    case result(id: RequestID?, JSONValue)
    /// The id is nil where the peer could not read the request's.
    case error(id: RequestID?, JSONValue)

    /// What becomes of members that JSON-RPC does not know.
    enum Strangers { case refused, allowed }

    init(_ json: JSONValue, strangers: Strangers) throws(MCPError) {
        guard json.kind == .object else { throw .invalidRequest("A message must be an object.", id: nil) }
        let members = JudgedMembers<EnvelopeName>(json)
        let idValue = members[.id]
        let id = idValue.flatMap(RequestID.init)
        if let sentence = Self.fault(members, strangers) { throw .invalidRequest(sentence, id: id) }
        if let method = members[.method] {
            guard id != nil || !members.has(.id) else {
                throw .invalidRequest("id must be a short string or an integer.", id: nil)
            }
            self = try Self.call(method, id, members)
        } else {
            self = try Self.answer(id, idValue, members, strangers)
        }
    }

    private static func fault(_ members: borrowing JudgedMembers<EnvelopeName>, _ strangers: Strangers) -> StaticString?
    {
        if members.hasLookalike { return "A member's name differs from a known one only in case or padding." }
        if members.hasStranger, strangers == .refused { return "A message has a member that JSON-RPC does not know." }
        if members[.jsonrpc]?.equals("2.0") != true { return "jsonrpc must be \"2.0\"." }
        return nil
    }

    private static func call(
        _ method: JSONValue,
        _ id: RequestID?,
        _ members: borrowing JudgedMembers<EnvelopeName>
    ) throws(MCPError) -> Envelope {
        guard let method = MCPMethod(method) else {
            throw .invalidRequest("method must be a string without NUL.", id: id)
        }
        guard !members.has(.result), !members.has(.error) else {
            throw .invalidRequest("A message has a method and an answer.", id: id)
        }
        return .call(method, id: id, params: members[.params])
    }

    private static func answer(
        _ id: RequestID?,
        _ idValue: JSONValue?,
        _ members: borrowing JudgedMembers<EnvelopeName>,
        _ strangers: Strangers
    ) throws(MCPError) -> Envelope {
        guard !members.has(.params) else { throw .invalidRequest("An answer has params.", id: nil) }
        switch (members[.result], members[.error]) {
        case (let result?, nil):
            guard let id else { throw .invalidRequest("An answer must have the id of its request.", id: nil) }
            return .result(id: id, result)
        case (nil, let error?):
            // Servers may leave the id out where the schema lets them; a client always knows what it answers.
            let mayLackID = idValue?.isNull ?? (strangers == .allowed)
            guard id != nil || mayLackID else {
                throw .invalidRequest("An answer must have the id of its request.", id: nil)
            }
            guard error.kind == .object else { throw .invalidRequest("error must be an object.", id: nil) }
            return .error(id: id, error)
        case (nil, nil):
            throw .invalidRequest("A message needs a method, a result or an error.", id: id)
        default:
            throw .invalidRequest("A message has a result and an error.", id: nil)
        }
    }
}
