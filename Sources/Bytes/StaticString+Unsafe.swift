// SPDX-License-Identifier: Apache-2.0

extension StaticString {
    /// The literal's bytes, copied.
    public var bytes: [UInt8] {
        // SAFETY: the buffer of a literal lives as long as the program and is only read inside the closure.
        withUTF8Buffer { buffer in unsafe Array(buffer) }
    }

    /// Lends the literal's bytes without a copy.
    public func withSpan<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        // SAFETY: the buffer of a literal lives as long as the program; the span does not leave the closure.
        withUTF8Buffer { buffer in unsafe body(buffer.span) }
    }
}
