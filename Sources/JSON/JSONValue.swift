// SPDX-License-Identifier: Apache-2.0

import Bytes

/// A value of a document: a place in it, and a reference that keeps it alive.
public struct JSONValue: Sendable {
    public enum Kind: UInt8, Sendable { case object, array, string, number, bool, null }

    public let document: JSONDocument
    let index: Int

    init(document: JSONDocument, index: Int) {
        self.document = document
        self.index = index
    }

    /// The value at a place of this document. Places of other documents mean nothing here.
    public init(document: JSONDocument, place: JSONPlace) {
        precondition(place.index < document.nodes.count, "the place is another document's")
        self.init(document: document, index: Int(place.index))
    }

    public var place: JSONPlace { JSONPlace(index: UInt32(truncatingIfNeeded: index)) }

    var node: JSONNode { document.nodes[index] }

    public var kind: Kind { node.kind }

    /// Where its text is in `document.bytes`, quotes and brackets included.
    public var range: Range<Int> { node.range }

    /// A copy of its text as it stands.
    public var raw: [UInt8] { Array(document.bytes[range]) }

    /// The decoded bytes of a string; nil for other kinds. They are valid UTF-8.
    public var string: [UInt8]? {
        let node = node
        guard node.kind == .string else { return nil }
        let bytes = document.bytes
        guard node.hasEscapes else { return Array(bytes[node.content]) }
        return JSONString.decode(bytes.span.extracting(node.content))
    }

    /// Where the decoded bytes of a string stand in `document.bytes`; nil where it has escapes, and for other kinds.
    public var plainRange: Range<Int>? {
        let node = node
        return node.kind == .string && !node.hasEscapes ? node.content : nil
    }

    /// Whether this is a string whose decoded bytes are those of the literal.
    public func equals(_ text: StaticString) -> Bool {
        let node = node
        return node.kind == .string && document.string(node, equals: text)
    }

    /// The value of a number that is written without fraction and exponent and fits an `Int`; nil otherwise. `-0` is 0.
    public var integer: Int? {
        let node = node
        guard node.kind == .number else { return nil }
        let bytes = document.bytes
        let text = bytes.span.extracting(node.range)
        let isNegative = text[0] == 0x2D
        var number = 0
        for index in (isNegative ? 1 : 0)..<text.count {
            guard ASCII.isDigit(text[index]) else { return nil }
            let digit = Int(text[index] &- 0x30)
            let (tenfold, overflowed) = number.multipliedReportingOverflow(by: 10)
            let (sum, overflowedAgain) =
                isNegative ? tenfold.subtractingReportingOverflow(digit) : tenfold.addingReportingOverflow(digit)
            guard !overflowed, !overflowedAgain else { return nil }
            number = sum
        }
        return number
    }

    /// The value of `true` or `false`; nil for other kinds.
    public var bool: Bool? {
        let node = node
        return node.kind == .bool ? document.bytes[Int(node.start)] == 0x74 : nil
    }

    public var isNull: Bool { kind == .null }
}

/// Where a value is in its document. It does not keep the document alive, so it is cheap to pass about.
public struct JSONPlace: Hashable, Sendable {
    let index: UInt32

    /// The outermost value, in every document.
    public static let root = JSONPlace(index: 0)
}

extension JSONDocument {
    /// Whether the decoded bytes of a string are those of the literal.
    func string(_ node: JSONNode, equals text: StaticString) -> Bool {
        let bytes = bytes
        let content = node.content
        guard node.hasEscapes else { return bytes.span.extracting(content).equals(text) }
        // An escape is longer than what it stands for.
        guard content.count > text.utf8CodeUnitCount else { return false }
        return JSONString.decode(bytes.span.extracting(content)).equals(text)
    }
}
