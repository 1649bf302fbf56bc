// SPDX-License-Identifier: Apache-2.0

public import Identity
public import MCP

/// A decision and how it came about, for `explain` and `test`. Never shown to callers.
public struct PolicyExplanation: Hashable, Sendable {
    public enum Outcome: Hashable, Sendable {
        /// An allow rule matched.
        case allowed
        /// A right that needs no rule of its own.
        case implied
        case denied(Denial.Reason)
    }

    /// What one rule had to say.
    public enum Finding: Hashable, Sendable {
        case matched
        /// The rule is for other servers.
        case otherServer
        /// The rule is for other callers.
        case otherCaller
        /// The rule is about other tools, resources, prompts or methods.
        case otherObject
    }

    public struct RuleFinding: Hashable, Sendable {
        /// The rule's place in `access`, from 0.
        public let rule: Int
        public let id: [UInt8]
        public let effect: AccessRule.Effect
        public let mode: AccessRule.Mode
        public let finding: Finding
    }

    public let outcome: Outcome
    /// The rule that decided; nil for an implied right and where no rule matched.
    public let decidedBy: Int?
    /// Every rule, in the order of the configuration.
    public let rules: [RuleFinding]
}

extension Policy {
    /// The decision that `authorize` makes, with what each rule had to say. Mints no permit.
    /// - Complexity: looks at every rule; for people, not for requests.
    public func explain(_ who: borrowing Authenticated, _ call: MCPCall, on server: Int) -> PolicyExplanation {
        let who = copy who
        let object = JudgedObject(call)
        let findings = rules.map { rule in
            let finding: PolicyExplanation.Finding =
                if !rule.servers.contains(server) {
                    .otherServer
                } else if !rule.isFor(who) {
                    .otherCaller
                } else if !rule.isAbout(call.method, object) {
                    .otherObject
                } else {
                    .matched
                }
            return PolicyExplanation.RuleFinding(
                rule: rule.index,
                id: rule.id,
                effect: rule.effect,
                mode: rule.mode,
                finding: finding
            )
        }
        switch judge(who, call, on: server) {
        case .allowed(let rule):
            return PolicyExplanation(outcome: rule == nil ? .implied : .allowed, decidedBy: rule, rules: findings)
        case .denied(let reason, let rule):
            return PolicyExplanation(outcome: .denied(reason), decidedBy: rule, rules: findings)
        }
    }
}
