// SPDX-License-Identifier: Apache-2.0

/// Finds programs the way a shell does, with one exception: an empty entry of PATH does not mean the working directory.
public enum CommandPath {
    /// The file that `command` means, nil where there is none that is regular and executable for this process.
    ///
    /// A command with a slash is the path itself. Reads directories, so it is not called on a loop.
    /// - Parameter path: the value of PATH.
    public static func find(_ command: [UInt8], path: [UInt8]) -> [UInt8]? {
        guard !command.isEmpty, !command.contains(0) else { return nil }
        let slash = UInt8(ascii: "/")
        guard !command.contains(slash) else { return isExecutableFile(command) ? command : nil }
        for directory in path.split(separator: UInt8(ascii: ":")) where !directory.contains(0) {
            let candidate = directory + (directory.last == slash ? [] : [slash]) + command
            if isExecutableFile(Array(candidate)) { return Array(candidate) }
        }
        return nil
    }
}
