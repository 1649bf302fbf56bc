// SPDX-License-Identifier: Apache-2.0

import Bytes
import MCP

@testable import Identity
@testable import Policy

/// Callers, rules and calls in one line each.
func key(_ id: String, subject: String? = nil, roles: [String] = []) -> Authenticated {
    Authenticated(
        principal: Principal(kind: .apiKey, id: Array(id.utf8), subject: Array((subject ?? id).utf8)),
        roles: roles.map { Array($0.utf8) }
    )
}

let anonymous = Authenticated(
    principal: Principal(kind: .anonymous, id: [], subject: Array("192.0.2.1".utf8)),
    roles: []
)

func bytes(_ list: [String]) -> [[UInt8]] { list.map { Array($0.utf8) } }

func roles(_ list: String...) -> AccessRule.Subjects { .matching(.init(roles: bytes(list))) }

func keys(_ list: String...) -> AccessRule.Subjects { .matching(.init(keys: bytes(list))) }

func named(
    tools: [String] = [],
    resources: [String] = [],
    prompts: [String] = [],
    methods: [String] = []
) -> AccessRule.Objects {
    .named(
        tools: bytes(tools),
        resources: bytes(resources),
        prompts: bytes(prompts),
        methods: bytes(methods)
    )
}

func allow(
    _ id: String,
    on servers: [String]? = ["*"],
    to subjects: AccessRule.Subjects,
    _ objects: AccessRule.Objects,
    mode: AccessRule.Mode = .enforce
) -> AccessRule {
    AccessRule(
        id: Array(id.utf8),
        servers: servers.map(bytes),
        subjects: subjects,
        effect: .allow,
        objects: objects,
        mode: mode
    )
}

func deny(
    _ id: String,
    on servers: [String]? = nil,
    to subjects: AccessRule.Subjects,
    _ objects: AccessRule.Objects,
    mode: AccessRule.Mode = .enforce,
    message: String? = nil
) -> AccessRule {
    AccessRule(
        id: Array(id.utf8),
        servers: servers.map(bytes),
        subjects: subjects,
        effect: .deny,
        objects: objects,
        mode: mode,
        message: message.map { Array($0.utf8) }
    )
}

func tool(_ name: String) -> MCPCall { MCPCall(method: .toolsCall, target: .tool(Array(name.utf8))) }

func prompt(_ name: String) -> MCPCall { MCPCall(method: .promptsGet, target: .prompt(Array(name.utf8))) }

func read(_ uri: String) -> MCPCall { MCPCall(method: .resourcesRead, target: .resource(uri: Array(uri.utf8))) }

func complete(_ template: String) -> MCPCall {
    MCPCall(method: .completionComplete, target: .template(uri: Array(template.utf8)))
}

func method(_ name: String) -> MCPCall { MCPCall(method: MCPMethod(Array(name.utf8)), target: .none) }

extension Policy {
    /// `allow RULE`, `implied`, `denied RULE`, `notAllowed`, `noAccess` or `badURI`.
    func outcome(_ who: Authenticated, _ call: MCPCall, on server: Int = 0) -> String {
        switch authorize(who, call, on: server) {
        case .permit(let permit):
            return permit.rule.map { "allow " + String(decoding: $0, as: UTF8.self) } ?? "implied"
        case .denied(let denial):
            switch denial.reason {
            case .denied: return "denied " + String(decoding: denial.rule ?? [], as: UTF8.self)
            case .notAllowed: return "notAllowed"
            case .noAccess: return "noAccess"
            case .badURI: return "badURI"
            }
        }
    }

    func permits(_ who: Authenticated, _ call: MCPCall, on server: Int = 0) -> Bool {
        if case .permit = authorize(who, call, on: server) { return true }
        return false
    }
}

/// A small generator, so that a failing row can be run again.
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
