// SPDX-License-Identifier: Apache-2.0

import Bytes
import JSON

/// Runs one command line. What only the running gateway can do comes in as `serve`.
struct GatehouseCommand {
    /// Exit codes: 0, 1 for a failure that has been told, 2 for a wrong command line.
    static let success: Int32 = 0
    static let failure: Int32 = 1
    static let misuse: Int32 = 2

    let terminal: any Terminal
    let files: any ConfigurationFiles
    /// Runs until the gateway is stopped; its result is the exit code.
    let serve: (GatewayConfiguration) -> Int32

    /// - Parameter arguments: without the program's name.
    func run(_ arguments: [[UInt8]]) -> Int32 {
        guard let first = arguments.first else {
            terminal.error([UInt8](text: CommandTable.overview))
            return Self.misuse
        }
        if first.equals("--help") || first.equals("-h") { return help(nil) }
        if first.equals("--version") { return version() }
        guard let (entry, rest) = Self.find(arguments) else { return unknown(arguments) }
        if rest.first?.equals("--help") == true || rest.first?.equals("-h") == true { return help(entry) }
        guard entry.isAvailable else {
            terminal.error(line: "gatehouse: \"\(entry.name)\" is not available in this version")
            return Self.misuse
        }
        do {
            return try dispatch(entry, rest)
        } catch {
            terminal.error(line: "gatehouse \(entry.name): \(error.message)")
            terminal.error(line: "try: gatehouse help \(entry.name)")
            return Self.misuse
        }
    }

    private func dispatch(_ entry: CommandEntry, _ rest: ArraySlice<[UInt8]>) throws(CommandArguments.Misuse) -> Int32 {
        if entry.name.bytes.equals("help") { return try helpOn(rest) }
        let arguments = try CommandArguments(rest, of: entry)
        switch entry.name.description {
        case "serve": return serveOrCheck(arguments)
        case "check":
            let file = arguments.operand ?? []
            return check(file, isStrict: arguments.has("--strict"), isOffline: arguments.has("--offline"))
        case "key create": return try createKey(arguments)
        case "key hash": return try hashKey(arguments)
        case "version": return version()
        default: preconditionFailure("every available command has a case here")
        }
    }

    /// The longest command that the arguments begin with.
    private static func find(_ arguments: [[UInt8]]) -> (CommandEntry, ArraySlice<[UInt8]>)? {
        for count in [2, 1] where arguments.count >= count {
            let name = Array(arguments.prefix(count).joined(separator: [0x20]))
            if let entry = CommandTable.entry(name) { return (entry, arguments.dropFirst(count)) }
        }
        return nil
    }

    private func unknown(_ arguments: [[UInt8]]) -> Int32 {
        let names = CommandTable.all.map(\.name.bytes)
        let group = CommandTable.all.filter { $0.name.bytes.starts(with: arguments[0] + [0x20]) }
        if !group.isEmpty, arguments.count == 1 {
            let choices = ConfigText.list(group.map(\.name), joining: "or")
            terminal.error(line: "gatehouse: \(ConfigText.quoted(arguments[0])) needs a second word: \(choices)")
            return Self.misuse
        }
        let two = Array(arguments.prefix(2).joined(separator: [0x20]))
        let typed = group.isEmpty ? arguments[0] : two
        let near = Spelling.nearest(to: typed, among: names) ?? Spelling.nearest(to: two, among: names)
        let advice = near.map { "; did you mean \(ConfigText.quoted($0))?" } ?? ""
        terminal.error(line: "gatehouse: unknown command \(ConfigText.quoted(typed))\(advice)")
        terminal.error(line: "try: gatehouse help")
        return Self.misuse
    }

    private func helpOn(_ rest: ArraySlice<[UInt8]>) throws(CommandArguments.Misuse) -> Int32 {
        guard !rest.isEmpty else { return help(nil) }
        guard let (entry, more) = Self.find(Array(rest)), more.isEmpty else { return unknown(Array(rest)) }
        return help(entry)
    }

    private func help(_ entry: CommandEntry?) -> Int32 {
        terminal.output([UInt8](text: entry.map(CommandTable.details) ?? CommandTable.overview))
        return Self.success
    }

    private func version() -> Int32 {
        terminal.output(line: "gatehouse \(GatehouseVersion.text)")
        return Self.success
    }

    private func serveOrCheck(_ arguments: CommandArguments) -> Int32 {
        let file = arguments.value("--config") ?? []
        if arguments.has("--check-only") { return check(file, isStrict: false, isOffline: false) }
        let outcome = ConfigurationReader.read(file, files)
        tell(outcome)
        guard let configuration = outcome.configuration else { return Self.failure }
        return serve(configuration)
    }

    private func check(_ file: [UInt8], isStrict: Bool, isOffline: Bool) -> Int32 {
        let outcome = ConfigurationReader.read(file, files, isOffline: isOffline)
        tell(outcome)
        guard outcome.configuration != nil, !isStrict || !outcome.hasWarnings else { return Self.failure }
        terminal.output(line: "\(ConfigText.plain(file)): ok")
        return Self.success
    }

    private func tell(_ outcome: ConfigurationReader.Outcome) {
        for problem in outcome.problems { terminal.error(line: problem.text) }
    }
}

/// This program's version, as `gatehouse version` prints it.
enum GatehouseVersion {
    static let text: StaticString = "0.1.0"
}
