// SPDX-License-Identifier: Apache-2.0

import Bytes
import JSON

/// Takes out of a list what its reader may not know of (MCP-52).
public enum MCPListFilter {
    /// The minified text of a list's answer without the entries that are not kept. Order, `nextCursor` and every member
    /// that the gateway does not know stay as they are. An entry without a readable name goes. An error passes whole.
    /// - Parameters:
    ///   - id: JSON text of the id to put in place of the answer's own; nil keeps that.
    ///   - method: one of the four list methods, or `resources/read`, whose `contents` is a list of resources.
    ///   - isPrivate: whether the answer must say `"cacheScope": "private"`, as every filtered list of the modern era
    ///     must (MCP-53), whatever it said before.
    ///   - keep: asked once for each entry, in order, with its decoded name or URI.
    /// - Returns: nil where the answer is not a list of this method; the caller then has nothing that is safe to show.
    public static func filter(
        _ response: MCPResponse,
        withID id: [UInt8]? = nil,
        method: MCPMethod,
        isPrivate: Bool = false,
        keep: (MCPTarget) -> Bool
    ) -> [UInt8]? {
        guard let shape = Shape(method) else { return nil }
        var text: [UInt8] = []
        text.reserveCapacity(response.json.range.count)
        guard let result = response.result else {
            if let id { response.append(to: &text, withID: id) } else { response.json.appendMinified(to: &text) }
            return text
        }
        guard let list = result[shape.list], list.kind == .array else { return nil }
        // A reader that matches names without case would take the lookalike's list for this one.
        guard !shape.listName.hasLookalike(in: result) else { return nil }
        var kept: [UInt8] = [0x5B]
        for entry in list.elements {
            guard let name = shape.name(of: entry), keep(shape.target(name)) else { continue }
            if kept.count > 1 { kept.append(0x2C) }
            entry.appendMinified(to: &kept)
        }
        kept.append(0x5D)
        var edits = [JSONEdit(list, becomes: kept)]
        if let id, let own = response.json["id"] { edits.append(JSONEdit(own, becomes: id)) }
        if isPrivate, let edit = privateScope(result) { edits.append(edit) }
        response.json.appendMinified(to: &text, edits: edits)
        return text
    }

    private static func privateScope(_ result: JSONValue) -> JSONEdit? {
        if let scope = result["cacheScope"] { return JSONEdit(scope, becomes: Array("\"private\"")) }
        var members = result.members
        guard let first = members.next()?.name else { return nil }
        var text = Array<UInt8>("\"cacheScope\":\"private\",")
        first.appendMinified(to: &text)
        return JSONEdit(first, becomes: text)
    }
}

/// Where a list method has its entries, and what they are called by.
private struct Shape {
    let list: StaticString
    let key: StaticString
    let listName: NameTable
    let keyName: NameTable
    let target: ([UInt8]) -> MCPTarget

    init?(_ method: MCPMethod) {
        switch method {
        case .toolsList: (list, key, target) = ("tools", "name", MCPTarget.tool)
        case .promptsList: (list, key, target) = ("prompts", "name", MCPTarget.prompt)
        case .resourcesList: (list, key, target) = ("resources", "uri", MCPTarget.resource(uri:))
        case .resourcesTemplatesList:
            (list, key, target) = ("resourceTemplates", "uriTemplate", MCPTarget.template(uri:))
        case .resourcesRead: (list, key, target) = ("contents", "uri", MCPTarget.resource(uri:))
        default: return nil
        }
        listName = NameTable([list])
        keyName = NameTable([key])
    }

    /// The entry's name, nil where it has none, or one that could be read in two ways.
    func name(of entry: JSONValue) -> [UInt8]? {
        guard let name = entry[key]?.string, !name.contains(0) else { return nil }
        return keyName.hasLookalike(in: entry) ? nil : name
    }
}

extension NameTable {
    fileprivate func hasLookalike(in object: JSONValue) -> Bool {
        var hasLookalike = false
        object.forEachMember { name, _ in
            if match(name) == .lookalike { hasLookalike = true }
        }
        return hasLookalike
    }
}
