// SPDX-License-Identifier: Apache-2.0

import Bytes
import Identity
import JSON
import Policy

/// A rule, and where its parts stand.
struct PlacedRule {
    let rule: AccessRule
    let place: ConfigPlace
    /// The elements of its lists, in their order; of a member that is one value, that value.
    let parts: [PolicyError.Member: [ConfigNode]]

    /// Where a part stands; the rule, where there is no such part.
    func place(of member: PolicyError.Member?, _ element: Int? = nil) -> ConfigPlace {
        node(of: member, element)?.place ?? place
    }

    func node(of member: PolicyError.Member?, _ element: Int? = nil) -> ConfigNode? {
        guard let member, let nodes = parts[member], nodes.indices.contains(element ?? 0) else { return nil }
        return nodes[element ?? 0]
    }
}

extension ConfigurationReader {
    static let rulesMax = 10_000

    func readAccess(_ node: ConfigNode?, servers: [PlacedServer], keys: [PlacedKey]) -> [AccessRule] {
        guard let elements = node?.elements() else { return [] }
        guard elements.count <= Self.rulesMax else {
            node?.error("more than \(Self.rulesMax) rules; name several patterns in one rule")
            return []
        }
        let names = servers.map(\.configuration.name)
        let placed = elements.enumerated().compactMap { index, element in
            readRule(element, number: index + 1, servers: names)
        }
        var ids: [[UInt8]: ConfigPlace] = [:]
        for rule in placed {
            if let first = ids[rule.rule.id] {
                let shown = ConfigText.quoted(rule.rule.id)
                report.error(
                    rule.place(of: .id),
                    "the rule \(shown) is already defined at \(first.text); give it another id"
                )
            } else {
                ids[rule.rule.id] = rule.place(of: .id)
            }
        }
        reviewKeys(placed, keys)
        reviewPolicy(placed, servers: names)
        return placed.map(\.rule)
    }

    private func readRule(_ node: ConfigNode, number: Int, servers: [[UInt8]]) -> PlacedRule? {
        guard let object = node.object(ConfigurationKeys.access), let place = node.place else { return nil }
        let id = readRuleID(object["id"]) ?? [UInt8](text: "rule-\(number)")
        let modes: [(StaticString, AccessRule.Mode)] = [("enforce", .enforce), ("report", .report)]
        let mode = object["mode"]?.choice(modes) ?? .enforce
        let subjects = readSubjects(object)
        let effect = readEffect(object)
        let named = readServerPatterns(
            object["servers"],
            servers,
            opensToAnyone: effect?.effect == .allow && subjects?.subjects.isAnyone == true
        )
        if effect?.effect == .allow, object["servers"] == nil {
            node.error("an allow rule must name its \"servers\"; write for example \"servers\": [\"calculator\"]")
        }
        let message = object["message"]?.text(bytesMax: 1024)
        if effect?.effect == .allow {
            object["message"]?.warning("only deny rules tell their \"message\"; take it away")
        }
        guard let subjects, let effect else { return nil }
        let rule = AccessRule(
            id: id,
            servers: named?.map(\.text),
            subjects: subjects.subjects,
            effect: effect.effect,
            objects: effect.objects,
            mode: mode,
            message: message
        )
        var parts = effect.parts
        parts[.id] = object["id"].map { [$0] }
        parts[.servers] = named?.map(\.node)
        parts[.key] = subjects.keys
        parts[.objects] = (object["allow"] ?? object["deny"]).map { [$0] }
        return PlacedRule(rule: rule, place: place, parts: parts)
    }

    private func readRuleID(_ node: ConfigNode?) -> [UInt8]? {
        guard let node, let id = node.text(bytesMax: Self.nameBytesMax, such: "readers") else { return nil }
        guard Self.isName(id) else {
            node.error("\(ConfigText.quoted(id)) is no id for a rule; write letters, digits, \".\", \"_\" or \"-\"")
            return nil
        }
        return id
    }

