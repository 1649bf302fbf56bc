// SPDX-License-Identifier: Apache-2.0

/// A JSON text that has exactly one reading (RFC 8259, RFC 7493): UTF-8 without byte-order mark, no member twice, no
/// lone surrogate, no control character in a name, nothing behind the value. It owns its bytes, which never change.
public final class JSONDocument: Sendable {
    public let bytes: [UInt8]
    let nodes: [JSONNode]
    let facts: JSONFacts

    /// Reads the whole text.
    /// - Complexity: O(`bytes.count`), whatever the text.
    public init(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) {
        var scanner = JSONScanner(bytes.span, limits: limits)
        try scanner.scanDocument()
        self.bytes = bytes
        nodes = scanner.nodes
        facts = scanner.facts
    }

    public var root: JSONValue { JSONValue(document: self, index: 0) }
}

/// What the scanner saw on its way, so that most documents can be copied in one piece.
struct JSONFacts: OptionSet, Sendable {
    let rawValue: UInt8
    /// Space, tab, CR or LF between tokens of the outermost value.
    static let whiteSpace = JSONFacts(rawValue: 1)
    /// CR or LF between tokens of the outermost value.
    static let lineBreaks = JSONFacts(rawValue: 2)
    /// U+0085, U+2028 or U+2029, unescaped, in a string.
    static let lineSeparators = JSONFacts(rawValue: 4)
    /// CR or LF before or behind the outermost value.
    static let lineBreaksAround = JSONFacts(rawValue: 8)
}
