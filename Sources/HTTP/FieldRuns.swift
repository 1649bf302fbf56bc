// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Steps over the bytes that nearly all names and values are made of, sixteen at a time. The scanner judges whatever
/// they stop at by itself, so stopping early is never wrong.
///
/// Only comparisons of two vectors are fast; one with a literal is not.
extension Span where Element == UInt8 {
    /// The offset, at or after `start`, of the first byte that is neither letter, digit nor `-`, or of one of the last
    /// fifteen before `end`.
    @inline(__always)
    func offsetBehindNameBytes(from start: Int, to end: Int) -> Int {
        let caseBit = SIMD16<UInt8>(repeating: 0x20)
        let firstLetter = SIMD16<UInt8>(repeating: 0x61)
        let letters = SIMD16<UInt8>(repeating: 26)
        let firstDigit = SIMD16<UInt8>(repeating: 0x30)
        let digits = SIMD16<UInt8>(repeating: 10)
        let hyphen = SIMD16<UInt8>(repeating: 0x2D)
        var index = start
        while index <= end - 16 {
            let block = block(at: index)
            let isLetter = ((block | caseBit) &- firstLetter) .< letters
            let isDigit = (block &- firstDigit) .< digits
            let run = (isLetter .| isDigit .| (block .== hyphen)).firstUnset
            index += run
            guard run == 16 else { break }
        }
        return index
    }

    /// The same for bytes that stand in a field value, but for tabs.
    @inline(__always)
    func offsetBehindValueBytes(from start: Int, to end: Int) -> Int {
        let space = SIMD16<UInt8>(repeating: 0x20)
        let delete = SIMD16<UInt8>(repeating: 0x7F)
        var index = start
        while index <= end - 16 {
            let block = block(at: index)
            let run = ((block .>= space) .& (block .!= delete)).firstUnset
            index += run
            guard run == 16 else { break }
        }
        return index
    }
}
