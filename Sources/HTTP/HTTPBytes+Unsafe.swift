// SPDX-License-Identifier: Apache-2.0

extension Array where Element == UInt8 {
    /// Appends a part of a span in one move. `Span` has no bulk copy of its own.
    mutating func append(_ source: Span<UInt8>, _ range: Range<Int>) {
        let part = source.extracting(range)
        // SAFETY: the buffer covers exactly the part, lives as long as the closure, and is only read.
        unsafe part.withUnsafeBufferPointer { buffer in unsafe append(contentsOf: buffer) }
    }
}
