// SPDX-License-Identifier: Apache-2.0

import Bytes
import Identity
import JSON
import Policy

extension ConfigurationReader {
    /// A rule for a key that does not exist matches nobody, and a deny rule of that kind looks as if it did.
    func reviewKeys(_ rules: [PlacedRule], _ keys: [PlacedKey]) {
        guard !context.isIncomplete else { return }
        let names = keys.map(\.entry.id)
        let known = Set(names)
        for node in rules.flatMap({ $0.parts[.key] ?? [] }) {
            guard let id = node.single()?.string, !known.contains(id) else { continue }
            let near = Spelling.nearest(to: id, among: names)
            let advice = near.map { "; did you mean \(ConfigText.quoted($0))?" } ?? ""
            node.warning("there is no key \(ConfigText.quoted(id)), so this matches nobody\(advice)")
        }
    }

    /// What the policy itself refuses or doubts, told where it stands.
    func reviewPolicy(_ placed: [PlacedRule], servers: [[UInt8]]) {
        let rules = placed.map(\.rule)
        let problems = Policy.problems(rules: rules, servers: servers)
        for problem in problems where !Self.isToldBefore(problem) {
            let rule = placed[problem.rule]
            let subject = problem.value.map { ConfigText.quoted($0) + " " } ?? ""
            report.error(rule.place(of: problem.member, problem.element), subject + "\(problem.sentence)")
        }
        // Nothing that the policy refuses may pass, whoever should have told of it.
        if let problem = problems.first, report.errorCount == 0, !context.isIncomplete {
            report.error(placed[problem.rule].place(of: problem.member, problem.element), "\(problem.sentence)")
        }
        for warning in PolicyReview.review(rules: rules, servers: servers) {
            let place = placed[warning.rule].place(of: warning.member, warning.element)
            report.warning(place, Self.sentence(warning, placed))
        }
    }

    /// The reader has looked for these by itself: it knows more to say about them.
    private static func isToldBefore(_ problem: PolicyError) -> Bool {
        switch problem.problem {
        case .duplicateID, .missingServers, .patternForAnyone, .unknownServer, .emptyList: true
        default: false
        }
    }

    private static func sentence(_ warning: PolicyWarning, _ placed: [PlacedRule]) -> String {
        let rule = placed[warning.rule]
        switch warning.kind {
        case .shadowed(let other), .repeated(let other):
            let cause = "\(ConfigText.quoted(placed[other].rule.id)) at \(placed[other].place.text)"
            return "rule \(ConfigText.quoted(rule.rule.id)): \(warning.sentence): \(cause)"
        case .notNormal, .noSuchServer, .grantsEverything, .grantsEveryName, .methodNotGranted:
            guard let text = rule.node(of: warning.member, warning.element)?.single()?.string else {
                return "\(warning.sentence)"
            }
            // This sentence alone wants a subject.
            let joint = warning.kind == .notNormal ? " " : ": "
            return ConfigText.quoted(text) + joint + "\(warning.sentence)"
        }
    }
}
