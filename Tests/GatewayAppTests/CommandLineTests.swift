// SPDX-License-Identifier: Apache-2.0

import Bytes
import Identity
import JSON
import Testing

@testable import GatewayApp

/// Standard streams in memory.
final class MemoryTerminal: Terminal {
    var input: [UInt8]?
    var standardOutput: [UInt8] = []
    var standardError: [UInt8] = []
    var now = 1_798_761_600

    init(input: String? = "") { self.input = input.map { Array($0.utf8) } }

    func output(_ text: [UInt8]) { standardOutput += text }
    func error(_ text: [UInt8]) { standardError += text }

    func line(bytesMax: Int) -> [UInt8]? {
        guard let line = input?.prefix(while: { $0 != 0x0A }), line.count <= bytesMax else { return nil }
        return Array(line)
    }
}

private let good = "{\(Document.listen), \(Document.server)}"
private let doubtful = "{\"listen\": [{\"address\": \"10.0.0.1:80\"}], \(Document.server)}"

@Suite struct CommandLineTests {
    struct Result {
        let code: Int32
        let output: String
        let error: String
        let served: GatewayConfiguration?
    }

    private func run(_ words: String..., input: String? = "", files: [String: String] = [:]) -> Result {
        let terminal = MemoryTerminal(input: input)
        var served: GatewayConfiguration?
        let command = GatehouseCommand(terminal: terminal, files: MemoryFiles(files)) {
            served = $0
            return 7
        }
        let code = command.run(words.map { Array($0.utf8) })
        return Result(
            code: code,
            output: text(terminal.standardOutput),
            error: text(terminal.standardError),
            served: served
        )
    }

    @Test func `check says ok on standard output, and nothing else there`() {
        let result = run("check", "gateway.json", files: ["gateway.json": good])
        #expect(result.code == 0)
        #expect(result.output == "gateway.json: ok\n")
        #expect(result.error == "")
        #expect(result.served == nil)
    }

    @Test func `check tells errors on standard error and exits 1`() {
        let result = run(
            "check",
            "gateway.json",
            files: ["gateway.json": "{\(Document.listen), \(Document.server), \"x\": 1}"]
        )
        #expect(result.code == 1)
        #expect(result.output == "")
        #expect(result.error.hasPrefix("gateway.json:1:"))
        #expect(result.error.hasSuffix("\n"))
    }

    @Test func `warnings pass, but not strictly`() {
        let mild = run("check", "gateway.json", files: ["gateway.json": doubtful])
        #expect(mild.code == 0 && mild.output == "gateway.json: ok\n" && mild.error.contains(": warning: plain HTTP"))
        let strict = run("check", "--strict", "gateway.json", files: ["gateway.json": doubtful])
        #expect(strict.code == 1 && strict.output == "" && strict.error == mild.error)
    }

    @Test func `offline, a missing variable is a warning`() {
        let document = "{\(Document.listen), \(Document.server), \"sessions\": {\"key\": {\"env\": \"MISSING\"}}}"
        #expect(run("check", "gateway.json", files: ["gateway.json": document]).code == 1)
        #expect(run("check", "gateway.json", "--offline", files: ["gateway.json": document]).code == 0)
        #expect(run("check", "gateway.json", "--offline", "--strict", files: ["gateway.json": document]).code == 1)
    }

    @Test func `serve runs what it has read, and gives back its exit code`() {
        let result = run("serve", "--config", "gateway.json", files: ["gateway.json": good])
        #expect(result.code == 7)
        #expect(result.served?.servers.count == 1)
        #expect(run("serve", "--config=gateway.json", files: ["gateway.json": good]).code == 7)
    }

    @Test func `serve runs nothing with errors, and nothing with --check-only`() {
        let broken = run("serve", "--config", "gateway.json", files: ["gateway.json": "{}"])
        #expect(broken.code == 1 && broken.served == nil && broken.error.contains("\"listen\" is missing"))
        let checked = run("serve", "--config", "gateway.json", "--check-only", files: ["gateway.json": good])
        #expect(checked.code == 0 && checked.served == nil && checked.output == "gateway.json: ok\n")
        #expect(run("serve", "--config", "gateway.json", "--check-only", files: ["gateway.json": "{}"]).code == 1)
    }

    @Test(
        arguments: [
            ([], "usage: gatehouse"), (["frobnicate"], "unknown command \"frobnicate\""),
            (["chek", "f"], "did you mean \"check\"?"),
            (["key"], "needs a second word: \"key create\", \"key hash\" or \"key rotate\""),
            (["key", "creat"], "did you mean \"key create\"?"), (["check"], "FILE is missing"),
            (["check", "a", "b"], "\"b\" is one argument too many"),
            (["check", "a", "--stric"], "did you mean \"--strict\"?"),
            (["check", "a", "--strict=yes"], "--strict takes no value"),
            (["check", "a", "--strict", "--strict"], "given twice"),
            (["serve"], "--config FILE is missing"), (["serve", "--config"], "--config needs a value"),
            (["serve", "--config", "a", "--config", "b"], "--config is given twice"),
            (["serve", "a"], "one argument too many"),
            (["key", "create"], "--id ID is missing"), (["key", "create", "--id", "a b"], "is no id"),
            (["key", "create", "--id", "a", "--expires", "soon"], "is no duration"),
            (["key", "create", "--id", "a", "--expires", "0d"], "is no duration"),
            (["version", "x"], "one argument too many"),
            (["help", "frobnicate"], "unknown command"), (["explain"], "\"explain\" is not available in this version"),
            (["audit", "verify", "x"], "\"audit verify\" is not available in this version"),
            (["schema"], "\"schema\" is not available in this version"),
            (["key", "rotate"], "is not available in this version"),
        ] as [([String], String)]
    )
    func `a wrong command line is told on standard error and exits 2`(_ row: (words: [String], message: String)) {
        let terminal = MemoryTerminal()
        let command = GatehouseCommand(terminal: terminal, files: MemoryFiles()) { _ in 7 }
        #expect(command.run(row.words.map { Array($0.utf8) }) == 2)
        #expect(text(terminal.standardError).contains(row.message))
        #expect(terminal.standardOutput.isEmpty)
    }

