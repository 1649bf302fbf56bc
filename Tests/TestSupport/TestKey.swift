// SPDX-License-Identifier: Apache-2.0

import Foundation

/// An API key made by the program itself, and the entry that names it in a configuration.
public struct TestKey: Sendable {
    public let id: String
    public let key: String
    public var entry: JSONTree

    public init(id: String, key: String, entry: JSONTree) {
        self.id = id
        self.key = key
        self.entry = entry
    }

    public struct CreationError: Error, CustomStringConvertible {
        public let result: Command.Result
        public var description: String {
            "gatehouse key create: code \(result.code), output \(result.output), errors \(result.errors)"
        }
    }

    /// Runs `gatehouse key create`.
    /// - Parameter changes: members put over those of the printed entry.
    public static func make(_ id: String, _ changes: JSONTree = [:]) throws -> TestKey {
        let result = try Command.run(Places.program("gatehouse"), ["key", "create", "--id", id])
        let key = result.output.trimmingCharacters(in: .whitespacesAndNewlines)
        guard result.code == 0, key.hasPrefix("ghk_\(id)_"),
            let open = result.errors.firstIndex(of: "{"), let end = result.errors.lastIndex(of: "}")
        else { throw CreationError(result: result) }
        let entry = try JSONTree(reading: String(result.errors[open...end]))
        return TestKey(id: id, key: key, entry: entry.merging(changes))
    }
}
