// SPDX-License-Identifier: Apache-2.0

/// Builds one line of JSON: answers, log lines, records. The caller keeps the structure right; the writer sees to
/// commas, colons and escapes. Bytes that are no UTF-8 come out as U+FFFD, so the result is always valid JSON. Every
/// control character is escaped, and so are U+2028 and U+2029: no reader sees a second line, no terminal a command.
public struct JSONWriter: Sendable {
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    public init(reserving capacity: Int = 256) {
        bytes.reserveCapacity(capacity)
    }

    public mutating func beginObject() { open(0x7B) }
    public mutating func endObject() { close(0x7D) }
    public mutating func beginArray() { open(0x5B) }
    public mutating func endArray() { close(0x5D) }

    /// A member's name; its value must follow.
    public mutating func name(_ text: StaticString) { text.withSpan { name($0) } }
    public mutating func name(_ text: [UInt8]) { name(text.span) }

    public mutating func name(_ text: Span<UInt8>) {
        separate()
        quote(text)
        bytes.append(0x3A)
        needsComma = false
    }

    public mutating func string(_ text: StaticString) { text.withSpan { string($0) } }
    public mutating func string(_ text: [UInt8]) { string(text.span) }
    public mutating func string(_ text: String) { string(Array(text.utf8)) }

    public mutating func string(_ text: Span<UInt8>) {
        separate()
        quote(text)
        needsComma = true
    }

    public mutating func integer(_ number: Int) {
        separate()
        DecimalText.append(number, to: &bytes)
        needsComma = true
    }

    public mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }
    public mutating func null() { raw("null") }

    /// JSON text that is already valid.
    public mutating func raw(_ json: [UInt8]) {
        separate()
        bytes.append(contentsOf: json)
        needsComma = true
    }

    public mutating func raw(_ json: StaticString) {
        separate()
        bytes.append(json)
        needsComma = true
    }

    public mutating func member(_ name: StaticString, _ value: [UInt8]) {
        self.name(name)
        string(value)
    }

    public mutating func member(_ name: StaticString, _ value: StaticString) {
        self.name(name)
        string(value)
    }

    public mutating func member(_ name: StaticString, _ value: String) {
        self.name(name)
        string(value)
    }

    public mutating func member(_ name: StaticString, _ value: Int) {
        self.name(name)
        integer(value)
    }

    private mutating func open(_ byte: UInt8) {
        separate()
        bytes.append(byte)
        needsComma = false
    }

    private mutating func close(_ byte: UInt8) {
        bytes.append(byte)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(0x2C) }
    }

    private mutating func quote(_ text: Span<UInt8>) {
        bytes.append(0x22)
        var index = 0
        while index < text.count {
            let start = index
            while index < text.count, Self.isPlain(text[index]) { index += 1 }
            bytes.append(contentsOf: text.extracting(start..<index))
            guard index < text.count else { break }
            index += text[index] < 0x80 ? appendEscape(text[index]) : appendSequence(text, at: index)
        }
        bytes.append(0x22)
    }

    /// Goes into a string as it is.
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7F && byte != 0x22 && byte != 0x5C
    }

    private mutating func appendEscape(_ byte: UInt8) -> Int {
        switch byte {
        case 0x22, 0x5C:
            bytes.append(0x5C)
            bytes.append(byte)
        case 0x0A: bytes.append("\\n")
        case 0x0D: bytes.append("\\r")
        case 0x09: bytes.append("\\t")
        default:
            bytes.append("\\u00")
            Hex.append(byte, to: &bytes)
        }
        return 1
    }

    private mutating func appendSequence(_ text: Span<UInt8>, at index: Int) -> Int {
        guard let length = UTF8Text.sequenceLength(text, at: index) else {
            bytes.append(contentsOf: [0xEF, 0xBF, 0xBD])
            return 1
        }
        let second = text[index + 1]
        switch (text[index], second) {
        case (0xC2, 0x80...0x9F):
            bytes.append("\\u00")
            Hex.append(second, to: &bytes)
        case (0xE2, 0x80) where text[index + 2] == 0xA8: bytes.append("\\u2028")
        case (0xE2, 0x80) where text[index + 2] == 0xA9: bytes.append("\\u2029")
        default: for offset in 0..<length { bytes.append(text[index + offset]) }
        }
        return length
    }
}
