// SPDX-License-Identifier: Apache-2.0

import Bytes

/// The members that one object of the configuration may have.
public struct ConfigKeys: Sendable {
    /// Where the object stands, as in `servers.*.stdio`.
    public let place: StaticString
    public let known: [StaticString]
    /// Members that the product will have, but not in this version.
    public let later: [StaticString]
    /// Members that would be right elsewhere, with the sentence that says so.
    public let misplaced: [(key: StaticString, sentence: StaticString)]

    public init(
        _ place: StaticString,
        _ known: [StaticString],
        later: [StaticString] = [],
        misplaced: [(key: StaticString, sentence: StaticString)] = []
    ) {
        self.place = place
        self.known = known
        self.later = later
        self.misplaced = misplaced
    }

    /// Whether the object may have this member.
    public func has(_ name: [UInt8]) -> Bool { known.contains { name.equals($0) } }

    public func has(_ name: StaticString) -> Bool { has(name.bytes) }

    /// What to say of a member that is not in `known`.
    func complaint(about name: [UInt8]) -> String {
        for (key, sentence) in misplaced where name.equals(key) { return "\"\(key)\" \(sentence)" }
        if later.contains(where: { name.equals($0) }) { return ConfigKeys.notAvailable(ConfigText.quoted(name)) }
        let shown = ConfigText.quoted(name)
        if let right = Spelling.nearest(to: name, among: known.map(\.bytes)) {
            return "unknown key \(shown); did you mean \(ConfigText.quoted(right))?"
        }
        return "unknown key \(shown); known here: " + ConfigText.list(known)
    }

    /// The sentence for what comes with a later release.
    public static func notAvailable(_ what: String) -> String {
        "\(what) is not available in this version: it comes with a later release"
    }
}

/// Finds the name that somebody may have meant.
public enum Spelling {
    /// The nearest of `names` within a third of its length (at least one edit, of short names; two, of others), or the
    /// first that `name` is the beginning of; nil if none is that near. Letter case and `-` for `_` count nothing.
    public static func nearest(to name: [UInt8], among names: [[UInt8]]) -> [UInt8]? {
        guard name.count <= 64 else { return nil }
        let folded = fold(name)
        var best: (name: [UInt8], distance: Int)?
        for candidate in names where candidate.count <= 64 {
            let distance = edits(folded, fold(candidate))
            let allowed = candidate.count < 4 ? 1 : max(2, candidate.count / 3)
            guard distance <= allowed, distance < candidate.count else { continue }
            if distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        if let best { return best.name }
        return names.first { folded.count > 2 && fold($0).starts(with: folded) }
    }

    private static func fold(_ name: [UInt8]) -> [UInt8] {
        name.map { $0 == 0x2D ? 0x5F : ASCII.lower($0) }
    }

    /// Insertions, deletions, replacements and swaps of neighbours that lead from one to the other.
    private static func edits(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                let same = left[row] == right[column]
                var cost = min(last[column] + (same ? 0 : 1), last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                current.append(cost)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
