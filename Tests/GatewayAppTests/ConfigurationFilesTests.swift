// SPDX-License-Identifier: Apache-2.0

import Bytes
import Crypto
import Foundation
import Testing

@testable import GatewayApp

private let hashText = "sha256:" + String(repeating: "ab", count: 16) + ":" + String(repeating: "cd", count: 32)

private func entry(_ id: String, salt: Int = 0) -> String {
    let saltText = String(repeating: "0", count: 32 - String(salt).count) + String(salt)
    return "{\"id\": \"\(id)\", \"hash\": \"sha256:\(saltText):" + String(repeating: "cd", count: 32) + "\"}"
}

@Suite struct ConfigurationFilesTests {
    @Test func `included files are merged: objects by member, lists end to end`() throws {
        let files = MemoryFiles([
            "gateway.json": "{\"include\": [\"conf.d/*.json\", \"more.json\"], \(Document.listen), \(Document.server), "
                + "\"limits\": {\"headers\": 50}, \"access\": [{\"to\": \"anyone\", \"deny\": {\"tools\": [\"x\"]}}]}",
            "conf.d/b.json":
                "{\"servers\": {\"c\": {\"stdio\": {\"command\": \"tool\"}}}, \"limits\": {\"connections\": 7}}",
            "conf.d/a.json": "{\"servers\": {\"b\": {\"stdio\": {\"command\": \"tool\"}}}}",
            "conf.d/.hidden.json": "broken", "conf.d/note.txt": "broken",
            "more.json":
                "{\"listen\": [{\"address\": \"127.0.0.1:81\"}],\n"
                + "\"access\": [{\"to\": \"anyone\", \"deny\": {\"tools\": [\"y\"]}}]}",
        ])
        let outcome = files.outcome()
        #expect(outcome.problems.map(\.text) == [])
        let read = try #require(outcome.configuration)
        #expect(read.servers.map { text($0.name) } == ["a", "b", "c"])
        #expect(read.limits.headers == 50 && read.limits.connections == 7)
        #expect(read.listeners.map(\.address.port) == [8080, 81])
        #expect(read.access.map { text($0.id) } == ["rule-1", "rule-2"])
    }