    @Test func `every command of the contract is in the table`() {
        let names = [
            "serve", "check", "explain", "test", "key create", "key hash", "pin", "audit verify", "audit replay",
            "learn",
            "doctor", "reload", "stop", "key rotate", "schema", "version", "help",
        ]
        #expect(CommandTable.all.map { "\($0.name)" }.sorted() == names.sorted())
    }

    @Test func `help and version are told on standard output`() {
        #expect(run("version").output == "gatehouse \(GatehouseVersion.text)\n")
        #expect(run("--version").output == run("version").output)
        for entry in CommandTable.all {
            let words = "\(entry.name)".split(separator: " ").map { Array($0.utf8) }
            let terminal = MemoryTerminal()
            let command = GatehouseCommand(terminal: terminal, files: MemoryFiles()) { _ in 7 }
            #expect(command.run([[UInt8]("help")] + words) == 0)
            #expect(text(terminal.standardOutput).contains("usage: gatehouse \(entry.name)"))
            for option in entry.options { #expect(text(terminal.standardOutput).contains("\(option.name)")) }
            #expect(run("help").output.contains("  \(entry.name)"))
        }
        #expect(run("--help").output == run("help").output)
        #expect(run("check", "--help").output == run("help", "check").output)
        #expect(run("help").output.split(separator: "\n").allSatisfy { $0.utf8.count <= 110 })
    }

    @Test func `key create prints the key alone on standard output, and an entry that takes it on standard error`()
        throws
    {
        let made = run("key", "create", "--id", "ci_1", "--expires", "90d", "--role", "demo", "--role", "other")
        #expect(made.code == 0)
        let key = Array(made.output.utf8.dropLast())
        #expect(made.output.hasPrefix("ghk_ci_1_") && made.output.hasSuffix("\n"))
        #expect(!made.error.contains(text(key)))
        let document = "{\(Document.listen), \(Document.server), \"authentication\": {\"api_keys\": [\(made.error)]}}"
        let outcome = MemoryFiles(["gateway.json": document]).outcome()
        #expect(outcome.problems == [])
        let read = try #require(outcome.configuration)
        #expect(read.keys.first?.roles.map(text) == ["demo", "other"])
        #expect(read.keys.first?.expires == 1_798_761_600 + 90 * 86400)
        #expect(try isGood(key, read.keys))
        #expect(try !isGood(Array("ghk_ci_1_x".utf8), read.keys))
        #expect(run("key", "create", "--id", "ci_1").output != made.output)
    }

    @Test func `key hash reads one line, and prints an entry that takes it`() throws {
        for input in ["an-old-key-0123456789\nnot this", "an-old-key-0123456789\r\n", "an-old-key-0123456789"] {
            let hashed = run("key", "hash", "--id", "old", input: input)
            #expect(hashed.code == 0)
            #expect(!hashed.output.contains("an-old-key"))
            let document =
                "{\(Document.listen), \(Document.server), \"authentication\": {\"api_keys\": [\(hashed.output)]}}"
            let read = try #require(MemoryFiles(["gateway.json": document]).outcome().configuration)
            #expect(try isGood(Array("an-old-key-0123456789".utf8), read.keys))
        }
    }

    private func isGood(_ key: [UInt8], _ keys: [APIKeyEntry]) throws -> Bool {
        let authenticator = try Authenticator(keys: keys)
        let result = authenticator.authenticate(
            PresentedCredentials(authorization: [[UInt8]("Bearer ") + key], apiKey: []),
            server: [UInt8]("a"),
            from: IPAddress(v4: 1),
            now: 1_798_761_600
        )
        if case .authenticated = result { return true }
        return false
    }

    @Test(arguments: [
        ("", "empty"), ("\n", "empty"), ("ghk_a_b", "ghk_"), ("two words", "space"),
        ("eyJhbGciOiJub25lIn0.e30.c2ln", "JWT"),
        ("a.b.c.d.e", "encrypted"), ("käse", "not ASCII"), (String(repeating: "k", count: 513), "longer than 512"),
        (String(repeating: "k", count: 5000), "too long"),
    ])
    func `key hash refuses what no request could present`(_ row: (input: String, reason: String)) {
        let refused = run("key", "hash", "--id", "old", input: row.input)
        #expect(refused.code == 1)
        #expect(refused.output == "")
        #expect(refused.error.contains(row.reason))
        #expect(
            !refused.error.contains("kkkk") && !refused.error.contains("eyJ") && !refused.error.contains("two words")
        )
    }

    @Test func `a key is never taken from an argument`() {
        let refused = run("key", "hash", "--id", "old", "an-old-key-0123456789")
        #expect(refused.code == 2)
        #expect(refused.error.contains("one argument too many"))
    }
}
