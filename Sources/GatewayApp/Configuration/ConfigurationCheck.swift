// SPDX-License-Identifier: Apache-2.0

import Bytes
import JSON

/// Checks a configuration that is not on this machine's disk: the reader as a pure function, for the fuzzer.
public enum ConfigurationCheck {
    /// One problem, as `check --offline` would print it.
    public struct Finding: Sendable {
        /// Both from 1.
        public let line: Int
        public let column: Int
        public let text: String
    }

    /// What is wrong with a document. Every file that it names has the content `other`, every variable and account that
    /// it names exists, and no program does.
    public static func findings(_ document: [UInt8], other: [UInt8]) -> [Finding] {
        let files = PretendedFiles(main: document, other: other)
        let outcome = ConfigurationReader.read(PretendedFiles.mainName, files, isOffline: true)
        let hasError = outcome.problems.contains { $0.severity == .error }
        precondition(hasError == (outcome.configuration == nil), "a configuration is there, or else an error says why")
        return outcome.problems.map { Finding(line: $0.line, column: $0.column, text: $0.text) }
    }
}

/// A machine on which every file is there.
private struct PretendedFiles: ConfigurationFiles {
    static let mainName = [UInt8]("gateway.json")

    let main: [UInt8]
    let other: [UInt8]

    func read(_ path: [UInt8]) -> FileReading { .bytes(path == Self.mainName ? main : other) }
    func names(in directory: [UInt8]) -> [[UInt8]]? { [[UInt8]("a.json"), [UInt8]("b.json")] }
    func facts(_ path: [UInt8]) -> FileFacts? { FileFacts(isDirectory: path.last == 0x2F) }
    func environment(_ name: [UInt8]) -> [UInt8]? { other }
    func hasUser(_ name: [UInt8]) -> Bool { true }
    var now: Int { 1_790_000_000 }
    var workingDirectory: [UInt8] { [0x2F] }
    var programDirectory: [UInt8]? { nil }
}