    @Test func `a name that two files define is told with both places`() {
        let files = MemoryFiles([
            "gateway.json": "{\"include\": [\"more.json\"], \(Document.listen), \(Document.server), \"threads\": 1,\n"
                + "\"access\": [{\"id\": \"r\", \"to\": \"anyone\", \"deny\": {\"tools\": [\"x\"]}}],\n"
                + "\"authentication\": {\"api_keys\": [\(entry("k"))]}}",
            "more.json": "{\(Document.server), \"threads\": 2,\n"
                + "\"access\": [{\"id\": \"r\", \"to\": \"anyone\", \"deny\": {\"tools\": [\"y\"]}}],\n"
                + "\"authentication\": {\"api_keys\": [\(entry("k", salt: 1))]}}",
        ])
        #expect(
            files.lines() == [
                "more.json:1:14: error: \"a\" is already defined at gateway.json:1:83; rename or remove one",
                "more.json:1:63: error: \"threads\" is already set at gateway.json:1:132; keep one of them",
                "more.json:2:19: error: the rule \"r\" is already defined at gateway.json:2:19; give it another id",
                "more.json:3:40: error: the key \"k\" is already defined at gateway.json:3:40; give it another id, "
                    + "or put both hashes under one with \"hashes\"",
            ]
        )
    }

    @Test func `a file that includes itself, or is included twice, is told`() {
        let files = MemoryFiles([
            "gateway.json":
                "{\"include\": [\"gateway.json\", \"./a.json\", \"a.json\"], \(Document.listen), \(Document.server)}",
            "a.json": "{}",
        ])
        #expect(
            files.lines() == [
                "gateway.json:1:14: error: \"gateway.json\" is already read: it is the main file; include a file once",
                "gateway.json:1:42: error: \"a.json\" is already read at gateway.json:1:30; include a file once",
            ]
        )
    }

    @Test func `a broken included file is told with its own name and place`() {
        let files = MemoryFiles([
            "gateway.json": "{\"include\": [\"sub/a.json\"], \(Document.listen), \(Document.server)}",
            "sub/a.json": "{\n  \"threads\": 1,\n}",
        ])
        #expect(files.lines() == ["sub/a.json:2:15: error: trailing comma before }; take the comma away"])
    }

    @Test func `key files hold lists of entries and are told by their own places`() throws {
        let main =
            "{\(Document.listen), \(Document.server), \"authentication\": {\"api_key_files\": [\"keys.d/*.json\"]}}"
        let good = MemoryFiles([
            "gateway.json": main, "keys.d/1.json": "[\(entry("a"))]", "keys.d/2.json": "[\(entry("b", salt: 1))]",
        ])
        #expect(try #require(good.outcome().configuration).keys.map { text($0.id) } == ["a", "b"])
        let bad = MemoryFiles([
            "gateway.json": main, "keys.d/1.json": "[\(entry("a"))]", "keys.d/2.json": "// two\n[{\"id\": \"b\"}]",
        ])
        #expect(bad.lines() == ["keys.d/2.json:2:2: error: \"hash\" is missing; \"gatehouse key create\" prints one"])
        #expect(MemoryFiles(["gateway.json": main]).lines() == [])
    }

    @Test func `64 salts of imported keys are taken, one more is refused`() {
        let main = "{\(Document.listen), \(Document.server), \"authentication\": {\"api_keys\": [\n"
        func lines(_ count: Int) -> [String] {
            let keys = (0..<count).map { entry("k\($0)", salt: $0) }.joined(separator: ",\n")
            return MemoryFiles(["gateway.json": main + keys + "]}}"]).lines()
        }
        #expect(lines(64) == [])
        #expect(
            lines(65).first?.hasPrefix("gateway.json:66:8: error: imported API keys have more than 64 different salts")
                == true
        )
    }

    @Test func `the hash is that of the files' bytes, in their order`() throws {
        let main = "{\"include\": [\"a.json\"], \(Document.listen), \(Document.server)}"
        func hash(_ texts: [String: String]) throws -> String {
            text(try #require(MemoryFiles(texts).outcome().configuration).hash)
        }
        let one = try hash(["gateway.json": main, "a.json": "{}"])
        #expect(one == text(Hex.encode(Digest.sha256(Array((main + "{}").utf8).span))))
        #expect(try hash(["gateway.json": main, "a.json": "{ }"]) != one)
    }

    @Test func `offline, what this machine lacks is a warning`() throws {
        let document = """
            {\(Document.listen), "servers": {"a": {"stdio": {"command": "nowhere", "user": "nobody-here",
              "directory": "lost",
              "environment": {"A": {"env": "MISSING"}, "B": {"file": "missing"}}}}},
             "sessions": {"key": {"env": "MISSING"}}, "authentication": {"api_key_files": ["missing.json"]},
             "log": {"file": "lost/x.log"}}
            """
        let files = MemoryFiles(["gateway.json": document])
        #expect(files.outcome().configuration == nil)
        #expect(
            files.outcome().problems.map(\.severity) == [
                .error, .error, .error, .error, .error, .error, .error, .error,
            ]
        )
        let offline = files.outcome(isOffline: true)
        #expect(offline.configuration != nil)
        #expect(offline.problems.map(\.severity) == offline.problems.map { _ in .warning })
        #expect(offline.problems.map(\.message) == files.outcome().problems.map(\.message))
    }

    @Test func `a missing main file is an error also offline`() {
        #expect(
            MemoryFiles().lines(isOffline: true) == [
                "gateway.json:1:1: error: cannot read \"gateway.json\": no such file"
            ]
        )
    }

    @Test func `a secret file that all can read is warned of, and loses one line break`() throws {
        var files = MemoryFiles([
            "gateway.json": "{\(Document.listen), \(Document.server), \"sessions\": {\"key\": {\"file\": \"secret\"}}}",
            "secret": String(repeating: "k", count: 32) + "\n\r\n",
        ])
        #expect(
            try #require(files.outcome().configuration).sessionKeys == [
                Array((String(repeating: "k", count: 32) + "\n").utf8)
            ]
        )
        files.readableByAll = ["secret"]
        #expect(files.lines().first?.contains("warning: every account of this machine can read this secret") == true)
    }

    @Test(arguments: [
        ("*.json", "a.json", true), ("*.json", ".json", true), ("a*b*c", "axxbxxc", true), ("a*b*c", "axxc", false),
        ("?", "a", true), ("?", "", false), ("*", "", true), ("a?c", "abc", true), ("**", "x", true),
        ("*x", "xy", false),
    ])
    func `a file pattern matches a whole name`(_ row: (pattern: String, name: String, matches: Bool)) {
        #expect(FilePattern.matches(Array(row.pattern.utf8), Array(row.name.utf8)) == row.matches)
    }
}

