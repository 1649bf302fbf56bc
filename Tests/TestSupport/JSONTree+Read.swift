// SPDX-License-Identifier: Apache-2.0

extension JSONTree {
    /// Where and why a text is no JSON.
    public struct ReadError: Error, CustomStringConvertible {
        public let offset: Int
        public let text: String
        public var description: String { "no JSON at byte \(offset): \(text.prefix(300))" }
    }

    /// Reads one whole text. Members that are there twice are an error: the gateway must never write such a thing.
    public init(reading bytes: [UInt8]) throws {
        var reader = TreeReader(bytes: bytes)
        self = try reader.document()
    }

    public init(reading text: String) throws { try self.init(reading: Array(text.utf8)) }
}

private struct TreeReader {
    let bytes: [UInt8]
    var offset = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws -> JSONTree {
        let value = try self.value()
        skipSpace()
        guard offset == bytes.count else { throw failure() }
        return value
    }

    private func failure() -> JSONTree.ReadError {
        JSONTree.ReadError(offset: offset, text: String(decoding: bytes, as: UTF8.self))
    }

    private mutating func skipSpace() {
        while offset < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[offset]) { offset += 1 }
    }

    private func peek() throws -> UInt8 {
        guard offset < bytes.count else { throw failure() }
        return bytes[offset]
    }

    private mutating func value() throws -> JSONTree {
        skipSpace()
        switch try peek() {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func word(_ text: String, _ value: JSONTree) throws -> JSONTree {
        guard bytes[offset...].starts(with: text.utf8) else { throw failure() }
        offset += text.utf8.count
        return value
    }

    private mutating func number() throws -> JSONTree {
        let start = offset
        while offset < bytes.count, "0123456789+-.eE".utf8.contains(bytes[offset]) { offset += 1 }
        guard offset > start else { throw failure() }
        return .number(String(decoding: bytes[start..<offset], as: UTF8.self))
    }

    private mutating func object() throws -> JSONTree {
        offset += 1
        var members: [JSONTree.Member] = []
        var names: Set<String> = []
        skipSpace()
        if try peek() == UInt8(ascii: "}") {
            offset += 1
            return .object([])
        }
        while true {
            skipSpace()
            guard try peek() == UInt8(ascii: "\"") else { throw failure() }
            let name = try string()
            guard names.insert(name).inserted else { throw failure() }
            skipSpace()
            guard try peek() == UInt8(ascii: ":") else { throw failure() }
            offset += 1
            members.append(JSONTree.Member(name: name, value: try value()))
            if try endsList(with: UInt8(ascii: "}")) { return .object(members) }
        }
    }

    private mutating func array() throws -> JSONTree {
        offset += 1
        var elements: [JSONTree] = []
        skipSpace()
        if try peek() == UInt8(ascii: "]") {
            offset += 1
            return .array([])
        }
        while true {
            elements.append(try value())
            if try endsList(with: UInt8(ascii: "]")) { return .array(elements) }
        }
    }

    /// Takes a comma (false) or the closing bracket (true).
    private mutating func endsList(with bracket: UInt8) throws -> Bool {
        skipSpace()
        let byte = try peek()
        guard byte == bracket || byte == UInt8(ascii: ",") else { throw failure() }
        offset += 1
        return byte == bracket
    }

    private mutating func string() throws -> String {
        offset += 1
        var units: [UInt8] = []
        while true {
            let byte = try peek()
            offset += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: units, as: UTF8.self) else { throw failure() }
                return text
            case UInt8(ascii: "\\"): units += try escape()
            case 0..<0x20: throw failure()
            default: units.append(byte)
            }
        }
    }

    private mutating func escape() throws -> [UInt8] {
        let byte = try peek()
        offset += 1
        switch byte {
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw failure()
        }
    }

    private mutating func unicodeEscape() throws -> [UInt8] {
        var units = [try hexUnit()]
        if UTF16.isLeadSurrogate(units[0]), bytes[offset...].starts(with: "\\u".utf8) {
            offset += 2
            units.append(try hexUnit())
        }
        guard let text = String(validating: units, as: UTF16.self) else { throw failure() }
        return Array(text.utf8)
    }

    private mutating func hexUnit() throws -> UInt16 {
        guard offset + 4 <= bytes.count,
            let unit = UInt16(String(decoding: bytes[offset..<offset + 4], as: UTF8.self), radix: 16)
        else { throw failure() }
        offset += 4
        return unit
    }
}
