// SPDX-License-Identifier: Apache-2.0

/// One value of a document, 16 bytes. The tape holds them in the order of their first byte: a container, then what it
/// holds (a member is a name, then its value). `next` skips a node and everything in it.
///
/// ```
/// {"a":[1,2]}     0 object next 5 │ 1 string "a" │ 2 array next 5 │ 3 number │ 4 number
/// ```
///
/// While a container is open, `next` is the index of the container around it.
struct JSONNode {
    var start: UInt32
    var end: UInt32
    var next: UInt32
    /// Bits 0…2 the kind, bit 3 escapes, bit 4 line separators, from bit 5 the number of members or elements.
    private var packed: UInt32

    init(_ kind: JSONValue.Kind, start: Int, end: Int, next: Int, flags: Flags = []) {
        // A text has at most 2^28 bytes, and fewer nodes than bytes, so none of these cuts anything off.
        self.start = UInt32(truncatingIfNeeded: start)
        self.end = UInt32(truncatingIfNeeded: end)
        self.next = UInt32(truncatingIfNeeded: next)
        packed = UInt32(kind.rawValue) | flags.rawValue
    }

    struct Flags: OptionSet {
        let rawValue: UInt32
        static let escapes = Flags(rawValue: 8)
        static let lineSeparators = Flags(rawValue: 16)
    }

    var kind: JSONValue.Kind { JSONValue.Kind(rawValue: UInt8(truncatingIfNeeded: packed & 7)) ?? .null }
    var hasEscapes: Bool { packed & Flags.escapes.rawValue != 0 }
    var hasLineSeparators: Bool { packed & Flags.lineSeparators.rawValue != 0 }

    /// Members or elements. Each needs two bytes of text, so there are fewer than 2^27.
    var count: Int {
        get { Int(packed >> 5) }
        set { packed = packed & 31 | UInt32(truncatingIfNeeded: newValue) << 5 }
    }

    mutating func close(end: Int, next: Int, count: Int) {
        self.end = UInt32(truncatingIfNeeded: end)
        self.next = UInt32(truncatingIfNeeded: next)
        self.count = count
    }

    var range: Range<Int> { Int(start)..<Int(end) }
    /// The text between the quotes of a string.
    var content: Range<Int> { Int(start) + 1..<Int(end) - 1 }
}