@Suite struct ConfigurationSystemFilesTests {
    private let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
        "gatehouse-\(UUID().uuidString)"
    )
    private let files = SystemFiles()

    private func path(_ name: String) -> [UInt8] { Array(directory.appendingPathComponent(name).path.utf8) }

    private func bytes(_ reading: FileReading) -> [UInt8]? {
        guard case .bytes(let bytes) = reading else { return nil }
        return bytes
    }

    @Test func `a configuration is read from the disk, with a pattern in its names`() throws {
        try FileManager.default.createDirectory(
            at: directory.appendingPathComponent("keys.d"),
            withIntermediateDirectories: true
        )
        defer { try? FileManager.default.removeItem(at: directory) }
        let main =
            "{\(Document.listen), \"servers\": {\"a\": {\"stdio\": {\"command\": \"sh\"}}}, "
            + "\"authentication\": {\"api_key_files\": [\"keys.d/*.json\"]}}"
        try Data(main.utf8).write(to: directory.appendingPathComponent("gateway.json"))
        for (index, name) in ["b", "a"].enumerated() {
            let text = "[\(entry(name, salt: index))]"
            try Data(text.utf8).write(to: directory.appendingPathComponent("keys.d/\(name).json"))
        }
        let outcome = ConfigurationReader.read(path("gateway.json"), files)
        #expect(outcome.problems.map(\.text) == [])
        #expect(try #require(outcome.configuration).keys.map { text($0.id) } == ["a", "b"])
    }

    @Test func `a file of 16 MiB is read, one byte more is refused`() throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appendingPathComponent("large")
        try Data(count: FileReading.fileBytesMax).write(to: file)
        #expect(bytes(files.read(path("large")))?.count == FileReading.fileBytesMax)
        try Data(count: FileReading.fileBytesMax + 1).write(to: file)
        guard case .failed(let reason) = files.read(path("large")) else {
            Issue.record("a file over the limit is refused")
            return
        }
        #expect(reason == "it is larger than 16 MiB")
    }

    @Test func `what is no file is told, not opened`() {
        for (path, reason) in [
            ("/", "it is a directory"), ("/no/such/file", "no such file"), ("/etc\0/passwd", "no such file"),
        ] {
            guard case .failed(let found) = files.read(Array(path.utf8)) else {
                Issue.record("\(path) is no file")
                continue
            }
            #expect(found == reason)
        }
    }

    @Test func `the system is asked for accounts, variables and programs`() {
        #expect(files.hasUser([UInt8]("root")))
        #expect(!files.hasUser([UInt8]("nobody-of-this-name")))
        #expect(files.environment([UInt8]("PATH")) != nil)
        #expect(files.environment([UInt8]("GATEHOUSE_NO_SUCH_VARIABLE")) == nil)
        #expect(files.facts([UInt8]("/bin/sh"))?.isExecutable == true)
        #expect(files.facts([UInt8]("/etc/passwd"))?.isExecutable == false)
        #expect(files.facts([UInt8]("/etc/passwd"))?.isReadableByAll == true)
        #expect(files.facts([UInt8]("/etc"))?.isDirectory == true)
        #expect(files.workingDirectory.first == 0x2F)
        #expect(files.programDirectory?.last == 0x2F)
    }
}
