// SPDX-License-Identifier: Apache-2.0

import Bytes

/// A value and the file that it stands in.
public struct ConfigValue: Sendable {
    public let json: JSONValue
    public let file: ConfigFile

    public init(json: JSONValue, file: ConfigFile) {
        self.json = json
        self.file = file
    }

    public var place: ConfigPlace { ConfigPlace(file: file, offset: json.range.lowerBound) }
}

/// One place of the configuration: what all of its files say there together.
///
/// Files are merged as they are read: objects member by member, lists end to end, and anything else may be said only
/// once. A node may also have a fallback, what `server_defaults` says at the same place: its members show where the
/// node's own do not. Every method that finds something wrong reports it and answers nil.
public struct ConfigNode {
    /// The member's name; nil for a file's whole value and for an element of a list.
    public let key: String?
    /// Usually one; more where several files say something, none where only the fallback does.
    public let values: [ConfigValue]
    public let fallback: [ConfigValue]
    public let report: ConfigReport

    public init(key: String?, values: [ConfigValue], fallback: [ConfigValue] = [], report: ConfigReport) {
        self.key = key
        self.values = values
        self.fallback = fallback
        self.report = report
    }

    /// All the values that count: its own, and the fallback's where there are none.
    var effective: [ConfigValue] { values.isEmpty ? fallback : values }

    /// Where it begins. Nil only of a node without any value, which nothing makes.
    public var place: ConfigPlace? { effective.first?.place }

    /// How a message calls it.
    public var name: String { key.map { "\"\($0)\"" } ?? "this entry" }

    public func error(_ message: String) {
        if let place { report.error(place, message) }
    }

    public func warning(_ message: String) {
        if let place { report.warning(place, message) }
    }

    /// The node with another node's values behind it.
    public func falling(back other: ConfigNode?) -> ConfigNode {
        ConfigNode(key: key, values: values, fallback: other?.values ?? [], report: report)
    }

    /// The one value of something that cannot be merged; each further one is reported.
    public func single() -> JSONValue? {
        guard let first = effective.first else { return nil }
        for other in effective.dropFirst() {
            report.error(other.place, "\(name) is already set at \(first.place.text); keep one of them")
        }
        return first.json
    }

    /// The value's kind, where all files agree.
    public var kind: JSONValue.Kind? { effective.first?.json.kind }

    /// Opens an object. Members of its own that are not in `keys` are reported; a fallback is checked where it stands.
    public func object(_ keys: ConfigKeys) -> ConfigObject? {
        guard isEach(.object, "an object: { … }") else { return nil }
        for value in values {
            for (name, _) in value.json.members {
                guard let text = name.string, !keys.has(text) else { continue }
                let place = ConfigPlace(file: value.file, offset: name.range.lowerBound)
                report.error(place, keys.complaint(about: text))
            }
        }
        return ConfigObject(node: self, keys: keys)
    }

    /// The members of an object whose names are the operator's, in the order of the files. A name that two files
    /// define is reported; a fallback's members show where the object has none of that name.
    public func entries() -> [ConfigEntry]? {
        guard isEach(.object, "an object: { … }") else { return nil }
        var found: [ConfigEntry] = []
        var places: [[UInt8]: ConfigPlace] = [:]
        for (isOwn, source) in values.map({ (true, $0) }) + fallback.map({ (false, $0) }) {
            for (name, value) in source.json.members {
                guard let text = name.string else { continue }
                let place = ConfigPlace(file: source.file, offset: name.range.lowerBound)
                if let first = places[text] {
                    guard isOwn else { continue }
                    let shown = ConfigText.quoted(text)
                    report.error(place, "\(shown) is already defined at \(first.text); rename or remove one")
                    continue
                }
                places[text] = place
                let inner = [ConfigValue(json: value, file: source.file)]
                let node = ConfigNode(key: ConfigText.plain(text, limit: 80), values: inner, report: report)
                found.append(ConfigEntry(name: text, place: place, node: node))
            }
        }
        return found
    }

    /// The elements of a list, those of all files end to end.
    public func elements() -> [ConfigNode]? {
        guard isEach(.array, "a list: [ … ]") else { return nil }
        return effective.flatMap { value in
            value.json.elements.map { element in
                ConfigNode(key: nil, values: [ConfigValue(json: element, file: value.file)], report: report)
            }
        }
    }

    /// Reports what has another kind. `expected` ends "must be …".
    func isEach(_ kind: JSONValue.Kind, _ expected: String) -> Bool {
        let wrong = effective.filter { $0.json.kind != kind }
        for value in wrong { report.error(value.place, mismatch(value.json, expected)) }
        return wrong.isEmpty
    }

    func mismatch(_ found: JSONValue, _ expected: String) -> String {
        let advice = found.isNull ? "; leave it out for the default" : ""
        return "\(name) must be \(expected), not \(Self.describe(found))\(advice)"
    }

    private static func describe(_ value: JSONValue) -> String {
        switch value.kind {
        case .object: "an object"
        case .array: "a list"
        case .string: "a string"
        case .number: "a number"
        case .bool: value.bool == true ? "true" : "false"
        case .null: "null"
        }
    }
}

/// A member whose name is the operator's own: a server, an environment variable.
public struct ConfigEntry {
    public let name: [UInt8]
    /// Where the name stands.
    public let place: ConfigPlace
    public let node: ConfigNode
}

/// An object whose members are known.
public struct ConfigObject {
    public let node: ConfigNode
    public let keys: ConfigKeys

    public var report: ConfigReport { node.report }

    /// The member; nil where neither the object nor its fallback has it.
    public subscript(_ key: StaticString) -> ConfigNode? {
        assert(keys.has(key), "a member that is read must be in the table of known ones")
        let own = Self.find(key, in: node.values)
        let fallback = Self.find(key, in: node.fallback)
        guard !own.isEmpty || !fallback.isEmpty else { return nil }
        return ConfigNode(key: key.description, values: own, fallback: fallback, report: node.report)
    }

    /// The member, or an error that says what to write.
    public func required(_ key: StaticString, write example: String) -> ConfigNode? {
        if let member = self[key] { return member }
        node.error("\"\(key)\" is missing; write for example \"\(key)\": \(example)")
        return nil
    }

    private static func find(_ key: StaticString, in values: [ConfigValue]) -> [ConfigValue] {
        values.compactMap { value in
            value.json[key].map { ConfigValue(json: $0, file: value.file) }
        }
    }
}
