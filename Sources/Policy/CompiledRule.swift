// SPDX-License-Identifier: Apache-2.0

import Bytes
import Identity
import MCP

/// A rule with its patterns compiled. A class, so that looking at one costs one reference count and not one for each of
/// its lists.
final class CompiledRule: Sendable {
    enum Callers: Sendable {
        case anyone, authenticated
        case matching(AccessRule.SubjectMatch)
    }

    /// What a rule names, by kind.
    struct Names {
        var tools = NameSet()
        var resources = NameSet()
        var prompts = NameSet()
        var methods = NameSet()
    }

    /// The rule's place in the configuration.
    let index: Int
    let id: [UInt8]
    let message: [UInt8]?
    let effect: AccessRule.Effect
    let mode: AccessRule.Mode
    let callers: Callers
    /// Places in the list of servers, ascending.
    let servers: [Int]
    let isEverything: Bool
    let tools: NameSet
    let prompts: NameSet
    let methods: NameSet
    /// Patterns are in the first reading, as URIs are.
    let resources: NameSet
    /// `resources` as patterns, for comparison with templates.
    let resourcePatterns: [Pattern]
    let resourceAutomaton: PatternAutomaton

    init(_ rule: AccessRule, at index: Int, callers: Callers, servers: [Int], names: Names) {
        self.index = index
        id = rule.id
        message = rule.message
        effect = rule.effect
        mode = rule.mode
        self.callers = callers
        self.servers = servers
        if case .everything = rule.objects { isEverything = true } else { isEverything = false }
        tools = names.tools
        prompts = names.prompts
        methods = names.methods
        resources = names.resources
        resourcePatterns = names.resources.all
        resourceAutomaton = PatternAutomaton(resourcePatterns)
    }

    /// Whether the rule is for this caller. The unauthenticated are only ever met by `anyone`.
    func isFor(_ who: Authenticated) -> Bool {
        switch callers {
        case .anyone: return true
        case .authenticated: return !who.isAnonymous
        case .matching(let match):
            guard !who.isAnonymous else { return false }
            if let keys = match.keys, !keys.contains(who.principal.id) { return false }
            if let subjects = match.subjects, !subjects.contains(who.principal.subject) { return false }
            if let kinds = match.kinds, !kinds.contains(where: { $0.equals("api_key") }) { return false }
            guard let roles = match.roles else { return true }
            for role in who.roles where roles.contains(role) { return true }
            return false
        }
    }

    /// Whether the rule is about this request, whoever makes it: an allow must cover it in every reading, a deny meets
    /// it in any.
    func isAbout(_ method: MCPMethod, _ object: JudgedObject) -> Bool {
        switch effect {
        case .allow: allows(method, object)
        case .deny: isEverything || (!methods.isEmpty && methods.contains(method.text)) || denies(object)
        }
    }

    private func allows(_ method: MCPMethod, _ object: JudgedObject) -> Bool {
        switch object {
        case .none: isEverything || methods.contains(method.text)
        case .tool(let name): isEverything || tools.contains(name)
        case .prompt(let name): isEverything || prompts.contains(name)
        case .resource(let uri): allows(uri)
        case .template(let template): coversAll(of: template)
        case .badURI, .never: false
        }
    }

    private func denies(_ object: JudgedObject) -> Bool {
        switch object {
        case .none, .badURI, .never: false
        case .tool(let name): tools.contains(name)
        case .prompt(let name): prompts.contains(name)
        case .resource(let uri): denies(uri)
        case .template(let template): meetsSome(of: template)
        }
    }

    func allows(_ uri: ResourceURI) -> Bool {
        if isEverything { return true }
        for reading in uri.readings where !resources.contains(reading) { return false }
        return !resources.isEmpty
    }

    func denies(_ uri: ResourceURI) -> Bool {
        if isEverything { return true }
        guard !resources.isEmpty else { return false }
        for reading in uri.readings where resources.contains(reading) { return true }
        for reading in uri.coarseReadings where resources.contains(reading) { return true }
        return false
    }
}

extension CompiledRule {
    /// Whether every expansion of the template matches. May answer false where it cannot see that they do.
    func coversAll(of template: ResourceTemplate) -> Bool {
        if isEverything { return true }
        guard template.hasScheme else { return false }
        for reading in template.readings where !resourceAutomaton.covers(reading) { return false }
        return !resources.isEmpty
    }

    /// Whether some expansion of the template matches.
    func couldCover(_ template: ResourceTemplate) -> Bool {
        if isEverything { return true }
        for reading in template.readings where !meets(reading) { return false }
        return !resources.isEmpty
    }

    /// Whether some expansion of the template matches in some reading.
    func meetsSome(of template: ResourceTemplate) -> Bool {
        if isEverything { return true }
        for reading in template.readings where meets(reading) { return true }
        for reading in template.coarseReadings where meets(reading) { return true }
        return false
    }

    /// Whether no expansion of the template escapes this deny rule.
    func deniesAll(of template: ResourceTemplate) -> Bool {
        if isEverything { return true }
        guard !resources.isEmpty else { return false }
        for reading in template.readings where resourceAutomaton.covers(reading) { return true }
        for reading in template.coarseReadings where resourceAutomaton.covers(reading) { return true }
        return false
    }

    private func meets(_ reading: Pattern) -> Bool {
        for pattern in resourcePatterns where pattern.meets(reading) { return true }
        return false
    }
}
