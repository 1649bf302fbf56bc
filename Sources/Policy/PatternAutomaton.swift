// SPDX-License-Identifier: Apache-2.0

/// Several patterns as one machine that follows all choices at once. It matches a text if any of them does.
struct PatternAutomaton: Sendable {
    /// A set of places in the patterns, one bit each.
    struct States: Hashable, Sendable {
        fileprivate var words: [UInt64]

        fileprivate init(count: Int) { words = Array(repeating: 0, count: (count + 63) / 64) }

        var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

        fileprivate mutating func insert(_ state: Int) { words[state / 64] |= 1 << UInt64(state % 64) }

        fileprivate func contains(_ state: Int) -> Bool { words[state / 64] >> UInt64(state % 64) & 1 == 1 }
    }

    /// How many pairs of places, beyond one for each token of the pattern, `covers` looks at before it gives up.
    static let pairsMax = 4096

    /// The tokens of all patterns, one after the other; nil is the end of each.
    private let tokens: [Pattern.Token?]
    private(set) var start: States

    init(_ patterns: [Pattern]) {
        var tokens: [Pattern.Token?] = []
        var first: [Int] = []
        for pattern in patterns {
            first.append(tokens.count)
            for token in pattern.tokens { tokens.append(token) }
            tokens.append(nil)
        }
        self.tokens = tokens
        start = States(count: tokens.count)
        for state in first { enter(state, of: &start) }
    }

    /// The places after one more scalar; adds the places looked at to `steps`.
    func step(_ states: States, on scalar: UInt32, steps: inout Int) -> States {
        var next = States(count: tokens.count)
        for (index, word) in states.words.enumerated() {
            var rest = word
            while rest != 0 {
                let state = index * 64 + rest.trailingZeroBitCount
                rest &= rest - 1
                steps += 1
                guard let token = tokens[state], token.takes(scalar) else { continue }
                enter(token.isRun ? state : state + 1, of: &next)
            }
        }
        return next
    }

    func accepts(_ states: States) -> Bool {
        for (index, token) in tokens.enumerated() where token == nil && states.contains(index) { return true }
        return false
    }

    /// A run may take nothing, so being before it is also being behind it.
    private func enter(_ state: Int, of states: inout States) {
        var state = state
        states.insert(state)
        while let token = tokens[state], token.isRun {
            state += 1
            states.insert(state)
        }
    }
}

extension PatternAutomaton {
    private struct Pair: Hashable {
        let place: Int
        let states: States
    }

    /// Whether every text that `pattern` matches is matched here. Walks the pattern and this machine side by side over
    /// the letters that either names and one that stands for all the others. When there are too many pairs it answers
    /// false: it may fail to see that something is covered, it never takes for covered what is not.
    func covers(_ pattern: Pattern) -> Bool {
        let letters = self.letters(with: pattern)
        var seen: Set<Pair> = []
        var waiting = [Pair(place: 0, states: start)]
        var steps = 0
        while let pair = waiting.popLast() {
            // Every pattern can be completed, so a pair without states already leads to a text that is not covered.
            if pair.states.isEmpty { return false }
            guard seen.insert(pair).inserted else { continue }
            guard seen.count <= Self.pairsMax + pattern.tokens.count else { return false }
            guard pair.place < pattern.tokens.count else {
                guard accepts(pair.states) else { return false }
                continue
            }
            let token = pattern.tokens[pair.place]
            if token.isRun { waiting.append(Pair(place: pair.place + 1, states: pair.states)) }
            let next = token.isRun ? pair.place : pair.place + 1
            if case .scalar(let scalar) = token {
                waiting.append(Pair(place: next, states: step(pair.states, on: scalar, steps: &steps)))
                continue
            }
            for letter in letters where token.takes(letter) {
                waiting.append(Pair(place: next, states: step(pair.states, on: letter, steps: &steps)))
            }
        }
        return true
    }

    private func letters(with pattern: Pattern) -> Set<UInt32> {
        var letters: Set<UInt32> = [Scalar.slash, Scalar.beyond]
        for case .scalar(let scalar)? in tokens { letters.insert(scalar) }
        for case .scalar(let scalar) in pattern.tokens { letters.insert(scalar) }
        return letters
    }
}

extension Pattern {
    /// Whether some text matches both patterns.
    /// - Complexity: O(pattern × pattern).
    func meets(_ other: Pattern) -> Bool {
        let width = other.tokens.count + 1
        var seen = [Bool](repeating: false, count: (tokens.count + 1) * width)
        var waiting = [(0, 0)]
        while let (place, otherPlace) = waiting.popLast() {
            guard !seen[place * width + otherPlace] else { continue }
            seen[place * width + otherPlace] = true
            let token = place < tokens.count ? tokens[place] : nil
            let otherToken = otherPlace < other.tokens.count ? other.tokens[otherPlace] : nil
            if token == nil, otherToken == nil { return true }
            if let token, token.isRun { waiting.append((place + 1, otherPlace)) }
            if let otherToken, otherToken.isRun { waiting.append((place, otherPlace + 1)) }
            if let token, let otherToken, token.sharesALetter(with: otherToken) {
                waiting.append((token.isRun ? place : place + 1, otherToken.isRun ? otherPlace : otherPlace + 1))
            }
        }
        return false
    }
}

extension Pattern.Token {
    fileprivate func sharesALetter(with other: Pattern.Token) -> Bool {
        if case .scalar(let scalar) = self { return other.takes(scalar) }
        if case .scalar(let scalar) = other { return takes(scalar) }
        return true
    }
}
