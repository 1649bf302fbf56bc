// SPDX-License-Identifier: Apache-2.0

/// One entry of `access`, as it stands in the configuration.
public struct AccessRule: Sendable {
    public enum Effect: Hashable, Sendable { case allow, deny }
    /// `report` rules never change an outcome.
    public enum Mode: Hashable, Sendable { case enforce, report }

    /// What a rule covers.
    public enum Objects: Sendable {
        case everything
        /// Patterns; an empty list covers nothing of its kind.
        case named(tools: [[UInt8]], resources: [[UInt8]], prompts: [[UInt8]], methods: [[UInt8]])
    }

    /// Whom a rule is for: all members that are there must match, any value of each will do.
    public enum Subjects: Sendable {
        case anyone
        case authenticated
        case matching(SubjectMatch)
    }

    public struct SubjectMatch: Sendable {
        public var keys: [[UInt8]]?
        public var subjects: [[UInt8]]?
        public var roles: [[UInt8]]?
        /// `api_key`, `token`, `certificate`.
        public var kinds: [[UInt8]]?

        public init(
            keys: [[UInt8]]? = nil,
            subjects: [[UInt8]]? = nil,
            roles: [[UInt8]]? = nil,
            kinds: [[UInt8]]? = nil
        ) {
            self.keys = keys
            self.subjects = subjects
            self.roles = roles
            self.kinds = kinds
        }
    }

    public var id: [UInt8]
    /// Patterns over server names; nil (a deny rule only) holds everywhere.
    public var servers: [[UInt8]]?
    public var subjects: Subjects
    public var effect: Effect
    public var objects: Objects
    public var mode: Mode
    /// Told to a caller whom this deny rule stops, where the server's `denials` is `explain`.
    public var message: [UInt8]?

    public init(
        id: [UInt8],
        servers: [[UInt8]]?,
        subjects: Subjects,
        effect: Effect,
        objects: Objects,
        mode: Mode = .enforce,
        message: [UInt8]? = nil
    ) {
        self.id = id
        self.servers = servers
        self.subjects = subjects
        self.effect = effect
        self.objects = objects
        self.mode = mode
        self.message = message
    }
}
