// SPDX-License-Identifier: Apache-2.0

import Bytes
public import JSON

/// A JSON-RPC id. Its text goes out as it came in, digit for digit; two ids are equal if they are the same value,
/// however a string is escaped. `1` and `"1"` are different ids, and so are numbers that only a rounding reader
/// confuses.
public struct RequestID: Hashable, Sendable {
    /// Its JSON text, without line separators.
    public let text: [UInt8]
    /// Where the text has escapes: the quoted decoded string. Nil where the text is as good.
    private let decoded: [UInt8]?

    /// An id of the gateway's own making.
    public init(number: Int) {
        var text: [UInt8] = []
        DecimalText.append(number, to: &text)
        self.text = text
        decoded = nil
    }

    /// A string of at most `MCPLimits.idBytesMax` bytes of text, or an integer of at most `MCPLimits.idDigitsMax`
    /// digits; nil for anything else (MCP-44).
    public init?(_ value: JSONValue) {
        let length = value.range.count
        switch value.kind {
        case .string where length - 2 <= MCPLimits.idBytesMax:
            var text: [UInt8] = []
            value.appendMinified(to: &text)
            // Line separators became escapes: what goes out must be an id to its reader as well.
            guard text.count - 2 <= MCPLimits.idBytesMax else { return nil }
            self.text = text
            let isPlain = value.plainRange?.count == text.count - 2
            decoded = isPlain ? nil : value.string.map { [0x22] + $0 + [0x22] }
        case .number where length <= MCPLimits.idDigitsMax + 1:
            text = value.raw
            // Readers that keep numbers in binary answer 0 to -0.
            decoded = text.equals("-0") ? [0x30] : nil
            let first = text[0] == 0x2D ? 1 : 0
            guard text.count - first <= MCPLimits.idDigitsMax else { return nil }
            for index in first..<text.count where !ASCII.isDigit(text[index]) { return nil }
        default:
            return nil
        }
    }

    public static func == (left: Self, right: Self) -> Bool {
        guard left.decoded == nil, right.decoded == nil else {
            return (left.decoded ?? left.text) == (right.decoded ?? right.text)
        }
        return left.text.span.equals(right.text.span)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(decoded ?? text)
    }
}
