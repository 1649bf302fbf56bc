// SPDX-License-Identifier: Apache-2.0

import MCP

/// For one kind of object: which rules can match a name, without looking at the others. Places of rules are ascending.
struct RuleIndex<Key: Hashable & Sendable>: Sendable {
    private var exact: [Key: [Int]] = [:]
    /// Rules with a pattern, or for everything.
    private var wild: [Int] = []

    mutating func add(_ rule: Int, exact keys: [Key], isWild: Bool) {
        for key in keys { exact[key, default: []].append(rule) }
        if isWild { wild.append(rule) }
    }

    /// The first rule, in the order of the configuration, that `applies` accepts. It is told whether the rule lists the
    /// key itself; if not, its patterns are still to be asked.
    func first(_ key: Key, where applies: (_ rule: Int, _ isExact: Bool) -> Bool) -> Int? {
        let named = exact[key] ?? []
        var (nextNamed, nextWild) = (0, 0)
        while nextNamed < named.count || nextWild < wild.count {
            let isExact = nextWild == wild.count || (nextNamed < named.count && named[nextNamed] <= wild[nextWild])
            let rule = isExact ? named[nextNamed] : wild[nextWild]
            if isExact { nextNamed += 1 } else { nextWild += 1 }
            if applies(rule, isExact) { return rule }
        }
        return nil
    }
}

/// The rules of one effect that are in force on one server, in the order of the configuration.
struct RuleTable: Sendable {
    private(set) var rules: [Int] = []
    private(set) var everything: [Int] = []
    private(set) var resources: [Int] = []
    private(set) var tools = RuleIndex<[UInt8]>()
    private(set) var prompts = RuleIndex<[UInt8]>()
    private(set) var methods = RuleIndex<MCPMethod>()

    mutating func add(_ rule: CompiledRule) {
        let everywhere = rule.isEverything
        rules.append(rule.index)
        if everywhere { everything.append(rule.index) }
        if everywhere || !rule.resources.isEmpty { resources.append(rule.index) }
        tools.add(rule.index, exact: Array(rule.tools.exact), isWild: everywhere || !rule.tools.patterns.isEmpty)
        prompts.add(rule.index, exact: Array(rule.prompts.exact), isWild: everywhere || !rule.prompts.patterns.isEmpty)
        methods.add(
            rule.index,
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
