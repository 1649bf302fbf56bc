// SPDX-License-Identifier: Apache-2.0

import Bytes
public import Identity
public import MCP

/// The compiled access rules: who may do what on which server. Without a rule nothing is allowed.
///
/// Order of a decision (semantics 3): a deny rule in force; an allow rule in force, or a right that needs no rule of
/// its own; otherwise no. The outcome does not depend on the order of the rules; which of several matching rules is
/// named does: the first in the configuration. Rules in report mode decide nothing, list nothing and open nothing.
///
/// Servers are named by their place in the list that was given to `init`. Immutable: share it between threads.
public final class Policy: Sendable {
    /// The longest pattern in a rule, in bytes.
    public static let patternBytesMax = Pattern.bytesMax
    /// The longest resource URI that is ever allowed, in bytes.
    public static let uriBytesMax = ResourceURI.bytesMax

    let rules: [CompiledRule]
    let servers: [ServerRules]

    /// Compiles the rules.
    /// - Throws: the first problem; `problems(rules:servers:)` finds all.
    public init(rules accessRules: [AccessRule], servers names: [[UInt8]]) throws(PolicyError) {
        let compiler = RuleCompiler(accessRules, servers: names)
        if let problem = compiler.problems.first { throw problem }
        rules = compiler.rules
        var rulesByServer = [[CompiledRule]](repeating: [], count: names.count)
        for rule in compiler.rules {
            for server in rule.servers { rulesByServer[server].append(rule) }
        }
        servers = rulesByServer.map { ServerRules($0) }
    }

    /// Everything that is wrong with the rules, in their order; empty if `init` would succeed.
    public static func problems(rules: [AccessRule], servers: [[UInt8]]) -> [PolicyError] {
        RuleCompiler(rules, servers: servers).problems
    }

    /// Whether requests without credentials are answered on this server: some allow rule in force is for `anyone`.
    public func opensToAnyone(_ server: Int) -> Bool { servers[server].opensToAnyone }

    /// Whether the caller has any right on this server: some allow rule in force is for them, and none denies them
    /// everything. A caller without is refused before an upstream is started.
    public func allowsAnything(_ who: borrowing Authenticated, on server: Int) -> Bool {
        hasAccess(copy who, on: server)
    }

    /// Judges a request. A permit is the right to send it once.
    public func authorize(_ who: borrowing Authenticated, _ call: MCPCall, on server: Int) -> Decision {
        switch judge(copy who, call, on: server) {
        case .allowed(let rule): .permit(Permit(rule: rule.map { rules[$0].id }, call: call))
        case .denied(let reason, let rule):
            .denied(
                Denial(
                    reason: reason,
                    rule: rule.map { rules[$0].id },
                    message: rule.flatMap { rules[$0].message },
                    call: call
                )
            )
        }
    }

    /// Whether `authorize` would permit it, for what a server sends unasked and for parts of a request: entries of
    /// `subscriptions/listen`, `notifications/resources/updated`, `contents[]` with another URI. Sends nothing, so it
    /// mints nothing.
    public func mayRead(_ who: borrowing Authenticated, _ uri: [UInt8], on server: Int) -> Bool {
        let call = MCPCall(method: .resourcesRead, target: .resource(uri: uri))
        if case .allowed = judge(copy who, call, on: server) { return true }
        return false
    }

    /// Whether an entry of a list result is shown to the caller: a tool, prompt or resource that they may use, a
    /// template of which some expansion could be. A resource whose URI is refused is not shown; nor is a task.
    public func lists(_ who: borrowing Authenticated, _ target: MCPTarget, on server: Int) -> Bool {
        let method: MCPMethod
        switch target {
        case .tool: method = .toolsCall
        case .prompt: method = .promptsGet
        case .resource: method = .resourcesRead
        case .template(let uri): return listsTemplate(copy who, uri, on: server)
        case .task, .none: return false
        }
        if case .allowed = judge(copy who, MCPCall(method: method, target: target), on: server) { return true }
        return false
    }

    /// The rules in report mode that would have matched the request, in their order, for the log.
    public func reports(_ who: borrowing Authenticated, _ call: MCPCall, on server: Int) -> [ReportedRule] {
        let candidates = servers[server].reports
        guard !candidates.isEmpty else { return [] }
        let who = copy who
        let object = JudgedObject(call)
        return candidates.compactMap { index in
            let rule = rules[index]
            guard rule.isFor(who), rule.isAbout(call.method, object) else { return nil }
            return ReportedRule(id: rule.id, effect: rule.effect)
        }
    }
}

