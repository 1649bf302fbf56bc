// SPDX-License-Identifier: Apache-2.0

import Bytes
import Testing

@testable import Identity

@Suite struct LifeCycleTests {
    private let key = generated("ci")

    private func authenticator(_ change: (inout APIKeyEntry) -> Void = { _ in }) throws -> Authenticator {
        var changed = entry("ci", key)
        change(&changed)
        return try Authenticator(keys: [changed])
    }

    @Test func `a key that exists is accepted and carries its roles and its subject`() throws {
        let authenticator = try authenticator {
            $0.roles = [bytes("reader"), bytes("admin")]
            $0.subject = bytes("ci-bot")
        }
        guard case .authenticated(let caller) = authenticator.authenticate(bearer(key), server: [], from: home, now: 0)
        else {
            Issue.record("refused")
            return
        }
        #expect(caller.roles == [bytes("reader"), bytes("admin")])
        #expect(caller.principal.subject == bytes("ci-bot"))
        #expect(caller.principal.id == bytes("ci"))
        #expect(!caller.isAnonymous)
    }

    @Test func `a key of an unknown id is refused`() throws {
        let authenticator = try authenticator()
        #expect(authenticator.outcome(bearer(key)) == "key:ci")
        #expect(authenticator.outcome(bearer(generated("other"))) == "unknownID")
        #expect(try Authenticator(keys: []).outcome(bearer(key)) == "unknownID")
        #expect(try Authenticator(keys: []).outcome(header(bytes("x"))) == "unknownKey")
    }

    @Test func `another key of the same id is refused`() throws {
        #expect(try authenticator().outcome(bearer(generated("ci", 8))) == "wrongKey")
    }

    @Test func `a wrong checksum is refused before the look-up`() throws {
        var typo = key
        typo[typo.count - 1] = typo[typo.count - 1] == 0x30 ? 0x31 : 0x30
        #expect(try authenticator().outcome(bearer(typo)) == "checksum")
    }

    @Test func `a disabled key is refused`() throws {
        #expect(try authenticator { $0.disabled = true }.outcome(bearer(key)) == "disabled")
        #expect(try authenticator { $0.disabled = false }.outcome(bearer(key)) == "key:ci")
    }

    @Test func `a key is refused until the second in which it becomes valid`() throws {
        let authenticator = try authenticator { $0.notBefore = 500 }
        #expect(authenticator.outcome(bearer(key), at: 499) == "notYetValid")
        #expect(authenticator.outcome(bearer(key), at: 500) == "key:ci")
    }

    @Test func `a key is refused from the second in which it expires`() throws {
        let authenticator = try authenticator { $0.expires = 500 }
        #expect(authenticator.outcome(bearer(key), at: 499) == "key:ci")
        #expect(authenticator.outcome(bearer(key), at: 500) == "expired")
    }

    @Test func `a key is refused on a server that is not its own`() throws {
        let authenticator = try authenticator { $0.servers = [bytes("calculator"), bytes("git")] }
        #expect(authenticator.outcome(bearer(key), server: "git") == "key:ci")
        for server in ["shop", "gi", "gitt", "Git", ""] {
            #expect(authenticator.outcome(bearer(key), server: server) == "otherServer")
        }
        #expect(try self.authenticator { $0.servers = [] }.outcome(bearer(key)) == "otherServer")
    }

    @Test func `a key is refused from an address outside its blocks`() throws {
        func range(_ text: String) throws -> AddressRange {
            let text = bytes(text)
            let range = AddressRange.parse(text.span)
            return try #require(range)
        }
        func address(_ text: String) throws -> IPAddress {
            let text = bytes(text)
            let address = IPAddress.parse(text.span)
            return try #require(address)
        }
        let ranges = [try range("10.0.0.0/8"), try range("2001:db8::/32")]
        let authenticator = try authenticator { $0.addresses = ranges }
        for inside in ["10.1.2.3", "::ffff:10.1.2.3", "2001:db8:1::1"] {
            #expect(authenticator.outcome(bearer(key), from: try address(inside)) == "key:ci")
        }
        for outside in ["11.0.0.1", "::1", "2001:db9::1"] {
            #expect(authenticator.outcome(bearer(key), from: try address(outside)) == "otherAddress")
        }
        #expect(try self.authenticator { $0.addresses = [] }.outcome(bearer(key)) == "otherAddress")
    }

    /// One thing is put right at a time, in the order in which the reasons come.
    @Test func `the first thing wrong is the one that is said`() throws {
        func outcome(_ right: Int) throws -> String {
            try authenticator {
                $0.disabled = right < 1
                $0.notBefore = right < 2 ? 2_000 : nil
                $0.expires = right < 3 ? 900 : nil
                $0.hashes = [hash(key, expires: right < 4 ? 900 : nil)]
                $0.servers = right < 5 ? [] : nil
                $0.addresses = right < 6 ? [] : nil
            }.outcome(bearer(key))
        }
        let reasons = [
            "disabled", "notYetValid", "expired", "hashExpired", "otherServer", "otherAddress", "key:ci",
        ]
        #expect(try (0...6).map(outcome) == reasons)
    }

