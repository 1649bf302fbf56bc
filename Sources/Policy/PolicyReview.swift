// SPDX-License-Identifier: Apache-2.0

import Bytes
import MCP

/// A rule that is valid, but cannot mean what it says.
public struct PolicyWarning: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// An allow rule all of whose grants are denied to all of its callers by the rule at `by`.
        case shadowed(by: Int)
        /// A rule that never decides anything: the earlier rule at `by` has the same effect and covers all of it.
        case repeated(by: Int)
        /// A pattern in `servers` that no server's name matches.
        case noSuchServer
        /// `"allow": "everything"`.
        case grantsEverything
        /// A pattern for every name or URI, granted to `anyone` or `authenticated`.
        case grantsEveryName
        /// A resource pattern that differs from the normal form of the URIs that it names. In an allow rule it never
        /// matches, in a deny rule it misses their other spellings.
        case notNormal
        /// A method in `allow.methods` that only a tool, resource or prompt can grant, or nothing.
        case methodNotGranted
    }

    public let kind: Kind
    /// The rule's place in `access`, from 0.
    public let rule: Int
    /// The member, and the element's place in its list, that the warning is about; nil where it is about the rule.
    public let member: PolicyError.Member?
    public let element: Int?

    init(_ kind: Kind, rule: Int, member: PolicyError.Member? = nil, element: Int? = nil) {
        self.kind = kind
        self.rule = rule
        self.member = member
        self.element = element
    }

    /// What is wrong and what to do.
    public var sentence: StaticString {
        switch kind {
        case .shadowed: "a deny rule covers all that this rule allows; it grants nothing"
        case .repeated: "an earlier rule with the same effect covers this one; it never decides"
        case .noSuchServer: "no server's name matches this pattern"
        case .grantsEverything: "allows every tool, resource, prompt and method, also those that are added later"
        case .grantsEveryName: "allows every name, also those that are added later, to callers without a role or key"
        case .notNormal:
            "is not how the gateway reads these URIs: lower-case scheme and host, file:///, no \\, no . or .., no %2F"
        case .methodNotGranted: "this method is granted by naming the tool, resource or prompt, not by \"methods\""
        }
    }
}

/// What `check` warns of. Each warning is certain: what cannot be shown is not reported.
public enum PolicyReview {
    /// The warnings, by rule. Empty for rules that `Policy` refuses.
    public static func review(rules: [AccessRule], servers: [[UInt8]]) -> [PolicyWarning] {
        let compiler = RuleCompiler(rules, servers: servers)
        guard compiler.problems.isEmpty else { return [] }
        var warnings: [PolicyWarning] = []
        for (index, rule) in rules.enumerated() {
            warnings += serverWarnings(rule, at: index, servers: servers)
            warnings += wildcardWarnings(rule, at: index)
            warnings += formWarnings(rule, at: index)
            if let kind = RuleCover.warning(about: compiler.rules[index], among: compiler.rules) {
                warnings.append(PolicyWarning(kind, rule: index))
            }
        }
        return warnings
    }

    private static func serverWarnings(_ rule: AccessRule, at index: Int, servers: [[UInt8]]) -> [PolicyWarning] {
        var warnings: [PolicyWarning] = []
        for (element, text) in (rule.servers ?? []).enumerated() {
            guard let pattern = try? Pattern(text, .name), !servers.contains(where: pattern.matches) else { continue }
            warnings.append(PolicyWarning(.noSuchServer, rule: index, member: .servers, element: element))
        }
        return warnings
    }

    private static func wildcardWarnings(_ rule: AccessRule, at index: Int) -> [PolicyWarning] {
        guard rule.effect == .allow, rule.mode == .enforce else { return [] }
        guard case .named(let tools, let resources, let prompts, let methods) = rule.objects else {
            return [PolicyWarning(.grantsEverything, rule: index, member: .objects)]
        }
        if case .matching = rule.subjects { return [] }
        let lists: [(PolicyError.Member, [[UInt8]], Pattern.Grammar)] = [
            (.tools, tools, .name), (.resources, resources, .uri), (.prompts, prompts, .name),
            (.methods, methods, .name),
        ]
        var warnings: [PolicyWarning] = []
        for (member, list, grammar) in lists {
            for (element, text) in list.enumerated() {
                guard let pattern = try? Pattern(text, grammar), pattern.isEverything else { continue }
                warnings.append(PolicyWarning(.grantsEveryName, rule: index, member: member, element: element))
            }
        }
        return warnings
    }

    private static func formWarnings(_ rule: AccessRule, at index: Int) -> [PolicyWarning] {
        guard case .named(_, let resources, _, let methods) = rule.objects else { return [] }
        var warnings: [PolicyWarning] = []
        for (element, text) in resources.enumerated() {
            guard let pattern = try? Pattern(text, .uri), !isNormal(pattern, decoded: rule.effect == .allow) else {
                continue
            }
            warnings.append(PolicyWarning(.notNormal, rule: index, member: .resources, element: element))
        }
        guard rule.effect == .allow else { return warnings }
        for (element, text) in methods.enumerated() {
            guard let literal = (try? Pattern(text, .name))?.literal, !MCPMethod(literal).isGrantedByName else {
                continue
            }
            warnings.append(PolicyWarning(.methodNotGranted, rule: index, member: .methods, element: element))
        }
        return warnings
    }

    /// Whether the last reading of some URI can match. Looks at what is written out before the first wildcard, up to
    /// its last slash, so it may take for normal what is not.
    private static func isNormal(_ pattern: Pattern, decoded: Bool) -> Bool {
        var start: [UInt8] = []
        for token in pattern.tokens {
            guard case .scalar(let scalar) = token else { break }
            UTF8Text.append(scalar, to: &start)
        }
        let isWhole = pattern.literal != nil
        guard let colon = URILayout.schemeEnd(start) else {
            return !isWhole && start.allSatisfy(URILayout.isSchemeByte)
        }
        guard !decoded || PercentEncoding.decodedOnce(start) == start else { return false }
        // What stands behind the last slash may go on, so that `..` is no dot segment; so may the slashes of `file:`.
        let settled = isWhole ? start : Array(start.prefix((start.lastIndex(of: URILayout.slash) ?? -1) + 1))
        guard isWhole || !(settled.isEmpty || settled.equals("file:/") || settled.equals("file://")) else {
            return start[...colon].allSatisfy { ASCII.lower($0) == $0 }
        }
        return URINormalizer.readings(of: settled) == [settled]
    }
}
