// SPDX-License-Identifier: Apache-2.0

import Bytes

/// The field lines of a head, found by name. Their ranges count from the start of the head's bytes.
struct FieldLines: Sendable {
    let all: [FieldLine]
    /// One bit for each known field that has a line.
    let present: UInt64

    func has(_ field: KnownField) -> Bool { present & field.bit != 0 }

    func first(_ field: KnownField) -> FieldLine? {
        guard has(field) else { return nil }
        return all.first { $0.known == field }
    }

    /// - Parameter name: in lower case.
    func first(_ name: StaticString, _ bytes: Span<UInt8>) -> FieldLine? {
        if let known = Self.known(name) { return first(known) }
        for line in all where Self.isNamed(line, name, bytes) { return line }
        return nil
    }

    /// - Parameter name: in lower case.
    func count(_ name: StaticString, _ bytes: Span<UInt8>) -> Int {
        if let known = Self.known(name) { return all.count { $0.known == known } }
        var count = 0
        for line in all where Self.isNamed(line, name, bytes) { count += 1 }
        return count
    }

    /// The values of all lines with this name, in their order.
    func values(_ field: KnownField, _ bytes: [UInt8]) -> [[UInt8]] {
        guard has(field) else { return [] }
        return all.compactMap { $0.known == field ? Array(bytes[$0.value]) : nil }
    }

    private static func isNamed(_ line: FieldLine, _ name: StaticString, _ bytes: Span<UInt8>) -> Bool {
        line.known == nil && bytes.extracting(line.name).equalsIgnoringCase(name)
    }

    private static func known(_ name: StaticString) -> KnownField? {
        NameKey(name).flatMap { KnownField.find($0) }
    }
}

/// One field line of a head.
public struct HeadField: Sendable {
    /// Of the head's `bytes`; the letters are in the case they came in.
    public let name: Range<Int>
    /// Of the head's `bytes`, without white space around it.
    public let value: Range<Int>
    public let known: KnownField?
}

/// Where one field line stands in its head. Offsets are 32 bits wide to keep a head small.
struct FieldLine: Sendable {
    private let nameStart, nameEnd, valueStart, valueEnd: UInt32
    let known: KnownField?

    init(name: Range<Int>, value: Range<Int>, _ known: KnownField?) {
        nameStart = UInt32(name.lowerBound)
        nameEnd = UInt32(name.upperBound)
        valueStart = UInt32(value.lowerBound)
        valueEnd = UInt32(value.upperBound)
        self.known = known
    }

    var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
    var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }

    var field: HeadField { HeadField(name: name, value: value, known: known) }
}
