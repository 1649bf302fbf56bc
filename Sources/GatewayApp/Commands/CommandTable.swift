// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Every command, for dispatch, for `help` and for reading arguments.
struct CommandEntry: Sendable {
    struct Option: Sendable {
        let name: StaticString
        /// What its value is called; nil: it takes none.
        let value: StaticString?
        let isRequired: Bool
        let mayRepeat: Bool
        let summary: StaticString

        init(
            _ name: StaticString,
            _ value: StaticString? = nil,
            required: Bool = false,
            repeats: Bool = false,
            does summary: StaticString
        ) {
            self.name = name
            self.value = value
            isRequired = required
            mayRepeat = repeats
            self.summary = summary
        }
    }

    /// One or two words.
    let name: StaticString
    let operand: StaticString?
    /// Whether the operand may be left out.
    let operandIsOptional: Bool
    let options: [Option]
    let summary: StaticString
    /// False: the command comes with a later release.
    let isAvailable: Bool

    init(
        _ name: StaticString,
        operand: StaticString? = nil,
        optional: Bool = false,
        _ options: [Option] = [],
        does summary: StaticString,
        available: Bool = true
    ) {
        self.name = name
        self.operand = operand
        operandIsOptional = optional
        self.options = options
        self.summary = summary
        isAvailable = available
    }
}

enum CommandTable {
    static let all: [CommandEntry] = [
        CommandEntry(
            "serve",
            [
                .init("--config", "FILE", required: true, does: "the configuration"),
                .init("--check-only", does: "check the configuration and stop"),
            ],
            does: "run the gateway"
        ),
        CommandEntry(
            "check",
            operand: "FILE",
            [
                .init("--strict", does: "let warnings fail too"),
                .init("--offline", does: "only warn of variables, files and programs that are missing here"),
            ],
            does: "validate a configuration without starting: exit 0, 1 (errors) or 2 (usage)"
        ),
        CommandEntry(
            "key create",
            keyOptions,
            does: "make a key: the key on standard output, its entry on standard error"
        ),
        CommandEntry("key hash", keyOptions, does: "read an existing key from standard input, print its entry"),
        CommandEntry("version", does: "print the version"),
        CommandEntry("help", operand: "COMMAND", optional: true, does: "say what a command does"),
        later("explain", "show the decision on one call, and the rules that made it"),
        later("test", "run unit tests of a policy"),
        later("pin", "write the fingerprints of the servers' tools"),
        later("audit verify", "check the chain of an audit log"),
        later("audit replay", "decide logged calls with another policy"),
        later("learn", "write a policy from an audit log"),
        later("doctor", "walk what a client will meet"),
        later("reload", "ask the running gateway to reload"),
        later("stop", "cut off servers, tools, keys or subjects at once"),
        later("key rotate", "put a second hash under a key's id"),
        later("schema", "print the JSON Schema of the configuration"),
    ]

    private static let keyOptions: [CommandEntry.Option] = [
        .init("--id", "ID", required: true, does: "the key's id: letters, digits, . _ -"),
        .init("--expires", "DURATION", does: "for how long it is good, as in 90d"),
        .init("--role", "ROLE", repeats: true, does: "a role of its bearer"),
    ]

    private static func later(_ name: StaticString, _ summary: StaticString) -> CommandEntry {
        CommandEntry(name, does: summary, available: false)
    }

    static func entry(_ name: [UInt8]) -> CommandEntry? { all.first { name.equals($0.name) } }

    /// `gatehouse help`.
    static var overview: String {
        var text = "usage: gatehouse COMMAND …\n\n"
        for entry in all where entry.isAvailable { text += line("  " + synopsis(entry), entry.summary) }
        text += "\nnot available in this version:\n"
        for entry in all where !entry.isAvailable { text += line("  \(entry.name)", entry.summary) }
        return text + "\n\"gatehouse help COMMAND\" says more.\n"
    }

    /// `gatehouse help COMMAND`.
    static func details(_ entry: CommandEntry) -> String {
        var text = "usage: gatehouse \(synopsis(entry))\n\n  \(entry.summary)\n"
        if !entry.isAvailable { text += "  not available in this version\n" }
        if !entry.options.isEmpty { text += "\n" }
        for option in entry.options { text += line("  " + spelling(option), option.summary) }
        return text
    }

    private static func synopsis(_ entry: CommandEntry) -> String {
        var words = ["\(entry.name)"]
        if let operand = entry.operand { words.append(entry.operandIsOptional ? "[\(operand)]" : "\(operand)") }
        for option in entry.options {
            let word = spelling(option)
            words.append((option.isRequired ? word : "[\(word)]") + (option.mayRepeat ? "…" : ""))
        }
        return words.joined(separator: " ")
    }

    private static func spelling(_ option: CommandEntry.Option) -> String {
        option.value.map { "\(option.name) \($0)" } ?? "\(option.name)"
    }

    private static func line(_ left: String, _ summary: StaticString) -> String {
        let width = 24
        guard left.utf8.count < width else {
            return left + "\n" + String(repeating: " ", count: width) + "\(summary)\n"
        }
        return left + String(repeating: " ", count: width - left.utf8.count) + "\(summary)\n"
    }
}
