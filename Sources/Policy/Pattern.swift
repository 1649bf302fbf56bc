// SPDX-License-Identifier: Apache-2.0

import Bytes

/// A compiled pattern over names or URIs.
///
/// In names `*` and `**` are any run and `?` is any one character. In URIs `*` is a run without `/`, `**` any run, and
/// `?` one character that is not `/`. A character is one Unicode scalar value, not one byte and not what a reader takes
/// for one: `?` matches `é` written as U+00E9, and two of them match it written as `e` and U+0301. Everything else
/// stands for itself, byte for byte; nothing is normalised and no case is folded (MCP-48).
struct Pattern: Hashable, Sendable {
    enum Grammar: Sendable { case name, uri }

    enum Token: Hashable, Sendable {
        case scalar(UInt32)
        case one, oneInSegment
        case run, runInSegment

        /// Whether this token may take the scalar, once.
        func takes(_ scalar: UInt32) -> Bool {
            switch self {
            case .scalar(let own): own == scalar
            case .one, .run: true
            case .oneInSegment, .runInSegment: scalar != Scalar.slash
            }
        }

        var isRun: Bool { self == .run || self == .runInSegment }

        var isScalar: Bool {
            if case .scalar = self { return true }
            return false
        }
    }

    enum Fault: Error, Hashable, Sendable {
        case empty, tooLong, notUTF8
        /// A `%` in a URI pattern without two hexadecimal digits behind it.
        case badPercentEncoding
    }

    /// The longest pattern, in bytes.
    static let bytesMax = 2048

    let tokens: [Token]

    init(tokens: [Token]) { self.tokens = tokens }

    /// Reads a pattern of the configuration. In a URI pattern percent-triplets are decoded as in the first reading of a
    /// URI (`ResourceURI`); a decoded `*` is a plain star, so `%2A` is how to write one.
    init(_ text: [UInt8], _ grammar: Grammar) throws(Fault) {
        guard !text.isEmpty else { throw .empty }
        guard text.count <= Self.bytesMax else { throw .tooLong }
        var tokens: [Token] = []
        var literal: [UInt8] = []
        var index = 0
        while index < text.count {
            switch text[index] {
            case 0x2A:
                try Self.flush(&literal, to: &tokens)
                let start = index
                while index < text.count, text[index] == 0x2A { index += 1 }
                tokens.append(grammar == .uri && index - start == 1 ? .runInSegment : .run)
                continue
            case 0x3F:
                try Self.flush(&literal, to: &tokens)
                tokens.append(grammar == .uri ? .oneInSegment : .one)
            case 0x25 where grammar == .uri:
                guard let byte = PercentEncoding.triplet(text.span, at: index) else { throw .badPercentEncoding }
                PercentEncoding.appendFirstReading(of: byte, to: &literal)
                index += 2
            case let byte:
                literal.append(byte)
            }
            index += 1
        }
        try Self.flush(&literal, to: &tokens)
        self.tokens = tokens
    }

    private static func flush(_ literal: inout [UInt8], to tokens: inout [Token]) throws(Fault) {
        guard UTF8Text.firstInvalidOffset(literal.span) == nil else { throw .notUTF8 }
        var index = 0
        while index < literal.count {
            let (scalar, length) = Scalar.read(literal.span, at: index)
            tokens.append(.scalar(scalar))
            index += length
        }
        literal.removeAll(keepingCapacity: true)
    }

    /// The bytes of a pattern without wildcards, nil for one with.
    var literal: [UInt8]? {
        var bytes: [UInt8] = []
        for token in tokens {
            guard case .scalar(let scalar) = token else { return nil }
            UTF8Text.append(scalar, to: &bytes)
        }
        return bytes
    }

    /// Whether it matches every text.
    var isEverything: Bool { !tokens.isEmpty && tokens.allSatisfy { $0 == .run } }

    /// Whether the whole text matches. A byte that is no UTF-8 counts as one character that equals no other.
    /// - Complexity: O(text × pattern) steps at worst; what a hostile text can cost is bounded by `bytesMax`.
    func matches(_ text: [UInt8]) -> Bool {
        var steps = 0
        return matches(text, steps: &steps)
    }

    /// As `matches`, and adds the number of tokens looked at to `steps`.
    func matches(_ text: [UInt8], steps: inout Int) -> Bool {
        if tokens.contains(.runInSegment) { return matchesByStates(text.span, steps: &steps) }
        return matchesGreedily(text.span, steps: &steps)
    }

    /// Where every run crosses everything, only the last one met ever needs to take more: an earlier start of what
    /// follows a run leaves all the choices that a later one leaves.
    private func matchesGreedily(_ text: Span<UInt8>, steps: inout Int) -> Bool {
        var position = 0
        var token = 0
        var retry: (token: Int, position: Int)?
        while position < text.count {
            steps += 1
            if token < tokens.count {
                if tokens[token] == .run {
                    token += 1
                    if token == tokens.count { return true }
                    retry = (token, position)
                    continue
                }
                let (scalar, length) = Scalar.read(text, at: position)
                if tokens[token].takes(scalar) {
                    position += length
                    token += 1
                    continue
                }
            }
            guard let last = retry else { return false }
            position = last.position + Scalar.read(text, at: last.position).length
            token = last.token
            retry = (token, position)
        }
        return tokens[token...].allSatisfy { $0 == .run }
    }

    /// With runs that stop at `/`, an earlier run may have to take more after a later one failed. Following all choices
    /// at once keeps the cost at text × pattern.
    private func matchesByStates(_ text: Span<UInt8>, steps: inout Int) -> Bool {
        var position = 0
        for token in tokens {
            guard token.isScalar else { break }
            steps += 1
            guard position < text.count else { return false }
            let (scalar, length) = Scalar.read(text, at: position)
            guard token.takes(scalar) else { return false }
            position += length
        }
        let automaton = PatternAutomaton([Pattern(tokens: Array(tokens.drop { $0.isScalar }))])
        var states = automaton.start
        while position < text.count {
            let (scalar, length) = Scalar.read(text, at: position)
            states = automaton.step(states, on: scalar, steps: &steps)
            if states.isEmpty { return false }
            position += length
        }
        return automaton.accepts(states)
    }
}

/// Unicode scalar values of a text, one at a time.
enum Scalar {
    static let slash: UInt32 = 0x2F
    /// Greater than every scalar value: what a byte that is no UTF-8 counts as, and "any other" where two patterns are
    /// compared.
    static let beyond: UInt32 = 0x11_0000

    /// The scalar at `offset` and its length in bytes; a byte that starts no well-formed sequence is a value of its own
    /// beyond all scalars.
    static func read(_ text: Span<UInt8>, at offset: Int) -> (value: UInt32, length: Int) {
        let first = text[offset]
        if first < 0x80 { return (UInt32(first), 1) }
        guard let length = UTF8Text.sequenceLength(text, at: offset) else { return (beyond + UInt32(first), 1) }
        var value = UInt32(first) & (0x7F >> UInt32(length))
        for index in 1..<length { value = value << 6 | UInt32(text[offset + index] & 0x3F) }
        return (value, length)
    }
}
