// SPDX-License-Identifier: Apache-2.0

import Identity

/// Finds the rules that can be for a caller without looking at those for others: a thousand callers with a rule each
/// cost as much as one. A rule that names subjects stands under each of them; one that names keys but no subjects under
/// each key; one that names only roles under each role; every other is looked at for every caller. What stands where a
/// caller looks need not be for them all the same: `CompiledRule.isFor` decides. Places of rules are ascending.
struct CallerIndex: Sendable {
    private var subjects: [[UInt8]: [Int]] = [:]
    private var keys: [[UInt8]: [Int]] = [:]
    private var roles: [[UInt8]: [Int]] = [:]
    private var others: [Int] = []

    /// Adds a rule that stands behind all that were added before.
    mutating func add(_ rule: CompiledRule) {
        guard case .matching(let match) = rule.callers else { return others.append(rule.index) }
        if let named = match.subjects {
            for name in Set(named) { subjects[name, default: []].append(rule.index) }
        } else if let named = match.keys {
            for name in Set(named) { keys[name, default: []].append(rule.index) }
        } else if let named = match.roles {
            for name in Set(named) { roles[name, default: []].append(rule.index) }
        } else {
            others.append(rule.index)
        }
    }

    /// The first rule, in the order of the configuration, that `applies` accepts; only those before `end` are looked
    /// at.
    @inline(__always)
    func first(for who: Authenticated, before end: Int = .max, where applies: (_ rule: Int) -> Bool) -> Int? {
        var best = end
        Self.lower(&best, others, applies)
        if !subjects.isEmpty, let named = subjects[who.principal.subject] { Self.lower(&best, named, applies) }
        if !keys.isEmpty, let named = keys[who.principal.id] { Self.lower(&best, named, applies) }
        if !roles.isEmpty {
            for role in who.roles {
                if let named = roles[role] { Self.lower(&best, named, applies) }
            }
        }
        return best < end ? best : nil
    }

    @inline(__always)
    private static func lower(_ best: inout Int, _ rules: [Int], _ applies: (_ rule: Int) -> Bool) {
        for rule in rules {
            guard rule < best else { return }
            if applies(rule) { best = rule }
        }
    }
}
