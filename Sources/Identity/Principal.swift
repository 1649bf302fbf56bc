// SPDX-License-Identifier: Apache-2.0

import Bytes
import Crypto

/// Who calls. Kinds never equal each other: a key with the subject `alice` is not a token of `alice`. It owns sessions,
/// limits and processes.
///
/// Within a kind the subject decides and the id does not (semantics 1: "key, subject or id"): two keys with the subject
/// `ci-bot`, such as an old and a new one, are one caller, as a refreshed token is.
public struct Principal: Sendable {
    public enum Kind: Hashable, Sendable {
        case apiKey
        /// No credential at all; one caller per address (IPv6 by /64).
        case anonymous
    }

    public let kind: Kind
    /// The key's id; empty for the unauthenticated.
    public let id: [UInt8]
    /// The key's subject, its id unless given; for the unauthenticated the text of `IPAddress.callerBlock`.
    public let subject: [UInt8]

    init(kind: Kind, id: [UInt8], subject: [UInt8]) {
        self.kind = kind
        self.id = id
        self.subject = subject
    }

    init(apiKey entry: APIKeyEntry) {
        self.init(kind: .apiKey, id: entry.id, subject: entry.subject)
    }

    init(anonymousAt address: IPAddress) {
        self.init(kind: .anonymous, id: [], subject: address.callerBlock.text)
    }

    /// 32 bytes that are the same for the same principal and for no other: SHA-256 over the kind and each deciding
    /// field behind its length. Session ids are bound to it.
    public var sessionBinding: [UInt8] {
        var text = [UInt8]("gatehouse principal\0")
        switch kind {
        case .apiKey: text.append(1)
        case .anonymous: text.append(2)
        }
        for shift in stride(from: 56, through: 0, by: -8) {
            text.append(UInt8(truncatingIfNeeded: subject.count >> shift))
        }
        text += subject
        return Digest.sha256(text.span)
    }
}

extension Principal: Hashable {
    public static func == (left: Principal, right: Principal) -> Bool {
        left.kind == right.kind && left.subject == right.subject
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(subject)
    }
}

/// A caller whose credential was checked, or who has none and may be here without. Only this module makes one.
///
/// Handed from hand to hand, it costs one reference count and not one for each of its parts.
public struct Authenticated: Sendable {
    private final class Parts: Sendable {
        let principal: Principal
        let roles: [[UInt8]]

        init(principal: Principal, roles: [[UInt8]]) {
            self.principal = principal
            self.roles = roles
        }
    }

    private let parts: Parts

    init(principal: Principal, roles: [[UInt8]]) {
        parts = Parts(principal: principal, roles: roles)
    }

    public var principal: Principal { parts.principal }
    /// In the order of the configuration. Not part of the principal's identity.
    public var roles: [[UInt8]] { parts.roles }

    public var isAnonymous: Bool { parts.principal.kind == .anonymous }
}
