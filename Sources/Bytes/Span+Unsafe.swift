// SPDX-License-Identifier: Apache-2.0

/// Several bytes at a time. What a span cannot lend at this place, a caller reads byte by byte.
extension Span where Element == UInt8 {
    /// Eight bytes, the first in the lowest bits.
    /// - Precondition: all of them lie inside the span.
    @inlinable
    @inline(__always)
    public func word(at offset: Int) -> UInt64 {
        // SAFETY: the load checks that all eight bytes lie inside the span, and every pattern of bits is a UInt64.
        UInt64(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// Sixteen bytes in their order.
    /// - Precondition: all of them lie inside the span.
    @inlinable
    @inline(__always)
    public func block(at offset: Int) -> SIMD16<UInt8> {
        // SAFETY: the load checks that all sixteen bytes lie inside the span, and every pattern of bits is a vector.
        unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
    }

    /// Whether both spans hold the same bytes. Not constant-time: never for secrets.
    @inlinable
    public func equals(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        var index = 0
        while index <= count - 8 {
            if word(at: index) != other.word(at: index) { return false }
            index += 8
        }
        while index < count {
            if self[index] != other[index] { return false }
            index += 1
        }
        return true
    }

    /// Whether both spans hold the same bytes, ASCII letters compared without case.
    @inlinable
    public func equalsIgnoringCase(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        var index = 0
        while index <= count - 8 {
            if ASCII.lower(word(at: index)) != ASCII.lower(other.word(at: index)) { return false }
            index += 8
        }
        while index < count {
            if ASCII.lower(self[index]) != ASCII.lower(other[index]) { return false }
            index += 1
        }
        return true
    }
}

extension SIMDMask where Storage == SIMD16<Int8> {
    /// The first lane that is not set; 16 where all are.
    @inlinable
    @inline(__always)
    public var firstUnset: Int {
        // SAFETY: a mask of sixteen lanes is sixteen bytes, all bits of a lane set or none.
        let words = unsafe unsafeBitCast(self, to: SIMD2<UInt64>.self)
        if words[0] != .max { return (~words[0]).trailingZeroBitCount / 8 }
        // Of zero there are 64 bits, and so eight bytes.
        return 8 + (~words[1]).trailingZeroBitCount / 8
    }
}
