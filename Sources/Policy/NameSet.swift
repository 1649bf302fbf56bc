// SPDX-License-Identifier: Apache-2.0

/// The names or URIs that one rule lists: exact ones in a hash table, and patterns.
struct NameSet: Sendable {
    var exact: Set<[UInt8]> = []
    var patterns: [Pattern] = []

    var isEmpty: Bool { exact.isEmpty && patterns.isEmpty }

    func contains(_ name: [UInt8]) -> Bool { exact.contains(name) || matchesPattern(name) }

    func matchesPattern(_ name: [UInt8]) -> Bool {
        for pattern in patterns where pattern.matches(name) { return true }
        return false
    }

    /// Everything in it as patterns.
    var all: [Pattern] {
        exact.map { name in
            var tokens: [Pattern.Token] = []
            var index = 0
            while index < name.count {
                let (scalar, length) = Scalar.read(name.span, at: index)
                tokens.append(.scalar(scalar))
                index += length
            }
            return Pattern(tokens: tokens)
        } + patterns
    }
}
