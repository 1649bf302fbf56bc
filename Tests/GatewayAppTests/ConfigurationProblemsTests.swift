// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSON
import Testing

@testable import GatewayApp

/// One case of Tests/Golden/configuration-problems.txt.
struct ProblemCase: Sendable, CustomTestStringConvertible {
    let kind: String
    let fragment: String
    let expected: [String]

    var testDescription: String { "\(kind): \(fragment.prefix(60))" }

    static let all: [ProblemCase] = packageText("Tests/Golden/configuration-problems.txt")
        .components(separatedBy: "\n=== ").dropFirst().map { block in
            let halves = block.components(separatedBy: "\n--->\n")
            let head = halves[0].components(separatedBy: "\n")
            let expected = halves.last?.components(separatedBy: "\n").filter { !$0.isEmpty } ?? []
            return ProblemCase(kind: head[0], fragment: head.dropFirst().joined(separator: "\n"), expected: expected)
        }
}

@Suite struct ConfigurationProblemsTests {
    @Test func `the golden file has its cases`() {
        #expect(ProblemCase.all.count > 200)
        #expect(ProblemCase.all.allSatisfy { !$0.expected.isEmpty })
    }

    @Test(arguments: ProblemCase.all) func `every problem is told at its place and says what to write`(
        _ row: ProblemCase
    ) throws {
        let document = try #require(Document.around(row.fragment, kind: row.kind))
        let outcome = MemoryFiles(["gateway.json": document]).outcome()
        #expect(outcome.problems.map(\.text) == row.expected)
        // A warning alone leaves a configuration, an error none.
        let hasError = outcome.problems.contains { $0.severity == .error }
        #expect((outcome.configuration == nil) == hasError)
    }

    @Test(arguments: ["root", "limits", "server", "stdio", "key", "rule"])
    func `the documents round the fragments are good by themselves`(_ kind: String) throws {
        let fragments = [
            "root": "\"threads\": 1", "limits": "\"headers\": 100", "server": "\"denials\": \"hide\"",
            "stdio": "\"open_files\": 64", "key": "", "rule": "",
        ]
        let document = try #require(Document.around(fragments[kind] ?? "", kind: kind))
        let outcome = MemoryFiles(["gateway.json": document]).outcome()
        #expect(outcome.problems == [])
        #expect(outcome.configuration != nil)
    }

    @Test func `all problems of a file come at once, in the order of their places`() {
        let document = """
            {
              "limits": { "body": "x", "drain": 5 },
              "lisen": [],
              "servers": { "a": { "stdio": { "command": "tool", "open_files": -1 }, "path": "x" } },
              "listen": [{ "address": "nowhere" }],
              "access": [{ "to": "anyone", "servers": ["b"], "allow": { "tools": ["x"] } }],
              "threads": false
            }
            """
        let places = MemoryFiles(["gateway.json": document]).outcome().problems.map { "\($0.line):\($0.column)" }
        #expect(places == ["2:23", "2:37", "3:3", "4:67", "4:81", "5:27", "6:44", "7:14"])
    }

    @Test func `columns count characters, not bytes`() {
        let document = "{ /* größer */ \"lisen\": 1, \"listen\": [], \"servers\": {} }"
        #expect(
            MemoryFiles(["gateway.json": document]).lines().first?.hasPrefix("gateway.json:1:16: error: unknown")
                == true
        )
    }

    @Test(arguments: [[0xFF], [0x7B, 0x22, 0xC3, 0x22, 0x3A, 0x31, 0x7D], [0x7B, 0x00, 0x7D]] as [[UInt8]])
    func `bytes that are no text are refused with a place`(_ bytes: [UInt8]) {
        var files = MemoryFiles()
        files.texts["gateway.json"] = bytes
        #expect(files.outcome().configuration == nil)
        #expect(files.lines().first?.hasPrefix("gateway.json:1:") == true)
    }

    @Test func `a document cut off anywhere is refused at a line of it`() {
        let whole = Array(packageText("gateway.example.json").utf8)
        #expect(
            !ConfigurationCheck.findings(whole, other: Array("[]".utf8)).contains { $0.text.contains(": error: this") }
        )
        let end = whole.lastIndex(of: 0x7D) ?? 0
        for length in stride(from: 0, through: end, by: 17) {
            let findings = ConfigurationCheck.findings(Array(whole[..<length]), other: [])
            let lines = whole[..<length].count { $0 == 0x0A } + 1
            guard let first = findings.first, findings.count == 1, (1...lines).contains(first.line) else {
                Issue.record("cut at \(length): \(findings)")
                return
            }
        }
    }

    @Test func `a message holds nothing that a terminal would act on`() {
        let document = Document.around("\"log\": {\"level\": \"\\u001b[31mred\\u202e\"}", kind: "root") ?? ""
        let message = MemoryFiles(["gateway.json": document]).lines().first ?? ""
        #expect(message.contains("not \"?[31mred?\""))
        #expect(message.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
    }

    @Test func `no secret gets into a message, wherever it stands`() {
        let key = "ghk_ci_9fQkq3Zb7cX0aT1uV5wY8rS2dE6gH4jK-lM_nPoIuYtR_0aB1cD"
        let secret = "hunter2hunter2"
        let fragments: [(String, String)] = [
            ("root", "\"sessions\": {\"key\": \"\(secret)\"}"),
            ("root", "\"sessions\": {\"key\": [\"\(secret)\", 1]}"),
            ("root", "\"sessions\": {\"key\": {\"env\": \"\(secret)=\"}}"),
            ("root", "\"sessions\": {\"key\": {\"env\": \"SECRET\"}}"),
            ("root", "\"public_url\": \"https://user:\(secret)@example.com\""),
            ("root", "\"allowed_hosts\": [\"user:\(secret)@example.com\"]"),
            ("stdio", "\"environment\": {\"API_TOKEN\": \"\(secret)\"}"),
            ("stdio", "\"environment\": {\"A\": {\"env\": \"NUL\"}}"),
            ("stdio", "\"environment\": {\"A\": {\"env\": \"SECRET\", \"prefix\": \"\(secret)\", \"x\": 1}}"),
            ("key", "{\"id\": \"k\", \"hash\": \"\(key)\"}"), ("key", "{\"id\": \"\(key) \", \"hash\": \"\(secret)\"}"),
            ("key", "{\"id\": \"k\", \"\(key)\": 1}"), ("key", "{\"id\": \"k\", \"key\": \"\(key)\"}"),
            ("rule", "{\"to\": {\"key\": \"\(key)\"}, \"deny\": {\"tools\": [\"x\"]}}"),
            ("rule", "{\"to\": \"\(key)\", \"deny\": {\"tools\": [\"x\"]}}"),
            ("server", "\"path\": \"\(key)\""), ("root", "\"\(key)\": 1, \"\(key)\": 2"),
        ]
        for (kind, fragment) in fragments {
            guard let document = Document.around(fragment, kind: kind) else { continue }
            var files = MemoryFiles(["gateway.json": document])
            files.variables["SECRET"] = secret
            files.variables["NUL"] = secret + "\0"
            let lines = files.lines()
            #expect(!lines.isEmpty, "\(fragment)")
            for line in lines {
                #expect(!line.contains("hunter2"), "\(fragment)")
                #expect(!line.contains("9fQkq3"), "\(fragment)")
            }
        }
    }
}
