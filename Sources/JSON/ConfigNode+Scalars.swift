// SPDX-License-Identifier: Apache-2.0

import Bytes

extension ConfigNode {
    /// A string of 1 to `bytesMax` bytes.
    public func text(bytesMax: Int = 4096, such example: String? = nil) -> [UInt8]? {
        guard let value = single() else { return nil }
        guard let text = value.string else {
            let hint = example.map { " such as \"\($0)\"" } ?? ""
            return refuse(mismatch(value, "a string\(hint)"))
        }
        guard !text.isEmpty else { return refuse("\(name) is empty; write a value or leave it out") }
        guard text.count <= bytesMax else { return refuse("\(name) is longer than \(bytesMax) bytes; shorten it") }
        return text
    }

    /// A whole number within bounds.
    public func integer(_ range: ClosedRange<Int>) -> Int? {
        guard let value = single() else { return nil }
        guard value.kind == .number else {
            return refuse(mismatch(value, "a number from \(range.lowerBound) to \(range.upperBound)"))
        }
        guard let number = value.integer, range.contains(number) else {
            let found = ConfigText.quoted(value.raw).dropFirst().dropLast()
            return refuse(
                "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound), not \(found)"
            )
        }
        return number
    }

    public func bool() -> Bool? {
        guard let value = single() else { return nil }
        guard let bool = value.bool else { return refuse(mismatch(value, "true or false")) }
        return bool
    }

    /// Whether this is the one string; nil where several files say something, which has then been reported.
    public func isWord(_ word: StaticString) -> Bool? { single().map { $0.equals(word) } }

    /// One of a few words. Words of `later` are told apart from those that mean nothing.
    public func choice<Choice>(_ choices: [(StaticString, Choice)], later: [StaticString] = []) -> Choice? {
        guard let value = single() else { return nil }
        let words = ConfigText.list(choices.map(\.0), joining: "or")
        guard let text = value.string else { return refuse(mismatch(value, words)) }
        for (word, choice) in choices where text.equals(word) { return choice }
        if later.contains(where: { text.equals($0) }) {
            let subject = key == nil ? "" : "\(name): "
            return refuse(ConfigKeys.notAvailable(subject + ConfigText.quoted(text)))
        }
        let near = Spelling.nearest(to: text, among: choices.map(\.0.bytes))
        let advice = near.map { "; did you mean \(ConfigText.quoted($0))?" } ?? ""
        return refuse("\(name) must be \(words), not \(ConfigText.quoted(text))\(advice)")
    }

    /// A list of strings, or nil. An empty list is reported: it would mean nobody, or nothing, and is never what
    /// somebody wants to say.
    public func texts(bytesMax: Int = 4096, orOne: Bool = false, mayBeEmpty: Bool = false) -> [[UInt8]]? {
        textNodes(bytesMax: bytesMax, orOne: orOne, mayBeEmpty: mayBeEmpty)?.map(\.text)
    }

    /// The same, each with its place.
    public func textNodes(
        bytesMax: Int = 4096,
        orOne: Bool = false,
        mayBeEmpty: Bool = false
    ) -> [(node: ConfigNode, text: [UInt8])]? {
        if orOne, kind == .string { return text(bytesMax: bytesMax).map { [(self, $0)] } }
        if let value = effective.first?.json, value.kind != .array {
            let expected = orOne ? "a string or a list of strings" : "a list of strings: [\"…\"]"
            return refuse(mismatch(value, expected))
        }
        guard let elements = elements() else { return nil }
        guard mayBeEmpty || !elements.isEmpty else {
            return refuse("\(name) is an empty list; name at least one, or leave \(name) out")
        }
        let found = elements.compactMap { element in
            // An empty string is worth something in a list of arguments.
            mayBeEmpty && element.effective.first?.json.string == []
                ? (element, []) : element.text(bytesMax: bytesMax).map { (element, $0) }
        }
        return found.count == elements.count ? found : nil
    }

    /// A duration in nanoseconds: a whole number with a unit, `ms`, `s`, `m`, `h` or `d`.
    /// `orWord` is told as the other possibility; the caller has looked for it before, with `isWord`.
    public func duration(_ range: ClosedRange<UInt64>, orWord word: StaticString? = nil) -> UInt64? {
        guard let value = single() else { return nil }
        let or = word.map { " or \"\($0)\"" } ?? ""
        guard let text = value.string else {
            guard value.kind == .number else { return refuse(mismatch(value, "a duration such as \"30s\"\(or)")) }
            let advice = value.integer.map { "; for seconds write \"\($0)s\"" } ?? ""
            return refuse(mismatch(value, "a duration with a unit, such as \"30s\"\(or)") + advice)
        }
        guard let amount = ConfigUnits.duration(text) else {
            return refuse(
                "\(name): \(ConfigText.quoted(text)) is no duration; write a whole number and ms, s, m, h or d: "
                    + "\"30s\"\(or)"
            )
        }
        guard range.contains(amount) else {
            let (low, high) = (
                ConfigUnits.text(duration: range.lowerBound), ConfigUnits.text(duration: range.upperBound)
            )
            return refuse("\(name) must be from \"\(low)\" to \"\(high)\", not \(ConfigText.quoted(text))")
        }
        return amount
    }

    /// A size in bytes: a whole number with a unit, `B`, `KiB`, `MiB` or `GiB`.
    public func size(_ range: ClosedRange<UInt64>) -> UInt64? {
        guard let value = single() else { return nil }
        guard let text = value.string else {
            guard value.kind == .number else { return refuse(mismatch(value, "a size such as \"64KiB\"")) }
            let advice = value.integer.map { "; for bytes write \"\($0)B\"" } ?? ""
            return refuse(mismatch(value, "a size with a unit, such as \"64KiB\"") + advice)
        }
        guard let amount = ConfigUnits.size(text) else {
            return refuse(
                "\(name): \(ConfigText.quoted(text)) is no size; write a whole number and B, KiB, MiB or GiB: \"64KiB\""
            )
        }
        guard range.contains(amount) else {
            let (low, high) = (ConfigUnits.text(size: range.lowerBound), ConfigUnits.text(size: range.upperBound))
            return refuse("\(name) must be from \"\(low)\" to \"\(high)\", not \(ConfigText.quoted(text))")
        }
        return amount
    }

    private func refuse<Value>(_ message: String) -> Value? {
        error(message)
        return nil
    }
}

extension ConfigObject {
    /// The member's value; the default where it is missing, and where it is wrong, which has then been reported.
    public func integer(_ key: StaticString, default value: Int, _ range: ClosedRange<Int>) -> Int {
        self[key]?.integer(range) ?? value
    }

    public func duration(_ key: StaticString, default value: UInt64, _ range: ClosedRange<UInt64>) -> UInt64 {
        self[key]?.duration(range) ?? value
    }

    public func size(_ key: StaticString, default value: UInt64, _ range: ClosedRange<UInt64>) -> UInt64 {
        self[key]?.size(range) ?? value
    }
}
