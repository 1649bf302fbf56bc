// SPDX-License-Identifier: Apache-2.0

import Bytes

extension Span where Element == UInt8 {
    /// The offset, at or after `start`, of the first byte that a string scanner must look at: quote, backslash, control
    /// character (DEL included) or the first of a sequence outside ASCII; `count` if there is none.
    @inline(__always)
    func firstSpecialOffset(from start: Int) -> Int {
        // Most strings are short: one word decides.
        guard start <= count - 8 else { return firstSpecialOffset(amongLast: start) }
        let hits = Self.specials(word(at: start))
        guard hits == 0 else { return start + hits.trailingZeroBitCount / 8 }
        return firstSpecialOffset(far: start + 8)
    }

    /// Sixteen bytes at a time. Only comparisons of two vectors are fast; one with a literal is not.
    private func firstSpecialOffset(far start: Int) -> Int {
        let quote = SIMD16<UInt8>(repeating: 0x22)
        let backslash = SIMD16<UInt8>(repeating: 0x5C)
        // Adding 0x60 puts the ordinary bytes, 0x20…0x7E, at the bottom of the signed order: -128…-34.
        let shift = SIMD16<UInt8>(repeating: 0x60)
        let ordinary = SIMD16<Int8>(repeating: -34)
        var index = start
        while index <= count - 16 {
            let block = block(at: index)
            // SAFETY: the two vectors have the same size, and every pattern of bits is a value of either.
            let signed = unsafe unsafeBitCast(block &+ shift, to: SIMD16<Int8>.self)
            let hits = (block .== quote) .| (block .== backslash) .| (signed .> ordinary)
            // SAFETY: a mask of 16 lanes is 16 bytes, all bits of a lane set or none.
            let words = unsafe unsafeBitCast(hits, to: SIMD2<UInt64>.self)
            if words[0] != 0 { return index + words[0].trailingZeroBitCount / 8 }
            if words[1] != 0 { return index + 8 + words[1].trailingZeroBitCount / 8 }
            index += 16
        }
        return firstSpecialOffset(amongLast: index)
    }

    private func firstSpecialOffset(amongLast start: Int) -> Int {
        var index = start
        while index < count {
            let byte = self[index]
            if byte < 0x20 || byte == 0x22 || byte == 0x5C || byte >= 0x7F { break }
            index += 1
        }
        return index
    }

    /// The offset, at or after `start`, behind as many sequences of three bytes as two at a time can be seen to be
    /// well-formed: U+1000…U+CFFF and U+E000…U+FFFF, but for those that begin with E2, among which the line separators
    /// are.
    @inline(__always)
    func offsetBehindPairsOfThree(from start: Int) -> Int {
        var index = start
        while index <= count - 8 {
            let word = word(at: index)
            guard word & 0xC0C0_F0C0_C0F0 == 0x8080_E080_80E0 else { break }
            let first = word & 0xF
            let second = word >> 24 & 0xF
            guard first != 0, first != 2, first != 0xD, second != 0, second != 2, second != 0xD else { break }
            index += 6
        }
        return index
    }

    /// A hash of the bytes that nobody outside this process can predict.
    var keyedHash: UInt64 {
        var hasher = Hasher()
        hasher.combine(hashKey)
        // SAFETY: the bytes are only read inside the closure.
        unsafe withUnsafeBytes { bytes in unsafe hasher.combine(bytes: bytes) }
        return UInt64(truncatingIfNeeded: hasher.finalize())
    }

    /// Sets the top bit of the first byte that is special. Bytes above the first may be marked wrongly, since a borrow
    /// or carry moves upwards; none below it is.
    @inline(__always)
    private static func specials(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = (word ^ ones &* 0x22) &- ones
        let backslashes = (word ^ ones &* 0x5C) &- ones
        let controls = (word &- ones &* 0x20) | (word &+ ones)
        return (quotes | backslashes | controls | word) & (ones &* 0x80)
    }
}

/// Drawn once a process: Swift's own hashing may be made predictable through the environment.
private let hashKey = UInt64.random(in: 0...UInt64.max)