    @Test func `an imported key has the same life`() throws {
        let imported = bytes("imported key".filter { $0 != " " })
        func outcome(_ change: (inout APIKeyEntry) -> Void) throws -> String {
            var changed = entry("old", imported)
            change(&changed)
            return try Authenticator(keys: [changed]).outcome(header(imported))
        }
        #expect(try outcome { _ in } == "key:old")
        #expect(try outcome { $0.disabled = true } == "disabled")
        #expect(try outcome { $0.notBefore = 1_001 } == "notYetValid")
        #expect(try outcome { $0.expires = 1_000 } == "expired")
        #expect(try outcome { $0.hashes = [hash(imported, expires: 1_000)] } == "hashExpired")
        #expect(try outcome { $0.servers = [bytes("git")] } == "otherServer")
        #expect(try outcome { $0.addresses = [] } == "otherAddress")
    }

    @Test func `the log learns the id and nothing of the key`() throws {
        let authenticator = try authenticator { $0.disabled = true }
        let result = authenticator.authenticate(bearer(key), server: [], from: home, now: 0)
        guard case .refused(let refusal) = result else {
            Issue.record("not refused")
            return
        }
        #expect(refusal == .invalid(reason: "API key disabled", keyID: bytes("ci")))
        var typo = key
        typo[10] ^= 1
        let typing = authenticator.authenticate(bearer(typo), server: [], from: home, now: 0)
        guard case .refused(.invalid(_, let id)) = typing else {
            Issue.record("not refused")
            return
        }
        // What stands where an id should be may be part of a key.
        #expect(id == nil)
    }

    @Test func `every reason has a sentence of its own`() {
        let sentences = Set(RefusalReason.allCases.map { $0.sentence.bytes })
        #expect(sentences.count == RefusalReason.allCases.count)
        let refusals = RefusalReason.allCases.map { $0.refusal(keyID: bytes("ci")) }
        #expect(Set(refusals + [.twoCredentials, .twoCredentials]).count == RefusalReason.allCases.count + 1)
        #expect(RefusalReason.expired.refusal() != RefusalReason.expired.refusal(keyID: bytes("ci")))
    }

    @Test func `presented credentials print as redacted`() {
        let credentials = PresentedCredentials(authorization: [bytes("Bearer ") + key], apiKey: [key])
        var dumped = ""
        dump(credentials, to: &dumped)
        for text in ["\(credentials)", String(reflecting: credentials), dumped, "\([credentials])"] {
            #expect(text.contains("‹redacted›"))
            #expect(!text.contains("103"))  // the code of `g`
        }
    }
}

@Suite struct RotationTests {
    private let old = generated("ci", 1)
    private let new = generated("ci", 2)

    @Test func `both keys are good until the old one's last second has passed`() throws {
        let rotated = APIKeyEntry(id: bytes("ci"), hashes: [hash(old, salt: 1, expires: 2_000), hash(new, salt: 2)])
        let authenticator = try Authenticator(keys: [rotated])
        for moment in [0, 1_999] {
            #expect(authenticator.outcome(bearer(old), at: moment) == "key:ci")
            #expect(authenticator.outcome(bearer(new), at: moment) == "key:ci")
        }
        for moment in [2_000, 2_001, .max - 1] {
            #expect(authenticator.outcome(bearer(old), at: moment) == "hashExpired")
            #expect(authenticator.outcome(bearer(new), at: moment) == "key:ci")
        }
        #expect(authenticator.outcome(bearer(generated("ci", 3))) == "wrongKey")
    }

    @Test func `the entry's own end is the end of every hash`() throws {
        let rotated = APIKeyEntry(id: bytes("ci"), hashes: [hash(old, expires: 2_000), hash(new)], expires: 1_500)
        let authenticator = try Authenticator(keys: [rotated])
        #expect(authenticator.outcome(bearer(new), at: 1_499) == "key:ci")
        #expect(authenticator.outcome(bearer(old), at: 1_500) == "expired")
        #expect(authenticator.outcome(bearer(new), at: 1_500) == "expired")
    }

    @Test func `one key hashed twice lives as long as the longer of the two, in either order`() throws {
        for key in [old, bytes("imported")] {
            let hashes = [hash(key, salt: 1, expires: 2_000), hash(key, salt: 2, expires: 3_000)]
            for order in [hashes, hashes.reversed()] {
                let authenticator = try Authenticator(keys: [APIKeyEntry(id: bytes("ci"), hashes: order)])
                #expect(authenticator.outcome(bearer(key), at: 2_999) == "key:ci")
                #expect(authenticator.outcome(bearer(key), at: 3_000) == "hashExpired")
            }
        }
    }

    @Test func `a generated and an imported key may stand under one id`() throws {
        let imported = bytes("imported")
        let mixed = APIKeyEntry(id: bytes("ci"), hashes: [hash(imported, expires: 2_000), hash(new)])
        let authenticator = try Authenticator(keys: [mixed])
        #expect(authenticator.outcome(bearer(imported), at: 1_999) == "key:ci")
        #expect(authenticator.outcome(bearer(imported), at: 2_000) == "hashExpired")
        #expect(authenticator.outcome(bearer(new), at: 2_000) == "key:ci")
    }
}
