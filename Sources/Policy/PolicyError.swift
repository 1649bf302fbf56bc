// SPDX-License-Identifier: Apache-2.0

/// A rule that says nothing, or not what its author can have meant. Always the operator's fault.
public struct PolicyError: Error, Hashable, Sendable {
    /// The member of a rule that is wrong.
    public enum Member: Hashable, Sendable {
        case id, servers
        /// `to` as a whole, and its members.
        case to, key, subject, role, kind
        /// `allow` or `deny` as a whole, and its members.
        case objects, tools, resources, prompts, methods
    }

    public enum Problem: Hashable, Sendable {
        /// Another rule before it has this id.
        case duplicateID
        /// An allow rule without `servers`.
        case missingServers
        /// An allow rule for `anyone` whose `servers` has a pattern: an endpoint is opened by name.
        case patternForAnyone
        /// A server name without wildcard that no server has.
        case unknownServer
        /// A list without elements, or `{}`.
        case emptyList
        /// An empty pattern or value.
        case emptyValue
        /// Over `Policy.patternBytesMax`.
        case patternTooLong
        /// A pattern that is no UTF-8, in a resource pattern also once decoded.
        case notUTF8
        /// A `%` in a resource pattern without two hexadecimal digits behind it; `%25` is a plain `%`.
        case badPercentEncoding
        /// A kind that is not `api_key`, `token` or `certificate`.
        case unknownKind
    }

    public let problem: Problem
    /// The rule's place in `access`, from 0.
    public let rule: Int
    public let member: Member
    /// The element's place in the member's list, from 0; nil where the member as a whole is wrong.
    public let element: Int?
    /// The element as it stands; nil where the member as a whole is wrong.
    public let value: [UInt8]?

    init(_ problem: Problem, rule: Int, member: Member, element: Int? = nil, value: [UInt8]? = nil) {
        self.problem = problem
        self.rule = rule
        self.member = member
        self.element = element
        self.value = value
    }

    /// What is wrong and what to write instead, without the value.
    public var sentence: StaticString {
        switch problem {
        case .duplicateID: "another rule has this id; give each rule its own"
        case .missingServers: "an allow rule must name its servers; \"servers\": [\"*\"] is all of them"
        case .patternForAnyone: "a rule that allows \"anyone\" must name each server in full, without * or ?"
        case .unknownServer: "no server has this name"
        case .emptyList: "is empty and would match nothing; name something or leave the member out"
        case .emptyValue: "is an empty text; it would match nothing"
        case .patternTooLong: "is longer than 2048 bytes"
        case .notUTF8: "is not UTF-8 once its percent-encoding is decoded"
        case .badPercentEncoding: "has a % without two hexadecimal digits; write %25 for a plain %"
        case .unknownKind: "is no kind of caller; use api_key, token or certificate"
        }
    }
}
