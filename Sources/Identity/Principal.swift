// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Who calls. Kinds never equal each other: a key with the subject `alice` is not a token of `alice` (semantics 1).
/// It owns sessions, limits and processes.
public struct Principal: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case apiKey
        /// No credential at all; one caller per address (IPv6 by /64).
        case anonymous
    }

    public let kind: Kind
    /// The key's id; empty for the unauthenticated.
    public let id: [UInt8]
    /// The key's subject, its id unless given; the address's text for the unauthenticated.
    public let subject: [UInt8]
}

/// A caller whose credential was checked, or who has none and may be here without. Only this module makes one.
public struct Authenticated: Sendable {
    public let principal: Principal
    /// In the order of the configuration. Not part of the principal's identity.
    public let roles: [[UInt8]]

    init(principal: Principal, roles: [[UInt8]]) {
        self.principal = principal
        self.roles = roles
    }

    public var isAnonymous: Bool { principal.kind == .anonymous }
}
