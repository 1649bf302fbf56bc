// SPDX-License-Identifier: Apache-2.0

import JSON
import MCP

/// What a server may ask of its client: `server_requests` of a server, and what a client declared.
public struct ServerRequestKinds: OptionSet, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let sampling = ServerRequestKinds(rawValue: 1)
    public static let elicitation = ServerRequestKinds(rawValue: 2)
    public static let roots = ServerRequestKinds(rawValue: 4)

    /// What the `capabilities` of an `initialize` request declare.
    init(declaredIn request: MCPRequest) {
        self = []
        guard let declared = request.json["params"]?["capabilities"] else { return }
        if declared["sampling"]?.kind == .object { insert(.sampling) }
        if declared["elicitation"]?.kind == .object { insert(.elicitation) }
        if declared["roots"]?.kind == .object { insert(.roots) }
    }

    /// The kind of a request of the server's; nil for `ping`, which is always allowed, and for methods that are none.
    init?(_ method: MCPMethod) {
        switch method {
        case .samplingCreateMessage: self = .sampling
        case .elicitationCreate: self = .elicitation
        case .rootsList: self = .roots
        default: return nil
        }
    }
}
