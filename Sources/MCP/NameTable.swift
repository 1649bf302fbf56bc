// SPDX-License-Identifier: Apache-2.0

import Bytes

/// A fixed set of names, found by length. A name's number is its place in the list that the table was made from.
struct NameTable: Sendable {
    enum Match: Equatable {
        case known(Int)
        /// Not one of the names, but one for a reader that matches without case or cuts off what surrounds a name.
        case lookalike
        case unknown
    }

    /// The names in lower case, then their first differences: all in flat arrays, since reaching into nested ones
    /// counts references.
    private let exact: [UInt8]
    private let folded: [UInt8]
    /// By place in the order of length: where the name's bytes begin, and its number.
    private let starts: [Int]
    private let numbers: [Int]
    /// The first place of each length; one more at the end.
    private let firstOfLength: [Int]

    /// - Parameter names: not empty, and different from each other also without case.
    init(_ names: [StaticString]) {
        let sorted = names.enumerated().sorted { $0.element.utf8CodeUnitCount < $1.element.utf8CodeUnitCount }
        var exact: [UInt8] = []
        var starts: [Int] = []
        var firstOfLength: [Int] = []
        for (_, name) in sorted {
            while firstOfLength.count <= name.utf8CodeUnitCount { firstOfLength.append(starts.count) }
            starts.append(exact.count)
            exact.append(name)
        }
        self.exact = exact
        folded = exact.map(ASCII.lower)
        self.starts = starts
        numbers = sorted.map(\.offset)
        self.firstOfLength = firstOfLength + [starts.count]
    }

    /// Looks a decoded name up.
    func match(_ name: Span<UInt8>) -> Match {
        if let number = number(of: name) { return .known(number) }
        return isLookalike(name) ? .lookalike : .unknown
    }

    /// The number of a name, compared byte for byte only.
    func number(of name: Span<UInt8>) -> Int? {
        let all = exact.span
        for place in places(ofLength: name.count) {
            let start = starts[place]
            if name.equals(all.extracting(start..<start + name.count)) { return numbers[place] }
        }
        return nil
    }

    /// Whether a name that is not in the table is, once it is folded and trimmed.
    private func isLookalike(_ name: Span<UInt8>) -> Bool {
        guard !name.isEmpty else { return false }
        if name[0] == ASCII.space || name[name.count - 1] == ASCII.space { return hasFolded(Self.fold(name).span) }
        for index in name.indices where name[index] >= 0x80 { return hasFolded(Self.fold(name).span) }
        return hasFolded(name)
    }

    private func hasFolded(_ name: Span<UInt8>) -> Bool {
        let all = folded.span
        for place in places(ofLength: name.count) {
            let start = starts[place]
            if name.equalsIgnoringCase(all.extracting(start..<start + name.count)) { return true }
        }
        return false
    }

    private func places(ofLength length: Int) -> Range<Int> {
        length + 1 < firstOfLength.count ? firstOfLength[length]..<firstOfLength[length + 1] : 0..<0
    }

    /// The long s (U+017F) and the Kelvin sign (U+212A) as the letters that they fold to, and no spaces around the
    /// name.
    private static func fold(_ name: Span<UInt8>) -> [UInt8] {
        var folded: [UInt8] = []
        var index = 0
        while index < name.count {
            if index + 1 < name.count, name[index] == 0xC5, name[index + 1] == 0xBF {
                folded.append(0x73)
                index += 2
            } else if index + 2 < name.count, name[index] == 0xE2, name[index + 1] == 0x84, name[index + 2] == 0xAA {
                folded.append(0x6B)
                index += 3
            } else {
                folded.append(name[index])
                index += 1
            }
        }
        return Array(folded[folded.span.trimmed])
    }
}
