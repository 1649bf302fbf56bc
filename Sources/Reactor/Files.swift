// SPDX-License-Identifier: Apache-2.0

/// The few things that the program does with files. All of them can wait for a disk: never called on a loop that
/// serves.
public enum Files {
    /// Opens a file to append to, made with mode 0640 where it is not there.
    public static func openForAppending(_ path: [UInt8]) throws(ReactorError) -> FileDescriptor {
        try openAppending(path)
    }

    /// Standard error under a number of its own, which may be closed.
    public static func standardError() throws(ReactorError) -> FileDescriptor {
        try duplicate(2)
    }

    /// Writes all bytes, waiting as long as it takes.
    /// - Returns: false when the file or pipe does not take them.
    public static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var written = 0
        while written < bytes.count {
            switch Socket.write(descriptor, bytes, from: written) {
            case .bytes(let count): written += count
            case .wouldBlock: waitUntilWritable(descriptor)
            case .end, .failed: return false
            }
        }
        return true
    }

    /// Writes a line for the operator to standard error. For start and end, not for what is logged.
    public static func printError(_ line: [UInt8]) {
        _ = writeAll(line, to: 2)
    }
}
