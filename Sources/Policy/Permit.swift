// SPDX-License-Identifier: Apache-2.0

public import MCP

/// The right to send one request upstream, once. Only this module makes one, and what sends consumes it: forwarding
/// twice, or without having asked, does not compile.
public struct Permit: ~Copyable, Sendable {
    /// The id of the rule that allowed it; nil for a right that needs no rule of its own.
    public let rule: [UInt8]?
    public let call: MCPCall

    init(rule: [UInt8]?, call: MCPCall) {
        self.rule = rule
        self.call = call
    }
}

/// Why a request was refused. The caller learns only what the server's `denials` allows; the log says the rest.
public struct Denial: Error, Hashable, Sendable {
    public enum Reason: Hashable, Sendable {
        /// The caller is allowed nothing at all on this server.
        case noAccess
        /// A deny rule matched.
        case denied
        /// No allow rule matched.
        case notAllowed
        /// The request names a resource that no reading of its URI makes safe.
        case badURI
    }

    public let reason: Reason
    /// The deny rule's id, where one decided.
    public let rule: [UInt8]?
    /// The deny rule's `message`.
    public let message: [UInt8]?
    public let call: MCPCall
}

/// The answer of `Policy.authorize`.
public enum Decision: ~Copyable, Sendable {
    case permit(Permit)
    case denied(Denial)
}
