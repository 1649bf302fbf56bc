// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What the documents show is tried with the built program. `Tests/readme.sh` tries the README's commands.
@Suite struct `The documents` {
    /// The text between a line that opens a fence and the one that closes it.
    private static func block(_ kind: String, of text: String) -> String? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let start = lines.firstIndex(of: "```\(kind)"),
            let end = lines[(start + 1)...].firstIndex(of: "```")
        else { return nil }
        return lines[(start + 1)..<end].joined(separator: "\n")
    }

    private static func check(_ configuration: String, _ options: String...) throws -> (status: Int32, output: String) {
        let file = FileManager.default.temporaryDirectory.appending(path: "gatehouse-\(UUID().uuidString).json")
        try configuration.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        return try Project.run("gatehouse", ["check"] + options + [file.path])
    }

    @Test func `the configuration in the README is valid`() throws {
        let readme = String(decoding: try #require(Project.file("README.md")).bytes, as: UTF8.self)
        let shown = try #require(Self.block("jsonc", of: readme))
        #expect(shown.split(separator: "\n").count <= 60)
        // Its server, account, variable and file are not on this machine.
        let run = try Self.check(shown, "--offline")
        #expect(run.status == 0, "\(run.output)")
        let broken = try Self.check(shown.replacing("\"access\"", with: "\"acess\""), "--offline")
        #expect(broken.status == 1)
    }

    @Test func `the example is valid and draws no warning`() throws {
        let path = Project.root.appending(path: "gateway.example.json").path
        let run = try Project.run("gatehouse", ["check", "--strict", path])
        #expect(run.status == 0, "\(run.output)")
    }
}