/// A rule in report mode that matched a request.
public struct ReportedRule: Hashable, Sendable {
    public let id: [UInt8]
    public let effect: AccessRule.Effect
}

extension Policy {
    /// A decision by places of rules.
    enum Verdict: Hashable {
        /// Nil: a right that needs no rule of its own.
        case allowed(rule: Int?)
        case denied(Denial.Reason, rule: Int?)
    }

    func judge(_ who: Authenticated, _ call: MCPCall, on server: Int) -> Verdict {
        let table = servers[server]
        let object = JudgedObject(call)
        if let rule = firstDeny(who, call.method, object, table.denies) {
            return .denied(hasAccess(who, on: server) ? .denied : .noAccess, rule: rule)
        }
        if let rule = firstAllow(who, call.method, object, table.allows) { return .allowed(rule: rule) }
        guard hasAccess(who, on: server) else { return .denied(.noAccess, rule: nil) }
        switch object {
        case .none where call.method.isImplied: return .allowed(rule: nil)
        case .badURI: return .denied(.badURI, rule: nil)
        default: return .denied(.notAllowed, rule: nil)
        }
    }

    private func hasAccess(_ who: Authenticated, on server: Int) -> Bool {
        let table = servers[server]
        if table.denies.everything.first(for: who, where: { rules[$0].isFor(who) }) != nil { return false }
        return table.allows.rules.first(for: who) { rules[$0].isFor(who) } != nil
    }

    private func firstDeny(
        _ who: Authenticated,
        _ method: MCPMethod,
        _ object: JudgedObject,
        _ table: RuleTable
    ) -> Int? {
        guard !table.isEmpty else { return nil }
        let byMethod = firstByMethod(who, method, table)
        guard let byObject = firstByObject(who, object, table) else { return byMethod }
        return min(byMethod ?? byObject, byObject)
    }

    private func firstAllow(
        _ who: Authenticated,
        _ method: MCPMethod,
        _ object: JudgedObject,
        _ table: RuleTable
    ) -> Int? {
        if case .none = object { return firstByMethod(who, method, table) }
        return firstByObject(who, object, table)
    }

    private func firstByMethod(_ who: Authenticated, _ method: MCPMethod, _ table: RuleTable) -> Int? {
        table.methods.first(method, for: who) { index, isExact in
            let rule = rules[index]
            guard rule.isFor(who) else { return false }
            return isExact || rule.isEverything || rule.methods.matchesPattern(method.text)
        }
    }

    private func firstByObject(_ who: Authenticated, _ object: JudgedObject, _ table: RuleTable) -> Int? {
        switch object {
        case .none, .badURI, .never: return nil
        case .tool(let name):
            return table.tools.first(name, for: who) { index, isExact in
                let rule = rules[index]
                guard rule.isFor(who) else { return false }
                return isExact || rule.isEverything || rule.tools.matchesPattern(name)
            }
        case .prompt(let name):
            return table.prompts.first(name, for: who) { index, isExact in
                let rule = rules[index]
                guard rule.isFor(who) else { return false }
                return isExact || rule.isEverything || rule.prompts.matchesPattern(name)
            }
        case .resource(let uri):
            return table.resources.first(for: who) { index in
                let rule = rules[index]
                guard rule.isFor(who) else { return false }
                return rule.effect == .allow ? rule.allows(uri) : rule.denies(uri)
            }
        case .template(let template):
            return table.resources.first(for: who) { index in
                let rule = rules[index]
                guard rule.isFor(who) else { return false }
                return rule.effect == .allow ? rule.coversAll(of: template) : rule.meetsSome(of: template)
            }
        }
    }

    /// A template is shown if some expansion could be allowed. Where its own text has dot segments between expressions
    /// this may hide one of which an expansion could be; the use of any expansion is judged by itself.
    private func listsTemplate(_ who: Authenticated, _ uri: [UInt8], on server: Int) -> Bool {
        guard let template = ResourceTemplate(uri) else { return false }
        let table = servers[server]
        guard firstByMethod(who, .resourcesRead, table.denies) == nil else { return false }
        let deny = table.denies.resources.first(for: who) { rules[$0].isFor(who) && rules[$0].deniesAll(of: template) }
        guard deny == nil else { return false }
        let allow = table.allows.resources.first(for: who) { rules[$0].isFor(who) && rules[$0].couldCover(template) }
        return allow != nil
    }
}
