// SPDX-License-Identifier: Apache-2.0

/// One thing that is wrong, or doubtful, in a configuration.
public struct ConfigProblem: Equatable, Sendable {
    public enum Severity: String, Sendable { case error, warning }

    public let severity: Severity
    /// The file's name as it was given.
    public let file: String
    /// Both from 1; the column counts characters (scalar values), not bytes.
    public let line: Int
    public let column: Int
    /// What is wrong, and what to write instead. Never a secret, never a control character.
    public let message: String

    /// `file:line:column: error: message`.
    public var text: String { "\(file):\(line):\(column): \(severity.rawValue): \(message)" }
}

/// Collects the problems of all files of a configuration, so that they can be told in one go.
public final class ConfigReport {
    private struct Key: Hashable {
        let file: Int
        let offset: Int
        let message: String
    }

    private var found: [(key: Key, problem: ConfigProblem)] = []
    private var seen: Set<Key> = []

    public private(set) var errorCount = 0

    public init() {}

    public func error(_ place: ConfigPlace, _ message: String) { add(.error, place, message) }

    public func warning(_ place: ConfigPlace, _ message: String) { add(.warning, place, message) }

    /// The same sentence about the same place is kept once: defaults are read anew for every server.
    public func add(_ severity: ConfigProblem.Severity, _ place: ConfigPlace, _ message: String) {
        let key = Key(file: place.file.order, offset: place.offset, message: message)
        guard seen.insert(key).inserted else { return }
        if severity == .error { errorCount += 1 }
        let (line, column) = place.lineAndColumn
        let problem = ConfigProblem(
            severity: severity,
            file: place.file.name,
            line: line,
            column: column,
            message: message
        )
        found.append((key, problem))
    }

    /// In the order in which the files were read, and by position in each.
    public var problems: [ConfigProblem] {
        let ordered = found.enumerated().sorted { left, right in
            let (a, b) = (left.element.key, right.element.key)
            return (a.file, a.offset, left.offset) < (b.file, b.offset, right.offset)
        }
        return ordered.map(\.element.problem)
    }
}

/// A byte of a file.
public struct ConfigPlace: Sendable {
    public let file: ConfigFile
    public let offset: Int

    public init(file: ConfigFile, offset: Int) {
        self.file = file
        self.offset = offset
    }

    public var lineAndColumn: (line: Int, column: Int) { file.position(of: offset) }

    /// `file:line:column`, for a message that names a second place.
    public var text: String {
        let (line, column) = lineAndColumn
        return "\(file.name):\(line):\(column)"
    }
}
