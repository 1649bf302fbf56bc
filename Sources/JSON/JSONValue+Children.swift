// SPDX-License-Identifier: Apache-2.0

extension JSONValue {
    /// Members of an object or elements of an array; 0 for other kinds.
    public var count: Int { node.count }

    /// The member of an object with this name, compared decoded, byte for byte; nil for other kinds.
    /// - Complexity: O(members).
    public subscript(_ name: StaticString) -> JSONValue? {
        guard kind == .object else { return nil }
        let end = Int(node.next)
        var member = index + 1
        while member < end {
            if document.string(document.nodes[member], equals: name) {
                return JSONValue(document: document, index: member + 1)
            }
            member = Int(document.nodes[member + 1].next)
        }
        return nil
    }

    /// As the subscript, for a name that is not a literal.
    public func member(_ name: [UInt8]) -> JSONValue? {
        for member in members where member.name.string == name { return member.value }
        return nil
    }

    /// The members of an object in their order; none for other kinds. A name is a string value.
    public var members: JSONMembers {
        JSONMembers(document: document, index: index + 1, end: kind == .object ? Int(node.next) : 0)
    }

    /// Calls `body` with the decoded name and the value's place of every member of an object, in their order. Faster
    /// than
    /// `members`, since it counts no references.
    @inline(__always)
    public func forEachMember(_ body: (_ name: Span<UInt8>, _ value: JSONPlace) -> Void) {
        guard kind == .object else { return }
        let document = document
        let bytes = document.bytes
        let end = Int(node.next)
        var member = index + 1
        while member < end {
            let name = document.nodes[member]
            let place = JSONPlace(index: UInt32(truncatingIfNeeded: member + 1))
            if name.hasEscapes {
                body(JSONString.decode(bytes.span.extracting(name.content)).span, place)
            } else {
                body(bytes.span.extracting(name.content), place)
            }
            member = Int(document.nodes[member + 1].next)
        }
    }

    /// The elements of an array in their order; none for other kinds.
    public var elements: JSONElements {
        JSONElements(document: document, index: index + 1, end: kind == .array ? Int(node.next) : 0)
    }
}

/// The members of an object.
public struct JSONMembers: Sequence, IteratorProtocol, Sendable {
    let document: JSONDocument
    var index: Int
    let end: Int

    public mutating func next() -> (name: JSONValue, value: JSONValue)? {
        guard index < end else { return nil }
        let name = JSONValue(document: document, index: index)
        let value = JSONValue(document: document, index: index + 1)
        index = Int(document.nodes[index + 1].next)
        return (name, value)
    }
}

/// The elements of an array.
public struct JSONElements: Sequence, IteratorProtocol, Sendable {
    let document: JSONDocument
    var index: Int
    let end: Int

    public mutating func next() -> JSONValue? {
        guard index < end else { return nil }
        let value = JSONValue(document: document, index: index)
        index = Int(document.nodes[index].next)
        return value
    }
}