    /// An endpoint that is open to anyone must be named: a wildcard would open the next server too.
    private func readServerPatterns(
        _ node: ConfigNode?,
        _ servers: [[UInt8]],
        opensToAnyone: Bool
    ) -> [(node: ConfigNode, text: [UInt8])]? {
        guard let named = node?.textNodes(bytesMax: 256, orOne: true) else { return nil }
        for (element, text) in named {
            if !FilePattern.hasWildcard(text) {
                if !servers.contains(text), !context.isIncomplete { reportUnknownServer(element, text, servers) }
            } else if opensToAnyone {
                element.error("a rule that allows \"anyone\" must name its servers in full, without * or ?")
            }
        }
        return named
    }

    private func readSubjects(
        _ object: ConfigObject
    ) -> (subjects: AccessRule.Subjects, keys: [ConfigNode])? {
        guard let node = object.required("to", write: "{ \"role\": \"reader\" }") else { return nil }
        if node.kind == .string {
            let words: [(StaticString, AccessRule.Subjects)] = [("anyone", .anyone), ("authenticated", .authenticated)]
            return node.choice(words).map { ($0, []) }
        }
        guard let to = node.object(ConfigurationKeys.to) else { return nil }
        guard node.values.contains(where: { $0.json.count > 0 }) else {
            node.error("\"to\" is empty; write \"anyone\", \"authenticated\" or for example { \"role\": \"reader\" }")
            return nil
        }
        let keys = to["key"]?.textNodes(bytesMax: 256, orOne: true)
        let match = AccessRule.SubjectMatch(
            keys: keys?.map(\.text),
            subjects: to["subject"]?.texts(bytesMax: 256, orOne: true),
            roles: to["role"]?.texts(bytesMax: 256, orOne: true),
            kinds: to["kind"].flatMap(readKinds)
        )
        return (.matching(match), keys?.map(\.node) ?? [])
    }

    private func readKinds(_ node: ConfigNode) -> [[UInt8]]? {
        node.textNodes(bytesMax: 64, orOne: true)?.compactMap { element, text in
            element.choice([("api_key", text)], later: ["token", "certificate"])
        }
    }

    private struct ReadEffect {
        let effect: AccessRule.Effect
        let objects: AccessRule.Objects
        let parts: [PolicyError.Member: [ConfigNode]]
    }

    private func readEffect(_ object: ConfigObject) -> ReadEffect? {
        let example = "\"allow\": { \"tools\": [\"add\"] }"
        switch (object["allow"], object["deny"]) {
        case (_?, let deny?):
            deny.error("a rule has either \"allow\" or \"deny\"; write two rules")
        case (nil, nil):
            object.node.error("\"allow\" or \"deny\" is missing; write for example \(example)")
        case (let allow?, nil):
            return readObjects(allow).map { ReadEffect(effect: .allow, objects: $0.objects, parts: $0.parts) }
        case (nil, let deny?):
            return readObjects(deny).map { ReadEffect(effect: .deny, objects: $0.objects, parts: $0.parts) }
        }
        return nil
    }

    private func readObjects(_ node: ConfigNode) -> (
        objects: AccessRule.Objects, parts: [PolicyError.Member: [ConfigNode]]
    )? {
        if node.kind == .string {
            return node.choice([("everything", true)]).map { _ in (.everything, [:]) }
        }
        guard let object = node.object(ConfigurationKeys.objects) else { return nil }
        guard node.values.contains(where: { $0.json.count > 0 }) else {
            node.error("\(node.name) is empty; write for example { \"tools\": [\"add\"] }, or \"everything\"")
            return nil
        }
        let tools = readPatterns(object["tools"])
        let resources = readPatterns(object["resources"])
        let prompts = readPatterns(object["prompts"])
        let methods = readPatterns(object["methods"])
        let objects = AccessRule.Objects.named(
            tools: tools.map(\.text),
            resources: resources.map(\.text),
            prompts: prompts.map(\.text),
            methods: methods.map(\.text)
        )
        let parts: [PolicyError.Member: [ConfigNode]] = [
            .tools: tools.map(\.node), .resources: resources.map(\.node), .prompts: prompts.map(\.node),
            .methods: methods.map(\.node),
        ]
        return (objects, parts)
    }

    private func readPatterns(_ node: ConfigNode?) -> [(node: ConfigNode, text: [UInt8])] {
        node?.textNodes(bytesMax: 2048) ?? []
    }
}

extension AccessRule.Subjects {
    var isAnyone: Bool {
        if case .anyone = self { return true }
        return false
    }
}
