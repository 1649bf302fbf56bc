// SPDX-License-Identifier: Apache-2.0

import Bytes

/// What a command reads from and writes to. Tests answer from memory.
protocol Terminal {
    func output(_ text: [UInt8])
    func error(_ text: [UInt8])
    /// Standard input up to the first line feed, without it; nil where that is more than `bytesMax`, or unreadable.
    func line(bytesMax: Int) -> [UInt8]?
    /// Seconds since 1970.
    var now: Int { get }
}

extension Terminal {
    func output(line text: String) { output([UInt8](text: text + "\n")) }
    func error(line text: String) { error([UInt8](text: text + "\n")) }
}
