// SPDX-License-Identifier: Apache-2.0

/// How much is logged; each level includes those before it.
public enum LogLevel: Int, Comparable, CaseIterable, Sendable {
    case error, warning, info, debug

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// `log` of the configuration.
public struct LogConfiguration: Sendable {
    public enum Format: Sendable { case json, text }

    public var level: LogLevel
    public var format: Format
    /// Absolute path; nil: standard error.
    public var file: [UInt8]?

    public init(level: LogLevel = .info, format: Format = .json, file: [UInt8]? = nil) {
        self.level = level
        self.format = format
        self.file = file
    }
}
