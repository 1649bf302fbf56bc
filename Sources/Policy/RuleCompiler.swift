// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Turns the rules of the configuration into compiled ones and gathers what is wrong with them.
struct RuleCompiler {
    private(set) var rules: [CompiledRule] = []
    /// In the order of the rules.
    private(set) var problems: [PolicyError] = []

    private let servers: [[UInt8]]
    private var ids: Set<[UInt8]> = []

    init(_ rules: [AccessRule], servers: [[UInt8]]) {
        self.servers = servers
        for (index, rule) in rules.enumerated() { compile(rule, at: index) }
    }

    private mutating func compile(_ rule: AccessRule, at index: Int) {
        if !rule.id.isEmpty, !ids.insert(rule.id).inserted {
            problems.append(PolicyError(.duplicateID, rule: index, member: .id, value: rule.id))
        }
        rules.append(
            CompiledRule(
                rule,
                at: index,
                callers: callers(rule.subjects, rule: index),
                servers: serverIndices(rule, at: index),
                names: names(rule.objects, rule: index)
            )
        )
    }

    private mutating func names(_ objects: AccessRule.Objects, rule: Int) -> CompiledRule.Names {
        var names = CompiledRule.Names()
        guard case .named(let tools, let resources, let prompts, let methods) = objects else { return names }
        if tools.isEmpty, resources.isEmpty, prompts.isEmpty, methods.isEmpty {
            problems.append(PolicyError(.emptyList, rule: rule, member: .objects))
        }
        names.tools = self.names(tools, .name, rule: rule, member: .tools)
        names.resources = self.names(resources, .uri, rule: rule, member: .resources)
        names.prompts = self.names(prompts, .name, rule: rule, member: .prompts)
        names.methods = self.names(methods, .name, rule: rule, member: .methods)
        return names
    }

    private mutating func names(
        _ list: [[UInt8]],
        _ grammar: Pattern.Grammar,
        rule: Int,
        member: PolicyError.Member
    ) -> NameSet {
        var names = NameSet()
        for (element, text) in list.enumerated() {
            guard let pattern = pattern(text, grammar, rule: rule, member: member, element: element) else { continue }
            if let literal = pattern.literal {
                names.exact.insert(literal)
            } else {
                names.patterns.append(pattern)
            }
        }
        return names
    }

    private mutating func pattern(
        _ text: [UInt8],
        _ grammar: Pattern.Grammar,
        rule: Int,
        member: PolicyError.Member,
        element: Int
    ) -> Pattern? {
        do throws(Pattern.Fault) {
            return try Pattern(text, grammar)
        } catch {
            let problem: PolicyError.Problem =
                switch error {
                case .empty: .emptyValue
                case .tooLong: .patternTooLong
                case .notUTF8: .notUTF8
                case .badPercentEncoding: .badPercentEncoding
                }
            problems.append(PolicyError(problem, rule: rule, member: member, element: element, value: text))
            return nil
        }
    }

    private mutating func serverIndices(_ rule: AccessRule, at index: Int) -> [Int] {
        guard let list = rule.servers else {
            if rule.effect == .allow { problems.append(PolicyError(.missingServers, rule: index, member: .servers)) }
            return Array(servers.indices)
        }
        if list.isEmpty { problems.append(PolicyError(.emptyList, rule: index, member: .servers)) }
        var opensByName = false
        if case .anyone = rule.subjects, rule.effect == .allow { opensByName = true }
        var found: Set<Int> = []
        for (element, text) in list.enumerated() {
            guard let pattern = pattern(text, .name, rule: index, member: .servers, element: element) else { continue }
            let matching = servers.indices.filter { pattern.matches(servers[$0]) }
            found.formUnion(matching)
            if pattern.literal == nil, opensByName {
                let error = PolicyError(
                    .patternForAnyone,
                    rule: index,
                    member: .servers,
                    element: element,
                    value: text
                )
                problems.append(error)
            } else if pattern.literal != nil, matching.isEmpty {
                let error = PolicyError(.unknownServer, rule: index, member: .servers, element: element, value: text)
                problems.append(error)
            }
        }
        return found.sorted()
    }

    private mutating func callers(_ subjects: AccessRule.Subjects, rule: Int) -> CompiledRule.Callers {
        switch subjects {
        case .anyone: return .anyone
        case .authenticated: return .authenticated
        case .matching(let match):
            let members: [(PolicyError.Member, [[UInt8]]?)] = [
                (.key, match.keys), (.subject, match.subjects), (.role, match.roles), (.kind, match.kinds),
            ]
            if members.allSatisfy({ $0.1 == nil }) {
                problems.append(PolicyError(.emptyList, rule: rule, member: .to))
            }
            for case (let member, let values?) in members { check(values, of: member, rule: rule) }
            return .matching(match)
        }
    }

    private mutating func check(_ values: [[UInt8]], of member: PolicyError.Member, rule: Int) {
        if values.isEmpty { problems.append(PolicyError(.emptyList, rule: rule, member: member)) }
        for (element, value) in values.enumerated() {
            if value.isEmpty {
                let error = PolicyError(.emptyValue, rule: rule, member: member, element: element, value: value)
                problems.append(error)
            } else if member == .kind, !Self.isKind(value) {
                let error = PolicyError(.unknownKind, rule: rule, member: member, element: element, value: value)
                problems.append(error)
            }
        }
    }

    private static func isKind(_ text: [UInt8]) -> Bool {
        text.equals("api_key") || text.equals("token") || text.equals("certificate")
    }
}
