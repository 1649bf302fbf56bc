// SPDX-License-Identifier: Apache-2.0

/// Builds one line of JSON: answers, log lines, records. The caller keeps the structure right; the writer sees to commas,
/// colons and escapes. Bytes that are no UTF-8 come out as U+FFFD, so the result is always valid JSON.
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
    public mutating func name(_ text: StaticString) {
        separate()
        quote(text.bytes.span)
        bytes.append(0x3A)
        needsComma = false
    }

    public mutating func string(_ text: [UInt8]) {
        separate()
        quote(text.span)
        needsComma = true
    }

    public mutating func string(_ text: StaticString) { string(text.bytes) }
    public mutating func string(_ text: String) { string(Array(text.utf8)) }

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

    public mutating func raw(_ json: StaticString) { raw(json.bytes) }

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
            let byte = text[index]
            guard byte < 0x80 else {
                index += appendSequence(text, at: index)
                continue
            }
            index += 1
            switch byte {
            case 0x22, 0x5C:
                bytes.append(0x5C)
                bytes.append(byte)
            case 0x0A: bytes.append("\\n")
            case 0x0D: bytes.append("\\r")
            case 0x09: bytes.append("\\t")
            case 0x00..<0x20, 0x7F:
                bytes.append("\\u00")
                Hex.append(byte, to: &bytes)
            default: bytes.append(byte)
            }
        }
        bytes.append(0x22)
    }

    private mutating func appendSequence(_ text: Span<UInt8>, at index: Int) -> Int {
        guard let length = UTF8Text.sequenceLength(text, at: index) else {
            bytes.append(contentsOf: [0xEF, 0xBF, 0xBD])
            return 1
        }
        for offset in 0..<length { bytes.append(text[index + offset]) }
        return length
    }
}
