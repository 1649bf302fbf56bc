// SPDX-License-Identifier: Apache-2.0

extension Array where Element == UInt8 {
    /// Appends all bytes of a span in one move. `Span` has no bulk copy of its own.
    public mutating func append(contentsOf source: Span<UInt8>) {
        // SAFETY: the buffer covers exactly the span, lives as long as the closure, and is only read.
        unsafe source.withUnsafeBufferPointer { buffer in unsafe append(contentsOf: buffer) }
    }
}
