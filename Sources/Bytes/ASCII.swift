// SPDX-License-Identifier: Apache-2.0

/// Byte classes and comparisons for protocol text. Everything here works on bytes: Swift's `String` compares by
/// canonical equivalence and treats CR LF as one character, both of which are ways round a policy.
public enum ASCII {
    public static let tab: UInt8 = 0x09
    public static let lineFeed: UInt8 = 0x0A
    public static let carriageReturn: UInt8 = 0x0D
    public static let space: UInt8 = 0x20

    /// `0`…`9`.
    public static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// `A`…`Z`, `a`…`z`.
    public static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

    /// The lower-case form of an ASCII letter, any other byte unchanged.
    @inlinable
    public static func lower(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

    /// As above, of each of eight bytes.
    @inlinable
    @inline(__always)
    public static func lower(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        // The top bit of each byte below says of its lower seven: at least `A`; over `Z`. No carry leaves a byte.
        let low = word & (ones &* 0x7F)
        let isAtLeastA = low &+ ones &* (0x80 - 0x41)
        let isOverZ = low &+ ones &* (0x80 - 0x5B)
        let isCapital = (isAtLeastA ^ isOverZ) & ~word & (ones &* 0x80)
        return word | isCapital &>> 2
    }

    /// The value of a hexadecimal digit of either case, nil for any other byte.
    public static func hexValue(_ byte: UInt8) -> UInt8? {
        if isDigit(byte) { return byte &- 0x30 }
        let folded = (byte | 0x20) &- 0x61
        return folded < 6 ? folded &+ 10 : nil
    }
}

extension Array where Element == UInt8 {
    /// The bytes of a literal.
    public init(_ text: StaticString) {
        self = text.bytes
    }

    /// The UTF-8 bytes of a string. For configuration, messages and tests; never on the inspected path.
    public init(text: String) {
        self = Array(text.utf8)
    }

    /// Appends the bytes of a literal.
    public mutating func append(_ text: StaticString) {
        text.withSpan { append(contentsOf: $0) }
    }

    /// Whether the bytes are exactly those of the literal.
    public func equals(_ text: StaticString) -> Bool {
        span.equals(text)
    }
}

extension Span where Element == UInt8 {
    /// Whether the bytes are exactly those of the literal.
    public func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        let own = self
        return text.withSpan { own.equals($0) }
    }

    /// Whether the bytes equal the literal, ASCII letters compared without case.
    public func equalsIgnoringCase(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        let own = self
        return text.withSpan { own.equalsIgnoringCase($0) }
    }

    /// Whether the first bytes are those of the literal.
    public func starts(with text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        let start = extracting(first: text.utf8CodeUnitCount)
        return text.withSpan { start.equals($0) }
    }

    /// The offset of the first `byte` at or after `start`, nil if there is none.
    public func firstOffset(of byte: UInt8, from start: Int = 0) -> Int? {
        var index = start
        let wanted = SIMD16<UInt8>(repeating: byte)
        while index <= count - 16 {
            let run = (block(at: index) .!= wanted).firstUnset
            if run < 16 { return index + run }
            index += 16
        }
        while index < count {
            if self[index] == byte { return index }
            index += 1
        }
        return nil
    }

    /// The bytes without leading and trailing spaces and tabs (OWS of RFC 9110, section 5.6.3).
    public var trimmed: Range<Int> {
        var low = 0
        var high = count
        while low < high, self[low] == ASCII.space || self[low] == ASCII.tab { low += 1 }
        while high > low, self[high - 1] == ASCII.space || self[high - 1] == ASCII.tab { high -= 1 }
        return low..<high
    }

    /// A copy of the bytes.
    public var array: [UInt8] {
        var copy: [UInt8] = []
        copy.append(contentsOf: self)
        return copy
    }
}
