// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Says in an operator's words why a text is no JSON. The strict reader decides what is refused; this only looks at the
/// bytes round the place to find the likely slip.
enum ConfigSyntax {
    static func explain(_ error: JSONError, in text: [UInt8]) -> (offset: Int, sentence: String) {
        let offset = min(error.offset, text.count)
        switch error.kind {
        case .empty: return (offset, "the file is empty; write a configuration between { and }")
        case .byteOrderMark: return (0, "the file begins with a byte-order mark; save it as UTF-8 without one")
        case .notUTF8: return (0, "the file is UTF-16 or UTF-32; save it as UTF-8")
        case .unexpectedEnd: return atEnd(offset, text)
        case .trailingComma: return trailingComma(offset, text)
        case .duplicateMember:
            return (offset, "\(name(at: offset, in: text)) is in this object twice; keep one of them")
        case .trailingBytes: return (offset, "something follows the closing bracket of the file; take it away")
        case .tooDeep: return (offset, "objects and lists are nested too deep")
        case .controlCharacterInName: return (offset, "a name must not hold a control character, not even as an escape")
        case .controlCharacter: return controlCharacter(offset, text)
        case .invalidEscape: return (offset, "this is no escape of JSON; write \\\\ for one \\")
        case .invalidUTF8: return (offset, "these bytes are no UTF-8; save the file as UTF-8")
        case .loneSurrogate: return (offset, "this \\u escape is half of a pair; write the character itself")
        case .invalidNumber, .numberTooLong:
            return (offset, "this is no number of JSON; write digits, without leading zeros or a plus sign")
        case .unexpectedByte, .invalidLiteral: return unexpected(offset, text)
        case .tooLong: return (offset, "the file is too long")
        }
    }

    private static func atEnd(_ offset: Int, _ text: [UInt8]) -> (Int, String) {
        (offset, "the file ends too early; a closing }, ] or quotation mark is missing")
    }

    private static func trailingComma(_ offset: Int, _ text: [UInt8]) -> (Int, String) {
        let isAtComma = offset < text.count && text[offset] == 0x2C
        let comma = isAtComma ? offset : lastSolid(before: offset, in: text) ?? offset
        var bracket = comma + 1
        while bracket < text.count, isWhite(text[bracket]) { bracket += 1 }
        let shown = bracket < text.count && text[bracket] == 0x5D ? "]" : "}"
        return (comma, "trailing comma before \(shown); take the comma away")
    }

    private static func controlCharacter(_ offset: Int, _ text: [UInt8]) -> (Int, String) {
        guard offset < text.count, text[offset] == ASCII.lineFeed || text[offset] == ASCII.carriageReturn else {
            return (offset, "a control character stands in this string; write it as an escape: \\t, \\n or \\u00…")
        }
        return (offset, "this line ends inside a string; a closing quotation mark is missing, or write \\n")
    }

    private static func unexpected(_ offset: Int, _ text: [UInt8]) -> (Int, String) {
        guard offset < text.count else { return atEnd(offset, text) }
        let byte = text[offset]
        if let before = lastSolid(before: offset, in: text) {
            if byte == 0x7D || byte == 0x5D, text[before] == 0x2C { return trailingComma(offset, text) }
            if beginsValue(byte), endsValue(text[before]) {
                return (offset, "a comma is missing before this, or a : behind a name")
            }
            if byte == 0x2C, text[before] == 0x2C { return (offset, "two commas in a row; take one away") }
            if byte == 0x3D, text[before] == 0x22 { return (offset, "write : between a name and its value, not =") }
        }
        if byte == 0x27 { return (offset, "write \"quotation marks\" round a string, not apostrophes") }
        if byte == 0x23 { return (offset, "a comment begins with // here, not with #") }
        if ASCII.isLetter(byte) {
            let word = Array(text[offset...].prefix { ASCII.isLetter($0) }.prefix(16))
            let literals = [[UInt8]("true"), [UInt8]("false"), [UInt8]("null")]
            if let near = Spelling.nearest(to: word, among: literals) {
                return (offset, "this is no word of JSON; write \(ConfigText.plain(near))")
            }
            return (offset, "this word needs \"quotation marks\"; only true, false and null stand without")
        }
        if byte == 0x7D || byte == 0x5D {
            return (offset, "this bracket closes nothing that is open, or a value is missing")
        }
        return (offset, "this cannot stand here; expected is a value, a \"name\": or a closing bracket")
    }

    private static func isWhite(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func lastSolid(before offset: Int, in text: [UInt8]) -> Int? {
        var index = offset - 1
        while index >= 0, isWhite(text[index]) { index -= 1 }
        return index >= 0 ? index : nil
    }

    private static func beginsValue(_ byte: UInt8) -> Bool {
        byte == 0x22 || byte == 0x7B || byte == 0x5B || byte == 0x2D || ASCII.isDigit(byte) || ASCII.isLetter(byte)
    }

    private static func endsValue(_ byte: UInt8) -> Bool {
        byte == 0x22 || byte == 0x7D || byte == 0x5D || ASCII.isDigit(byte) || ASCII.isLetter(byte)
    }

    /// The name that begins at `offset`, as it is written.
    private static func name(at offset: Int, in text: [UInt8]) -> String {
        guard offset < text.count, text[offset] == 0x22 else { return "this name" }
        var end = offset + 1
        while end < text.count, text[end] != 0x22 { end += text[end] == 0x5C ? 2 : 1 }
        return ConfigText.quoted(Array(text[(offset + 1)..<min(end, text.count)]))
    }
}
