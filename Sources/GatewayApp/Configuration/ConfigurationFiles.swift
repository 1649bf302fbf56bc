// SPDX-License-Identifier: Apache-2.0

import Bytes

/// What reading a configuration needs of the system. Tests and the fuzzer answer from memory.
protocol ConfigurationFiles {
    /// The whole file, or why not.
    func read(_ path: [UInt8]) -> FileReading

    /// The names in a directory, nil where it cannot be read.
    func names(in directory: [UInt8]) -> [[UInt8]]?

    /// What stands at a path, links followed; nil for nothing.
    func facts(_ path: [UInt8]) -> FileFacts?

    /// An environment variable of the gateway's own.
    func environment(_ name: [UInt8]) -> [UInt8]?

    func hasUser(_ name: [UInt8]) -> Bool

    /// The date, in Unix seconds.
    var now: Int { get }

    /// Absolute.
    var workingDirectory: [UInt8] { get }

    /// Where this program's own file is, absolute; nil where the system does not say.
    var programDirectory: [UInt8]? { get }
}

enum FileReading: Sendable {
    case bytes([UInt8])
    /// Ends the sentence "cannot read …: ".
    case failed(String)

    /// The largest file of a configuration, in bytes.
    static let fileBytesMax = 16 << 20
}

struct FileFacts: Sendable {
    var isDirectory = false
    /// A regular file that the gateway may execute.
    var isExecutable = false
    /// Readable by accounts other than its owner and group.
    var isReadableByAll = false
    /// Read, write and execute of owner, group and others, as `chmod` takes them.
    var permissions: UInt16 = 0o600
}

/// Paths as bytes.
enum PathText {
    /// The directory that a path's file is in, with the slash; empty for a bare name.
    static func directory(of path: [UInt8]) -> [UInt8] {
        guard let slash = path.lastIndex(of: 0x2F) else { return [] }
        return Array(path[...slash])
    }

    /// `path`, seen from `base`, which is empty or ends with a slash.
    static func join(_ base: [UInt8], _ path: [UInt8]) -> [UInt8] {
        if path.first == 0x2F { return path }
        var path = path[...]
        while path.starts(with: [0x2E, 0x2F]) { path = path.dropFirst(2) }
        return base + path
    }

    /// The absolute form, without `.` steps; `..` stays, since a link may stand before it.
    static func absolute(_ path: [UInt8], in workingDirectory: [UInt8]) -> [UInt8] {
        let whole = path.first == 0x2F ? path : workingDirectory + [0x2F] + path
        let steps = whole.split(separator: 0x2F).filter { !Array($0).equals(".") }
        return steps.isEmpty ? [0x2F] : steps.flatMap { [0x2F] + $0 }
    }
}

/// File name patterns: `*` is any run and `?` any one byte, of one step of a path. A `*` or `?` at the beginning of a
/// name does not match a dot there.
enum FilePattern {
    /// The most files that one pattern may name.
    static let matchesMax = 4096

    static func hasWildcard(_ path: [UInt8]) -> Bool { path.contains { $0 == 0x2A || $0 == 0x3F } }

    /// The paths that match, in the order of their bytes; nil where there are more than `matchesMax`.
    static func expand(_ pattern: [UInt8], _ files: any ConfigurationFiles) -> [[UInt8]]? {
        var found: [[UInt8]] = [pattern.first == 0x2F ? [0x2F] : []]
        let steps = pattern.split(separator: 0x2F).map { Array($0) }
        for (index, step) in steps.enumerated() {
            let isLast = index == steps.count - 1
            var next: [[UInt8]] = []
            for base in found {
                for name in matches(step, in: base, files) {
                    next.append(base + name + (isLast ? [] : [0x2F]))
                    guard next.count <= matchesMax else { return nil }
                }
            }
            found = next
        }
        return found.filter { files.facts($0)?.isDirectory == false }.sorted { $0.lexicographicallyPrecedes($1) }
    }

    private static func matches(_ step: [UInt8], in base: [UInt8], _ files: any ConfigurationFiles) -> [[UInt8]] {
        guard hasWildcard(step) else { return [step] }
        let names = files.names(in: base.isEmpty ? [0x2E] : base) ?? []
        return names.filter { $0.first != 0x2E && matches(step, $0) }
    }

    static func matches(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
        var (place, index) = (0, 0)
        var star: (place: Int, index: Int)?
        while index < name.count {
            if place < pattern.count, pattern[place] == 0x2A {
                star = (place, index)
                place += 1
            } else if place < pattern.count, pattern[place] == 0x3F || pattern[place] == name[index] {
                place += 1
                index += 1
            } else if let last = star {
                star = (last.place, last.index + 1)
                (place, index) = (last.place + 1, last.index + 1)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == 0x2A }
    }
}
