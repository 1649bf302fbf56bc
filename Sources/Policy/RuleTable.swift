// SPDX-License-Identifier: Apache-2.0

import Identity
import MCP

/// For one kind of object: which rules can match a name, without looking at the others.
struct RuleIndex<Key: Hashable & Sendable>: Sendable {
    private var exact: [Key: CallerIndex] = [:]
    /// Rules with a pattern, or for everything.
    private var wild = CallerIndex()

    mutating func add(_ rule: CompiledRule, exact keys: some Sequence<Key>, isWild: Bool) {
        for key in keys { exact[key, default: CallerIndex()].add(rule) }
        if isWild { wild.add(rule) }
    }

    /// The first rule, in the order of the configuration, that `applies` accepts. It is told whether the rule lists the
    /// key itself; if not, its patterns are still to be asked.
    @inline(__always)
    func first(_ key: Key, for who: Authenticated, where applies: (_ rule: Int, _ isExact: Bool) -> Bool) -> Int? {
        let named = exact.isEmpty ? nil : exact[key]?.first(for: who) { applies($0, true) }
        return wild.first(for: who, before: named ?? .max) { applies($0, false) } ?? named
    }
}

/// The rules of one effect that are in force on one server.
struct RuleTable: Sendable {
    private(set) var isEmpty = true
    private(set) var rules = CallerIndex()
    private(set) var everything = CallerIndex()
    private(set) var resources = CallerIndex()
    private(set) var tools = RuleIndex<[UInt8]>()
    private(set) var prompts = RuleIndex<[UInt8]>()
    private(set) var methods = RuleIndex<MCPMethod>()

    mutating func add(_ rule: CompiledRule) {
        let everywhere = rule.isEverything
        isEmpty = false
        rules.add(rule)
        if everywhere { everything.add(rule) }
        if everywhere || !rule.resources.isEmpty { resources.add(rule) }
        tools.add(rule, exact: rule.tools.exact, isWild: everywhere || !rule.tools.patterns.isEmpty)
        prompts.add(rule, exact: rule.prompts.exact, isWild: everywhere || !rule.prompts.patterns.isEmpty)
        methods.add(
            rule,
            exact: rule.methods.exact.map { MCPMethod($0) },
            isWild: everywhere || !rule.methods.patterns.isEmpty
        )
    }
}

/// The rules of one server. A class for the same reason as `CompiledRule`.
final class ServerRules: Sendable {
    let allows: RuleTable
    let denies: RuleTable
    /// Rules in report mode, of both effects.
    let reports: [Int]
    let opensToAnyone: Bool

    /// - Parameter rules: those that hold on this server, in the order of the configuration.
    init(_ rules: [CompiledRule]) {
        var (allows, denies) = (RuleTable(), RuleTable())
        var opensToAnyone = false
        for rule in rules where rule.mode == .enforce {
            switch rule.effect {
            case .allow:
                allows.add(rule)
                if case .anyone = rule.callers { opensToAnyone = true }
            case .deny: denies.add(rule)
            }
        }
        self.allows = allows
        self.denies = denies
        self.opensToAnyone = opensToAnyone
        reports = rules.filter { $0.mode == .report }.map(\.index)
    }
}
