// SPDX-License-Identifier: Apache-2.0

import Bytes
import JSON

/// A command's arguments, checked against its entry in the table.
struct CommandArguments {
    /// What is wrong with them, for standard error.
    struct Misuse: Error {
        let message: String
    }

    private(set) var operand: [UInt8]?
    private var values: [(option: [UInt8], value: [UInt8])] = []

    /// Takes `--name VALUE` and `--name=VALUE`; `--` ends the options.
    init(_ arguments: ArraySlice<[UInt8]>, of entry: CommandEntry) throws(Misuse) {
        var rest = arguments
        var isLiteral = false
        while let argument = rest.popFirst() {
            if !isLiteral, argument.equals("--") {
                isLiteral = true
            } else if !isLiteral, argument.count > 1, argument.first == 0x2D {
                try take(argument, &rest, of: entry)
            } else {
                guard entry.operand != nil, operand == nil else {
                    throw Misuse(message: "\(ConfigText.quoted(argument)) is one argument too many")
                }
                operand = argument
            }
        }
        for option in entry.options where option.isRequired && value(option.name) == nil {
            throw Misuse(message: "\(option.name) \(option.value ?? "") is missing")
        }
        if let name = entry.operand, !entry.operandIsOptional, operand == nil {
            throw Misuse(message: "\(name) is missing")
        }
    }

    private mutating func take(
        _ argument: [UInt8],
        _ rest: inout ArraySlice<[UInt8]>,
        of entry: CommandEntry
    ) throws(Misuse) {
        let name = Array(argument.prefix { $0 != 0x3D })
        guard let option = entry.options.first(where: { name.equals($0.name) }) else {
            let near = Spelling.nearest(to: name, among: entry.options.map(\.name.bytes))
            let advice = near.map { "; did you mean \(ConfigText.quoted($0))?" } ?? ""
            throw Misuse(message: "unknown option \(ConfigText.quoted(name))\(advice)")
        }
        guard option.mayRepeat || value(option.name) == nil else {
            throw Misuse(message: "\(option.name) is given twice")
        }
        let attached = name.count < argument.count ? Array(argument[(name.count + 1)...]) : nil
        guard let wanted = option.value else {
            guard attached == nil else { throw Misuse(message: "\(option.name) takes no value") }
            values.append((name, []))
            return
        }
        guard let value = attached ?? rest.popFirst(), !value.isEmpty else {
            throw Misuse(message: "\(option.name) needs a value: \(option.name) \(wanted)")
        }
        values.append((name, value))
    }

    func value(_ option: StaticString) -> [UInt8]? { values.first { $0.option.equals(option) }?.value }

    func all(_ option: StaticString) -> [[UInt8]] { values.filter { $0.option.equals(option) }.map(\.value) }

    func has(_ option: StaticString) -> Bool { value(option) != nil }
}
