// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Cuts a child's standard error into lines for the log, at a bounded rate: it may be anything, in any amount.
struct ComplaintFramer {
    private let limits: StdioLimits
    private var partial: [UInt8] = []
    private var windowStart: UInt64 = 0
    private var linesInWindow = 0
    private var dropped = 0

    init(limits: StdioLimits) { self.limits = limits }

    /// Hands out each line that the bytes complete, cut to its limit, and how many before it were dropped. No more than
    /// the limit come out of one second.
    mutating func feed(_ bytes: Span<UInt8>, now: UInt64, _ line: ([UInt8], Int) -> Void) {
        for index in bytes.indices {
            let byte = bytes[index]
            guard byte == ASCII.lineFeed else {
                if partial.count < limits.errorLineBytesMax { partial.append(byte) }
                continue
            }
            if !partial.isEmpty { emit(now, line) }
            partial.removeAll(keepingCapacity: true)
        }
    }

    private mutating func emit(_ now: UInt64, _ line: ([UInt8], Int) -> Void) {
        if windowStart == 0 || now - windowStart >= 1_000_000_000 {
            windowStart = now
            linesInWindow = 0
        }
        guard linesInWindow < limits.errorLinesPerSecondMax else {
            dropped += 1
            return
        }
        linesInWindow += 1
        line(partial, dropped)
        dropped = 0
    }
}
