// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Cuts a child's output into lines. Pure: bytes in, lines out.
///
/// > MCP stdio transport: "Messages are delimited by newlines, and MUST NOT contain embedded newlines."
public struct LineFramer: Sendable {
    /// The longest line in bytes, its line break not counted.
    public let lineBytesMax: Int
    private var partial: [UInt8] = []

    public init(lineBytesMax: Int) {
        self.lineBytesMax = lineBytesMax
    }

    /// Takes bytes as they came, and hands out each line that they complete: without its LF and a CR before that; empty
    /// lines are skipped.
    /// - Returns: false when a line is over the limit. What it holds is dropped, and the source is to be ended.
    public mutating func feed(_ bytes: Span<UInt8>, _ line: ([UInt8]) -> Void) -> Bool {
        var start = 0
        while let end = bytes.firstOffset(of: ASCII.lineFeed, from: start) {
            guard append(bytes, start..<end) else { return false }
            emit(line)
            start = end + 1
        }
        return append(bytes, start..<bytes.count)
    }

    /// Bytes of a line that has begun and not ended.
    public var pendingBytes: Int { partial.count }

    private mutating func append(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard range.count <= lineBytesMax - partial.count else {
            partial = []
            return false
        }
        partial.append(contentsOf: bytes.extracting(range))
        return true
    }

    private mutating func emit(_ line: ([UInt8]) -> Void) {
        var whole: [UInt8] = []
        swap(&whole, &partial)
        if whole.last == ASCII.carriageReturn { whole.removeLast() }
        if !whole.isEmpty { line(whole) }
    }
}
