// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The three standard streams, without stdio's buffers.
enum StandardStreams {
    /// Reads what is there into `block`, waiting for at least one byte. 0 at the end of the input and after an error.
    static func read(into block: inout [UInt8]) -> Int {
        while true {
            // SAFETY: the pointer and the count describe the array's own storage, held for the length of the call.
            let count = unsafe block.withUnsafeMutableBytes { unsafe Glibc.read(0, $0.baseAddress, $0.count) }
            if count >= 0 { return count }
            if errno != EINTR { return 0 }
        }
    }

    /// Writes a whole message to standard output; false if nobody reads it any more.
    static func write(_ bytes: [UInt8]) -> Bool { write(bytes, to: 1) }

    /// Writes a line to standard error, which is free text in MCP.
    static func report(_ line: String) { _ = write(Array(line.utf8) + [0x0A], to: 2) }

    static func exitAfterWriteError() -> Never { exit(1) }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var offset = 0
        while offset < bytes.count {
            // SAFETY: `offset` is below the count, so the pointer and the length stay inside the array.
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
            }
            if count < 0, errno != EINTR { return false }
            offset += max(count, 0)
        }
        return true
    }
}
