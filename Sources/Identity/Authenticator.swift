// SPDX-License-Identifier: Apache-2.0

public import Bytes

/// Finds out who calls. Pure: the key ring and the time come from outside, so that one value serves every loop.
public struct Authenticator: Sendable {
    private let ring: KeyRing
    /// What each entry's bearer is, made once.
    private let bearers: [Authenticated]

    /// - Throws: where the keys do not fit together; nothing is half built.
    public init(keys: [APIKeyEntry]) throws(IdentityError) {
        ring = try KeyRing(keys)
        bearers = keys.map { Authenticated(principal: Principal(apiKey: $0), roles: $0.roles) }
    }

    /// Judges the credentials of a request to `server`, from the address the request came from.
    /// - Parameter unixSeconds: seconds since 1970.
    public func authenticate(
        _ credentials: PresentedCredentials,
        server: [UInt8],
        from address: IPAddress,
        now unixSeconds: Int
    ) -> AuthenticationResult {
        let situation = Situation(server: server, address: address, now: unixSeconds)
        switch (credentials.authorization.count, credentials.apiKey.count) {
        case (0, 0): return anonymous(situation)
        case (1, 0):
            let line = credentials.authorization[0]
            return judge(authorization: line.span, situation)
        case (0, 1):
            let line = credentials.apiKey[0]
            return judge(apiKey: line.span, situation)
        default: return .refused(.twoCredentials)
        }
    }

    /// As above, for a request that has no header twice; nil for one that it does not have.
    public func authenticate(
        authorization: Span<UInt8>?,
        apiKey: Span<UInt8>?,
        server: [UInt8],
        from address: IPAddress,
        now unixSeconds: Int
    ) -> AuthenticationResult {
        let situation = Situation(server: server, address: address, now: unixSeconds)
        if let apiKey {
            guard authorization == nil else { return .refused(.twoCredentials) }
            return judge(apiKey: apiKey, situation)
        }
        if let authorization { return judge(authorization: authorization, situation) }
        return anonymous(situation)
    }

    private func anonymous(_ situation: Situation) -> AuthenticationResult {
        .none(Authenticated(principal: Principal(anonymousAt: situation.address), roles: []))
    }

    private struct Situation {
        let server: [UInt8]
        let address: IPAddress
        let now: Int
    }

    /// RFC 9110, section 11.6.2: a scheme, spaces, a value. The scheme is compared without case.
    private func judge(authorization line: Span<UInt8>, _ situation: Situation) -> AuthenticationResult {
        let trimmed = line.extracting(line.trimmed)
        guard !trimmed.isEmpty else { return refused(.emptyCredential) }
        let schemeEnd = trimmed.firstOffset(of: ASCII.space) ?? trimmed.count
        let scheme = trimmed.extracting(..<schemeEnd)
        guard !scheme.equalsIgnoringCase("dpop") else { return refused(.possessionToken) }
        guard scheme.equalsIgnoringCase("bearer") else { return refused(.otherScheme) }
        var start = schemeEnd
        while start < trimmed.count, trimmed[start] == ASCII.space { start += 1 }
        let value = trimmed.extracting(start...)
        guard !value.isEmpty else { return refused(.emptyCredential) }
        guard CredentialForm.isVisibleASCII(value) else { return refused(.unsafeBytes) }
        switch CredentialForm.of(value) {
        case .generatedKey, .other: return judge(key: value, situation)
        case .token: return refused(.token)
        case .encryptedToken: return refused(.encryptedToken)
        }
    }

    /// This header is only ever a key, whatever the value looks like.
    private func judge(apiKey line: Span<UInt8>, _ situation: Situation) -> AuthenticationResult {
        let value = line.extracting(line.trimmed)
        guard !value.isEmpty else { return refused(.emptyCredential) }
        guard CredentialForm.isVisibleASCII(value) else { return refused(.unsafeBytes) }
        return judge(key: value, situation)
    }

    private func judge(key: Span<UInt8>, _ situation: Situation) -> AuthenticationResult {
        guard key.count <= KeyLimits.keyBytesMax else { return refused(.tooLong) }
        switch GeneratedKey.read(key) {
        case .malformed: return refused(.malformedKey)
        case .wrongChecksum: return refused(.checksum)
        case .generated(let range):
            let id = key.extracting(range).array
            switch ring.look(up: id, key: key) {
            case .match(let match): return judge(match, situation)
            case .wrongKey: return refused(.wrongKey, keyID: id)
            case .unknownID: return refused(.unknownID, keyID: id)
            }
        case .otherForm:
            guard let match = ring.match(imported: key) else { return refused(.unknownKey) }
            return judge(match, situation)
        }
    }

    /// The life cycle, in the order in which an operator would ask.
    private func judge(_ match: KeyRing.Match, _ situation: Situation) -> AuthenticationResult {
        let entry = ring.entries[match.entry]
        if let reason = lifeCycle(of: entry, hashExpires: match.hashExpires, situation) {
            return refused(reason, keyID: entry.id)
        }
        return .authenticated(bearers[match.entry])
    }

    private func lifeCycle(of entry: APIKeyEntry, hashExpires: Int, _ situation: Situation) -> RefusalReason? {
        if entry.disabled { return .disabled }
        if let start = entry.notBefore, situation.now < start { return .notYetValid }
        if let end = entry.expires, situation.now >= end { return .expired }
        if situation.now >= hashExpires { return .hashExpired }
        if let servers = entry.servers, !servers.contains(situation.server) { return .otherServer }
        if let ranges = entry.addresses, !ranges.contains(where: { $0.contains(situation.address) }) {
            return .otherAddress
        }
        return nil
    }

    private func refused(_ reason: RefusalReason, keyID: [UInt8]? = nil) -> AuthenticationResult {
        .refused(reason.refusal(keyID: keyID))
    }
}
