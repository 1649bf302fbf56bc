// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The standard streams and the clock of this process.
struct SystemTerminal: Terminal {
    func output(_ text: [UInt8]) { Self.write(text, to: 1) }

    func error(_ text: [UInt8]) { Self.write(text, to: 2) }

    func line(bytesMax: Int) -> [UInt8]? {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while true {
            // SAFETY: one byte is written to a variable that outlives the call. More would take what follows the line.
            let count = unsafe read(0, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            guard count > 0, byte != 0x0A else { return line }
            guard line.count < bytesMax else { return nil }
            line.append(byte)
        }
    }

    var now: Int { time(nil) }

    /// Writes everything; a stream that is closed or broken is nobody's to be told of.
    private static func write(_ text: [UInt8], to descriptor: Int32) {
        var start = 0
        while start < text.count {
            // SAFETY: the bytes from `start` to the array's end are read, and the array outlives the call.
            let count = unsafe text[start...].withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            start += count
        }
    }
}
