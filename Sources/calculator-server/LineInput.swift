// SPDX-License-Identifier: Apache-2.0

/// Standard input cut into lines. Holds one line and one block, never more.
struct LineInput {
    enum Line {
        /// Without its line feed.
        case text([UInt8])
        /// Longer than the limit; its bytes were dropped.
        case tooLong
    }

    private let lineBytesMax: Int
    private var block = [UInt8](repeating: 0, count: 4096)
    /// What of `block` is still to be looked at.
    private var unread = 0..<0
    private var line: [UInt8] = []
    private var overflowed = false

    init(lineBytesMax: Int) {
        self.lineBytesMax = lineBytesMax
    }

    /// The next line; nil at the end of the input. Text after the last line feed is a line too.
    mutating func next() -> Line? {
        while true {
            if unread.isEmpty {
                unread = 0..<StandardStreams.read(into: &block)
                if unread.isEmpty { return line.isEmpty && !overflowed ? nil : take() }
            }
            let end = block[unread].firstIndex(of: 0x0A)
            keep(unread.lowerBound..<(end ?? unread.upperBound))
            unread = (end.map { $0 + 1 } ?? unread.upperBound)..<unread.upperBound
            if end != nil { return take() }
        }
    }

    private mutating func keep(_ range: Range<Int>) {
        guard !overflowed, line.count + range.count <= lineBytesMax else {
            overflowed = true
            line = []
            return
        }
        line.append(contentsOf: block[range])
    }

    private mutating func take() -> Line {
        defer {
            line = []
            overflowed = false
        }
        return overflowed ? .tooLong : .text(line)
    }
}
