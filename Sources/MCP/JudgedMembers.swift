// SPDX-License-Identifier: Apache-2.0

import JSON

/// A set of member names on which decisions hang.
protocol JudgedName: CaseIterable, RawRepresentable, Sendable where RawValue == Int, AllCases == [Self] {
    var text: StaticString { get }
    static var table: NameTable { get }
}

extension JudgedName {
    static func makeTable() -> NameTable { NameTable(allCases.map(\.text)) }
}

/// The members of one object that a decision hangs on, found in one pass.
///
/// Some readers match names without case, by Unicode's simple folding, or cut them at a NUL or a space (CVE-2026-27896,
/// GHSA-q382-vc8q-7jhj): for them `NAME` is `name`. Who judges an object asks whether it has such a lookalike, and
/// refuses it, because what is judged would not be what is done.
struct JudgedMembers<Name: JudgedName>: ~Copyable {
    private let object: JSONValue?
    /// By number of the name. The root stands for none, since it is nobody's member.
    private var places: [32 of JSONPlace] = .init(repeating: .root)
    private(set) var hasLookalike = false
    /// Some member's name is neither known nor a lookalike.
    private(set) var hasStranger = false

    /// - Parameter object: nil, or a value of another kind, has no members.
    init(_ object: JSONValue?) {
        self.object = object
        let table = Name.table
        object?.forEachMember { name, value in
            switch table.match(name) {
            case .known(let number): places[number] = value
            case .lookalike: hasLookalike = true
            case .unknown: hasStranger = true
            }
        }
    }

    /// Whether the object has this member.
    func has(_ name: Name) -> Bool { places[name.rawValue] != .root }

    subscript(name: Name) -> JSONValue? {
        let place = places[name.rawValue]
        guard place != .root, let object else { return nil }
        return JSONValue(document: object.document, place: place)
    }
}
