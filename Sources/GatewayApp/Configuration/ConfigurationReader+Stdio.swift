// SPDX-License-Identifier: Apache-2.0

import Bytes
import JSON

extension ConfigurationReader {
    func readStdio(_ node: ConfigNode) -> StdioConfiguration? {
        guard let object = node.object(ConfigurationKeys.stdio) else { return nil }
        let command = object.required("command", write: "\"calculator-server\"")
        let text = command?.text(such: "calculator-server")
        var stdio = readChild(object, command: text ?? [])
        guard let command, let text, let place = command.place else { return nil }
        if text.contains(0) {
            command.error("\"command\" holds a NUL, which no path can")
            return nil
        }
        if text.contains(0x2F) {
            stdio.command = context.absolute(text, from: place.file)
            checkProgram(stdio.command, place)
        } else {
            stdio.command = findProgram(text, stdio, place)
        }
        return stdio
    }

    /// The program must be there now: otherwise the first caller would be the one to find out.
    private func checkProgram(_ path: [UInt8], _ place: ConfigPlace) {
        guard let facts = context.files.facts(path) else {
            context.absent(place, "the command \(Self.shown(path)) does not exist; correct the path or install it")
            return
        }
        if !facts.isExecutable {
            context.absent(place, "the command \(Self.shown(path)) is no program that may be executed; chmod +x it")
        }
    }

    /// A bare name is looked for in PATH, and then beside the gateway's own program: what was built together runs
    /// together, without being installed. What PATH has stays a bare name.
    private func findProgram(_ name: [UInt8], _ stdio: StdioConfiguration, _ place: ConfigPlace) -> [UInt8] {
        let own = stdio.environment.first { $0.name.equals("PATH") }?.value
        let path = own ?? context.files.environment([UInt8]("PATH")) ?? []
        let isInPath = path.split(separator: 0x3A).contains { directory in
            context.files.facts(directory + [0x2F] + name)?.isExecutable == true
        }
        if isInPath { return name }
        if let directory = context.files.programDirectory, context.files.facts(directory + name)?.isExecutable == true {
            return directory + name
        }
        context.absent(
            place,
            "the command \(Self.shown(name)) is not in PATH; install it, or write its path, as in \"./server\""
        )
        return name
    }

    /// A command up to its first space: what follows are arguments in the wrong place, and may be secret.
    private static func shown(_ command: [UInt8]) -> String {
        let program = Array(command.prefix { $0 != ASCII.space })
        guard program.count < command.count else { return ConfigText.quoted(command) }
        return ConfigText.quoted(program) + " (with a space in it: arguments stand in \"arguments\")"
    }

    /// Everything about a child but its command.
    func readChild(_ object: ConfigObject, command: [UInt8]) -> StdioConfiguration {
        _ = object["isolation"]?.choice([("session", true)], later: ["principal", "shared"])
        let processes = object["processes"]?.object(ConfigurationKeys.processes)
        if let warm = processes?["warm"], let count = warm.integer(0...100_000), count > 0 {
            warm.error(ConfigKeys.notAvailable("\"warm\" above 0"))
        }
        return StdioConfiguration(
            command: command,
            arguments: readArguments(object["arguments"]),
            directory: readDirectory(object),
            environment: readEnvironment(object["environment"]),
            processesMaximum: processes?.integer("maximum", default: 64, 1...100_000) ?? 64,
            processIdle: processes?.duration("idle", default: Nanoseconds.minutes(10), Nanoseconds.lifetimes)
                ?? Nanoseconds.minutes(10),
            user: object["user"].flatMap(readUser),
            memory: object["memory"]?.size(1 << 20...1 << 44),
            openFiles: UInt64(object.integer("open_files", default: 256, 16...1_048_576)),
            startTimeout: object.duration(
                "start_timeout",
                default: Nanoseconds.seconds(20),
                Nanoseconds.milliseconds(1)...Nanoseconds.hours(1)
            ),
            stopTimeout: object.duration(
                "stop_timeout",
                default: Nanoseconds.seconds(5),
                0...Nanoseconds.hours(1)
            )
        )
    }

    private func readArguments(_ node: ConfigNode?) -> [[UInt8]] {
        let arguments = node?.textNodes(bytesMax: 128 << 10, mayBeEmpty: true) ?? []
        for (element, text) in arguments where text.contains(0) {
            element.error("this argument holds a NUL, which no argument can")
        }
        return arguments.map(\.text)
    }

    private func readDirectory(_ object: ConfigObject) -> [UInt8] {
        guard let node = object["directory"] else {
            let file = object.node.place?.file
            return file.map { context.absolute([0x2E], from: $0) } ?? context.files.workingDirectory
        }
        guard let text = node.text(such: "."), let place = node.place else { return [] }
        let path = context.absolute(text, from: place.file)
        if context.files.facts(path)?.isDirectory != true {
            context.absent(
                place,
                "the directory \(ConfigText.quoted(path)) does not exist; make it or correct the path"
            )
        }
        return path
    }

    private func readEnvironment(_ node: ConfigNode?) -> [(name: [UInt8], value: [UInt8])] {
        var found: [(name: [UInt8], value: [UInt8])] = []
        for entry in node?.entries() ?? [] {
            guard Self.isVariableName(entry.name) else {
                report.error(
                    entry.place,
                    "\(ConfigText.quoted(entry.name)) is no name of an environment variable; write letters, "
                        + "digits and _"
                )
                continue
            }
            guard let value = readVariableValue(entry) else { continue }
            guard !value.contains(0) else {
                entry.node.error("the value of \(ConfigText.quoted(entry.name)) holds a NUL, which no variable can")
                continue
            }
            found.append((entry.name, value))
        }
        return found
    }

    /// A plain setting may stand as a string; one whose name says that it is a secret is warned of.
    private func readVariableValue(_ entry: ConfigEntry) -> [UInt8]? {
        guard entry.node.kind == .string else { return readSecret(entry.node) }
        guard let value = entry.node.single()?.string else { return nil }
        let name = entry.name.map { ASCII.lower($0) }
        let words: [StaticString] = ["token", "secret", "password", "passwd", "credential", "api_key", "apikey"]
        if words.contains(where: { FilePattern.matches([0x2A] + $0.bytes + [0x2A], name) }), !value.isEmpty {
            return readSecret(entry.node)
        }
        return value
    }

    private func readUser(_ node: ConfigNode) -> [UInt8]? {
        guard let name = node.text(bytesMax: 256, such: "mcp"), let place = node.place else { return nil }
        if !context.files.hasUser(name) {
            context.absent(place, "there is no account \(ConfigText.quoted(name)) here; make it or correct the name")
        }
        return name
    }
}
