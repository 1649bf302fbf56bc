// SPDX-License-Identifier: Apache-2.0

import Bytes
import Crypto
import Testing

@testable import Identity

let home = IPAddress(v4: 0x0A00_0001)  // 10.0.0.1

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// The hash entry of any key text, under a salt made of one byte, as a hand-written configuration could have it.
func hash(_ key: [UInt8], salt: UInt8 = 1, expires: Int? = nil) -> APIKeyEntry.Hash {
    let salt = [UInt8](repeating: salt, count: 16)
    return APIKeyEntry.Hash(salt: salt, digest: Digest.sha256(salt.span, key.span), expires: expires)
}

/// A generated key that is the same at every run.
func generated(_ id: String, _ filling: UInt8 = 7) -> [UInt8] {
    GeneratedKey.text(id: bytes(id), secret: [UInt8](repeating: filling, count: 32))
}

func entry(_ id: String, _ key: [UInt8]) -> APIKeyEntry { APIKeyEntry(id: bytes(id), hashes: [hash(key)]) }

func bearer(_ value: [UInt8]) -> PresentedCredentials {
    PresentedCredentials(authorization: [bytes("Bearer ") + value], apiKey: [])
}

func header(_ value: [UInt8]) -> PresentedCredentials { PresentedCredentials(authorization: [], apiKey: [value]) }

/// What came of it, in one word: `key:ID`, `anonymous`, `two`, or the reason's name.
func outcome(_ result: AuthenticationResult) -> String {
    switch result {
    case .authenticated(let caller): "key:" + String(decoding: caller.principal.id, as: UTF8.self)
    case .none: "anonymous"
    case .refused(.twoCredentials): "two"
    case .refused(.invalid(let sentence, _)):
        RefusalReason.allCases.first { $0.sentence.bytes == sentence.bytes }.map { "\($0)" } ?? "no such reason"
    }
}

extension Authenticator {
    /// With what most tests do not care about filled in.
    func outcome(
        _ credentials: PresentedCredentials,
        server: String = "calculator",
        from address: IPAddress = home,
        at now: Int = 1_000
    ) -> String {
        IdentityTests.outcome(authenticate(credentials, server: bytes(server), from: address, now: now))
    }
}
