// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Whether one rule matches whenever another does. Answers true only where that is certain.
enum RuleCover {
    static func warning(about rule: CompiledRule, among rules: [CompiledRule]) -> PolicyWarning.Kind? {
        // A rule for no server is warned of by its pattern.
        guard !rule.servers.isEmpty else { return nil }
        if rule.effect == .allow, rule.mode == .enforce {
            for other in rules where other.effect == .deny && other.mode == .enforce && covers(other, rule) {
                return .shadowed(by: other.index)
            }
        }
        for other in rules[..<rule.index]
        where other.effect == rule.effect && other.mode == rule.mode && covers(other, rule) {
            return .repeated(by: other.index)
        }
        return nil
    }

    private static func covers(_ wide: CompiledRule, _ narrow: CompiledRule) -> Bool {
        // The cheap questions first: all pairs of rules are asked.
        covers(wide.callers, narrow.callers) && narrow.servers.allSatisfy(wide.servers.contains)
            && coversObjects(wide, narrow)
    }

    private static func covers(_ wide: CompiledRule.Callers, _ narrow: CompiledRule.Callers) -> Bool {
        switch (wide, narrow) {
        case (.anyone, _), (.authenticated, .authenticated), (.authenticated, .matching): true
        case (.matching(let wide), .matching(let narrow)):
            covers(wide.keys, narrow.keys) && covers(wide.subjects, narrow.subjects) && covers(wide.roles, narrow.roles)
                && covers(wide.kinds, narrow.kinds)
        default: false
        }
    }

    /// A member that is not there asks nothing.
    private static func covers(_ wide: [[UInt8]]?, _ narrow: [[UInt8]]?) -> Bool {
        guard let wide else { return true }
        guard let narrow else { return false }
        return narrow.allSatisfy(wide.contains)
    }

    private static func coversObjects(_ wide: CompiledRule, _ narrow: CompiledRule) -> Bool {
        if wide.isEverything { return true }
        // A deny by method stops whatever that method could do, also what an allow rule for everything grants.
        let methods = wide.effect == .deny ? wide.methods : NameSet()
        if methods.patterns.contains(where: { $0.isEverything }) {
            // Denying everything takes away the access too, denying each method does not (`Policy.allowsAnything`).
            return narrow.effect == .allow || !narrow.isEverything
        }
        guard !narrow.isEverything else { return false }
        return (covers(wide.tools, narrow.tools) || stops(methods, ["tools/call"]))
            && (covers(wide.prompts, narrow.prompts) || stops(methods, ["prompts/get", "completion/complete"]))
            && (covers(wide.resources, narrow.resources)
                || stops(
                    methods,
                    ["resources/read", "resources/subscribe", "resources/unsubscribe", "completion/complete"]
                ))
            && covers(wide.methods, narrow.methods)
    }

    private static func covers(_ wide: NameSet, _ narrow: NameSet) -> Bool {
        let automaton = PatternAutomaton(wide.all)
        return narrow.all.allSatisfy(automaton.covers)
    }

    private static func stops(_ methods: NameSet, _ names: [StaticString]) -> Bool {
        names.allSatisfy { methods.contains($0.bytes) }
    }
}
