// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Where the tests find what they run.
public enum Places {
    /// The folder of the built programs: `GATEHOUSE_BINARY_DIR`, or the folder that the test bundle lies in.
    public static let programs: String =
        ProcessInfo.processInfo.environment["GATEHOUSE_BINARY_DIR"]
        ?? URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path

    public static func program(_ name: String) -> String { programs + "/" + name }

    /// The package's root folder.
    public static let package: String = {
        var url = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { url.deleteLastPathComponent() }
        return url.path
    }()

    /// The stdio server of the tests, in Python's standard library only.
    public static let scriptedServer = package + "/Tests/Interop/servers/scripted.py"

    /// The system's interpreter, which every account may run; elsewhere the one behind whatever shim `python3` is.
    public static let python: String = {
        if FileManager.default.isExecutableFile(atPath: "/usr/bin/python3") { return "/usr/bin/python3" }
        let found = try? Command.run("/usr/bin/env", ["python3", "-c", "import sys; print(sys.executable)"])
        let path = found?.output.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        return path.isEmpty ? "/usr/bin/python3" : path
    }()

    /// The folder of the test vectors; nil (and a line that says so) where it is not there.
    public static let vectors: String? = {
        let folder = ProcessInfo.processInfo.environment["GATEHOUSE_VECTORS"] ?? package + "/../shared/vectors"
        guard FileManager.default.fileExists(atPath: folder + "/h1_vectors.jsonl") else {
            print("skipped: no test vectors in \(folder); GATEHOUSE_VECTORS names their folder")
            return nil
        }
        return folder
    }()
}

/// One row of `h1_vectors.jsonl` or `json_vectors.jsonl`.
public struct Vector: Sendable, CustomStringConvertible {
    public let id: String
    public let bytes: [UInt8]
    public let want: String
    public let rule: String
    public var description: String { id }

    /// All rows of a file; empty where the vectors are not there.
    public static func load(_ file: String) throws -> [Vector] {
        guard let folder = Places.vectors else { return [] }
        let content = try Data(contentsOf: URL(fileURLWithPath: folder + "/" + file))
        return try content.split(separator: 0x0A).map { line in
            let row = try JSONTree(reading: Array(line))
            var bytes = Array((row["text"].text ?? "").utf8)
            if let encoded = row["base64"].text, let data = Data(base64Encoded: encoded) { bytes = Array(data) }
            return Vector(
                id: row["id"].text ?? "",
                bytes: bytes,
                want: row["want"].text ?? "",
                rule: row["rule"].text ?? ""
            )
        }
    }
}
