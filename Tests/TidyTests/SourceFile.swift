// SPDX-License-Identifier: Apache-2.0

import Foundation

/// One file of the project, or a planted one with a bad text.
struct SourceFile: Sendable {
    /// From the top of the project: `Sources/HTTP/Chunk.swift`.
    let path: String
    let bytes: [UInt8]
    /// Swift only: the text with comments, strings and raw names blanked; as long as `bytes`, with the same lines.
    let code: [UInt8]

    init(_ path: String, _ bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
        code = path.hasSuffix(".swift") ? SwiftText.blanked(bytes) : bytes
    }

    init(_ path: String, _ text: String) { self.init(path, Array(text.utf8)) }

    var name: String { path.split(separator: "/").last.map(String.init) ?? path }
    var isSwift: Bool { path.hasSuffix(".swift") }
    var isSource: Bool { path.hasPrefix("Sources/") }
    var isScript: Bool { path.hasSuffix(".sh") || path == ".ci/run" }

    var lines: [Substring] { Self.lines(of: bytes) }
    /// The lines of `code`.
    var codeLines: [Substring] { Self.lines(of: code) }

    private static func lines(of bytes: [UInt8]) -> [Substring] {
        var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last == "" { lines.removeLast() }
        return lines
    }
}

/// The project that these tests were built from.
enum Project {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// What git tracks or would track; where there is no git, every file outside build folders.
    static let paths: [String] = {
        if let listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard") {
            return listed.split(separator: "\0").map(String.init).filter(isFile)
        }
        let all = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
        return all.filter { !$0.hasPrefix(".git/") && TreeRules.generated([$0]).isEmpty && isFile($0) }
    }()

    /// The files that people write: Swift, scripts, C, Python, documents, configuration.
    static let files: [SourceFile] = paths.compactMap { path in
        let written = [".swift", ".sh", ".c", ".h", ".py", ".md", ".json", ".txt", ".toml"]
        guard written.contains(where: path.hasSuffix) || path == ".ci/run" else { return nil }
        return read(path).map { SourceFile(path, $0) }
    }

    static var swift: [SourceFile] { files.filter(\.isSwift) }

    static func file(_ path: String) -> SourceFile? { files.first { $0.path == path } }

    static func read(_ path: String) -> [UInt8]? {
        (try? Data(contentsOf: root.appending(path: path))).map { Array($0) }
    }

    static func size(_ path: String) -> Int {
        (try? FileManager.default.attributesOfItem(atPath: root.appending(path: path).path)[.size] as? Int) ?? 0
    }

    private static func isFile(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: root.appending(path: path).path, isDirectory: &isDirectory)
        return exists && !isDirectory.boolValue
    }

    private static func git(_ arguments: String...) -> String? {
        guard let run = try? run("git", ["-C", root.path] + arguments), run.status == 0 else { return nil }
        return run.output
    }

    /// Where the programs of this build are: beside the test program.
    static func programs() throws -> URL {
        URL(filePath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
            .deletingLastPathComponent()
    }

    /// Runs a program of PATH, or of this build, to its end.
    static func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        let environment = ProcessInfo.processInfo.environment
        process.environment = environment.merging(
            ["PATH": "\(try programs().path):\(environment["PATH"] ?? "/usr/bin:/bin")"]
        ) { $1 }
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
