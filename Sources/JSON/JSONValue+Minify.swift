// SPDX-License-Identifier: Apache-2.0

import Bytes

/// One change to a document on its way out: another text in the place of a value.
public struct JSONEdit: Sendable {
    let value: JSONValue
    let text: [UInt8]

    /// - Parameter text: valid JSON text, already minified.
    public init(_ value: JSONValue, becomes text: [UInt8]) {
        self.value = value
        self.text = text
    }
}

extension JSONValue {
    /// Appends the value's text without the white space between tokens. Strings and numbers stay byte for byte as they
    /// are, but for U+0085, U+2028 and U+2029, which come out escaped: some readers of lines end one there.
    /// - Complexity: O(length of the text); one copy where there is nothing to drop or escape in the whole document.
    public func appendMinified(to out: inout [UInt8]) {
        let node = node
        document.appendMinified(node.range, tokens: index..<Int(node.next), to: &out)
    }

    /// As above, with other text in the place of some values inside this one.
    /// - Parameter edits: in any order; each lies inside this value, none inside another.
    public func appendMinified(to out: inout [UInt8], edits: [JSONEdit]) {
        let node = node
        var text = node.range
        var tokens = index..<Int(node.next)
        for edit in edits.sorted(by: { $0.value.index < $1.value.index }) {
            let edited = edit.value.node
            precondition(tokens.contains(edit.value.index), "an edit lies outside the value or inside another")
            document.appendMinified(
                text.lowerBound..<Int(edited.start),
                tokens: tokens.lowerBound..<edit.value.index,
                to: &out
            )
            out.append(contentsOf: edit.text)
            text = Int(edited.end)..<text.upperBound
            tokens = Int(edited.next)..<tokens.upperBound
        }
        document.appendMinified(text, tokens: tokens, to: &out)
    }

    /// The minified text.
    public var minified: [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(range.count)
        appendMinified(to: &text)
        return text
    }

    /// The text to send to a reader that takes a whole body: byte for byte as it came, but minified where CR or LF
    /// stands between tokens (contract, section 3). For the root without a copy.
    public var upstreamText: [UInt8] {
        guard !hasLineBreakOutsideStrings else { return minified }
        return index == 0 ? document.bytes : raw
    }

    /// Whether CR or LF stands between tokens of the value; for the root, also before or behind it.
    public var hasLineBreakOutsideStrings: Bool {
        if index == 0, document.facts.contains(.lineBreaksAround) { return true }
        guard document.facts.contains(.lineBreaks), index > 0 else { return document.facts.contains(.lineBreaks) }
        let node = node
        var position = Int(node.start)
        for token in index..<Int(node.next) {
            let leaf = document.nodes[token]
            guard leaf.kind != .object, leaf.kind != .array else { continue }
            if document.hasLineBreak(position..<Int(leaf.start)) { return true }
            position = Int(leaf.end)
        }
        return document.hasLineBreak(position..<Int(node.end))
    }
}

extension JSONDocument {
    /// Appends a stretch of text that begins and ends between tokens, and whose tokens are these.
    fileprivate func appendMinified(_ text: Range<Int>, tokens: Range<Int>, to out: inout [UInt8]) {
        guard !facts.isDisjoint(with: [.whiteSpace, .lineSeparators]) else {
            out.append(contentsOf: bytes[text])
            return
        }
        // Only brackets, commas, colons and white space lie between the strings, numbers and words.
        var position = text.lowerBound
        for token in tokens {
            let leaf = nodes[token]
            guard leaf.kind != .object, leaf.kind != .array else { continue }
            appendPunctuation(position..<Int(leaf.start), to: &out)
            appendToken(leaf, to: &out)
            position = Int(leaf.end)
        }
        appendPunctuation(position..<text.upperBound, to: &out)
    }

    private func appendPunctuation(_ gap: Range<Int>, to out: inout [UInt8]) {
        for offset in gap {
            let byte = bytes[offset]
            if byte > ASCII.space { out.append(byte) }
        }
    }

    fileprivate func hasLineBreak(_ gap: Range<Int>) -> Bool {
        for offset in gap where bytes[offset] == ASCII.lineFeed || bytes[offset] == ASCII.carriageReturn { return true }
        return false
    }

    private func appendToken(_ token: JSONNode, to out: inout [UInt8]) {
        guard token.kind == .string, token.hasLineSeparators else {
            out.append(contentsOf: bytes[token.range])
            return
        }
        var copied = Int(token.start)
        var offset = copied
        while offset < Int(token.end) {
            // The text is valid UTF-8, so what follows these first bytes is inside the string.
            if bytes[offset] == 0xC2, bytes[offset + 1] == 0x85 {
                out.append(contentsOf: bytes[copied..<offset])
                out.append("\\u0085")
                copied = offset + 2
            } else if bytes[offset] == 0xE2, bytes[offset + 1] == 0x80, bytes[offset + 2] & 0xFE == 0xA8 {
                out.append(contentsOf: bytes[copied..<offset])
                if bytes[offset + 2] == 0xA8 { out.append("\\u2028") } else { out.append("\\u2029") }
                copied = offset + 3
            }
            offset = max(offset + 1, copied)
        }
        out.append(contentsOf: bytes[copied..<Int(token.end)])
    }
}
