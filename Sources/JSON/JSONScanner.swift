// SPDX-License-Identifier: Apache-2.0

import Bytes

/// One pass over a text that checks it and lays its values out on a tape. It never recurses: the open containers are
/// linked through their nodes.
struct JSONScanner: ~Escapable {
    let text: Span<UInt8>
    let limits: JSONLimits
    var offset = 0
    var nodes: [JSONNode] = []
    var facts: JSONFacts = []
    private var depth = 0
    /// The innermost open container, whether it is an object, and what it holds so far.
    private var open = JSONScanner.none
    private var isObject = false
    private var count = 0
    /// The hash table for names of large objects.
    var places: [UInt64] = []
    /// Names compared byte for byte, and places of the table found taken: the bounds that tests hold them to.
    var comparisons = 0
    var probes = 0

    private static let none = Int(UInt32.max)

    @_lifetime(copy text)
    init(_ text: Span<UInt8>, limits: JSONLimits) {
        self.text = text
        self.limits = limits
        nodes.reserveCapacity(24 + text.count / 16)
    }

    mutating func scanDocument() throws(JSONError) {
        guard text.count <= limits.bytesMax else { throw JSONError(.tooLong, at: limits.bytesMax) }
        try Self.checkEncoding(text)
        skipWhiteSpaceAround()
        repeat {
            // A container that was opened and is not empty leaves us at its first value.
            while try scanValue() {}
        } while try scanBehindValue()
        guard offset == text.count else { throw JSONError(.trailingBytes, at: offset) }
    }

    private static func checkEncoding(_ text: Span<UInt8>) throws(JSONError) {
        guard text.count >= 2 else { return }
        switch (text[0], text[1]) {
        case (0xEF, 0xBB), (0xFE, 0xFF), (0xFF, 0xFE): throw JSONError(.byteOrderMark, at: 0)
        case (0, _), (_, 0): throw JSONError(.notUTF8, at: 0)
        default: return
        }
    }

    /// Scans a value without children, or a container's beginning; true if a value must follow.
    private mutating func scanValue() throws(JSONError) -> Bool {
        guard offset < text.count else { throw JSONError(nodes.isEmpty ? .empty : .unexpectedEnd, at: offset) }
        switch text[offset] {
        case 0x22:
            try scanString(isName: false)
        case 0x7B:
            return try beginContainer(.object)
        case 0x5B:
            return try beginContainer(.array)
        case 0x2D, 0x30...0x39:
            try scanNumber()
        case 0x74:
            try scanWord("true", .bool)
        case 0x66:
            try scanWord("false", .bool)
        case 0x6E:
            try scanWord("null", .null)
        case 0x41...0x5A, 0x61...0x7A:
            throw JSONError(.invalidLiteral, at: offset)
        case 0x5D where isAfterComma:
            throw JSONError(.trailingComma, at: offset)
        default:
            throw JSONError(.unexpectedByte, at: offset)
        }
        return false
    }

    /// In an array that has elements, a further one is only looked for behind a comma.
    private var isAfterComma: Bool { open != Self.none && !isObject && count > 0 }

    private mutating func beginContainer(_ kind: JSONValue.Kind) throws(JSONError) -> Bool {
        guard depth < limits.depthMax else { throw JSONError(.tooDeep, at: offset) }
        depth += 1
        if open != Self.none { nodes[open].count = count }
        nodes.append(JSONNode(kind, start: offset, end: offset, next: open))
        open = nodes.count - 1
        isObject = kind == .object
        count = 0
        offset += 1
        skipWhiteSpace()
        guard offset < text.count else { throw JSONError(.unexpectedEnd, at: offset) }
        if text[offset] == (isObject ? 0x7D : 0x5D) {
            closeContainer()
            return false
        }
        if isObject { try scanName() }
        return true
    }

    /// Takes the commas and closing brackets behind a complete value; false when the outermost is complete.
    private mutating func scanBehindValue() throws(JSONError) -> Bool {
        while open != Self.none {
            skipWhiteSpace()
            guard offset < text.count else { throw JSONError(.unexpectedEnd, at: offset) }
            count += 1
            switch text[offset] {
            case 0x2C:
                offset += 1
                skipWhiteSpace()
                if isObject { try scanName() }
                return true
            case 0x7D where isObject:
                try checkNames(object: open, count: count)
                closeContainer()
            case 0x5D where !isObject:
                closeContainer()
            default:
                throw JSONError(.unexpectedByte, at: offset)
            }
        }
        skipWhiteSpaceAround()
        return false
    }

    private mutating func closeContainer() {
        offset += 1
        let parent = Int(nodes[open].next)
        nodes[open].close(end: offset, next: nodes.count, count: count)
        depth -= 1
        open = parent
        guard parent != Self.none else { return }
        isObject = nodes[parent].kind == .object
        count = nodes[parent].count
    }

    private mutating func scanName() throws(JSONError) {
        guard offset < text.count else { throw JSONError(.unexpectedEnd, at: offset) }
        guard text[offset] == 0x22 else {
            throw JSONError(text[offset] == 0x7D && count > 0 ? .trailingComma : .unexpectedByte, at: offset)
        }
        try scanString(isName: true)
        skipWhiteSpace()
        guard offset < text.count else { throw JSONError(.unexpectedEnd, at: offset) }
        guard text[offset] == 0x3A else { throw JSONError(.unexpectedByte, at: offset) }
        offset += 1
        skipWhiteSpace()
    }

    /// Before and behind the outermost value: nothing of this is in any value's text.
    private mutating func skipWhiteSpaceAround() {
        let inside = facts
        facts = []
        skipWhiteSpace()
        facts = facts.contains(.lineBreaks) ? inside.union(.lineBreaksAround) : inside
    }

    private mutating func skipWhiteSpace() {
        while offset < text.count {
            let byte = text[offset]
            // Nearly always.
            guard byte <= 0x20 else { return }
            switch byte {
            case 0x20, 0x09: facts.insert(.whiteSpace)
            case 0x0A, 0x0D: facts.formUnion([.whiteSpace, .lineBreaks])
            default: return
            }
            offset += 1
        }
    }
}
