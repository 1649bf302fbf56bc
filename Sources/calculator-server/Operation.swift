// SPDX-License-Identifier: Apache-2.0

import Bytes
import JSON

/// One of the four tools.
enum Operation: CaseIterable {
    case add, subtract, multiply, divide

    /// A tool's answer to wrong input: the caller can read it and try again.
    struct Problem: Error {
        let text: StaticString
    }

    var name: StaticString {
        switch self {
        case .add: "add"
        case .subtract: "subtract"
        case .multiply: "multiply"
        case .divide: "divide"
        }
    }

    var title: StaticString {
        switch self {
        case .add: "Add"
        case .subtract: "Subtract"
        case .multiply: "Multiply"
        case .divide: "Divide"
        }
    }

    var description: StaticString {
        switch self {
        case .add: "The sum of a and b."
        case .subtract: "a less b."
        case .multiply: "The product of a and b."
        case .divide: "a divided by b. b must not be zero."
        }
    }

    /// The result for `arguments`, an object with the numbers `a` and `b` and nothing else.
    func result(_ arguments: JSONValue?) throws(Problem) -> Double {
        guard let arguments, arguments.kind == .object, arguments.count == 2,
            let left = Self.number(arguments["a"]), let right = Self.number(arguments["b"])
        else { throw Problem(text: "The arguments must be two numbers, a and b.") }
        if self == .divide, right == 0 { throw Problem(text: "Division by zero.") }
        let result = value(left, right)
        guard result.isFinite else { throw Problem(text: "The result is out of range.") }
        return result
    }

    private func value(_ left: Double, _ right: Double) -> Double {
        switch self {
        case .add: left + right
        case .subtract: left - right
        case .multiply: left * right
        case .divide: left / right
        }
    }

    private static func number(_ value: JSONValue?) -> Double? {
        guard let value, value.kind == .number else { return nil }
        guard let number = Double(String(decoding: value.raw, as: UTF8.self)), number.isFinite else { return nil }
        return number
    }

    /// The shortest text that reads back as the same number; integers without a fraction, and no minus before zero.
    static func text(_ number: Double) -> [UInt8] {
        guard let integer = Int(exactly: number) else { return Array(number.description.utf8) }
        var text: [UInt8] = []
        DecimalText.append(integer, to: &text)
        return text
    }
}
