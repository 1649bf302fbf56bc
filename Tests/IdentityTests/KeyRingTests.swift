// SPDX-License-Identifier: Apache-2.0

import Bytes
import Crypto
import Testing

@testable import Identity

/// What is wrong with the entries, nil if nothing is.
private func fault(_ entries: [APIKeyEntry]) -> IdentityError? {
    do {
        _ = try Authenticator(keys: entries)
        return nil
    } catch {
        return error
    }
}

/// `count` imported keys, each under a salt of its own.
private func imported(_ count: Int) -> [APIKeyEntry] {
    (0..<count).map { number in
        APIKeyEntry(id: bytes("i\(number)"), hashes: [hash(bytes("key\(number)"), salt: UInt8(number))])
    }
}

@Suite struct KeyRingTests {
    @Test func `entries that fit together are taken`() {
        #expect(fault([]) == nil)
        #expect(fault([entry("a", generated("a")), entry("b", bytes("x"))]) == nil)
    }

    @Test(arguments: ["", "a b", "é", "a/b", String(repeating: "x", count: 65)])
    func `an id of another form is refused`(id: String) {
        #expect(fault([entry("a", bytes("x")), entry(id, bytes("y"))]) == .badID(entry: 1))
    }

    @Test func `the same id twice is refused`() {
        let twice = [entry("a", bytes("x")), entry("b", bytes("y")), entry("a", bytes("z"))]
        #expect(fault(twice) == .duplicateID(entry: 2))
        #expect(fault([entry("a", bytes("x")), entry("A", bytes("y"))]) == nil)
    }

    @Test func `no hash, and one more than the most, are refused`() {
        func hashes(_ count: Int) -> [APIKeyEntry] {
            let hashes = (0..<count).map { hash(bytes("key\($0)")) }
            return [APIKeyEntry(id: bytes("a"), hashes: hashes)]
        }
        #expect(fault(hashes(0)) == .hashCount(entry: 0))
        #expect(fault(hashes(1)) == nil)
        #expect(fault(hashes(KeyLimits.hashesPerKeyMax)) == nil)
        #expect(fault(hashes(KeyLimits.hashesPerKeyMax + 1)) == .hashCount(entry: 0))
    }

    @Test func `a short salt and a digest of another length are refused`() {
        func made(salt: Int, digest: Int) -> [APIKeyEntry] {
            let hash = APIKeyEntry.Hash(
                salt: [UInt8](repeating: 1, count: salt),
                digest: [UInt8](repeating: 2, count: digest),
                expires: nil
            )
            return [APIKeyEntry(id: bytes("a"), hashes: [hash])]
        }
        #expect(fault(made(salt: 16, digest: 32)) == nil)
        #expect(fault(made(salt: 15, digest: 32)) == .badHash(entry: 0))
        #expect(fault(made(salt: 16, digest: 31)) == .badHash(entry: 0))
        #expect(fault(made(salt: 16, digest: 33)) == .badHash(entry: 0))
    }

    @Test func `the same hash under two ids is refused`() {
        #expect(fault([entry("a", bytes("x")), entry("b", bytes("x"))]) == .sharedHash(entry: 1))
        let twice = APIKeyEntry(id: bytes("a"), hashes: [hash(bytes("x")), hash(bytes("x"), expires: 5)])
        #expect(fault([twice]) == nil)
    }

    @Test func `every imported key is found up to the most salts, and one salt more is refused`() throws {
        let entries = imported(KeyLimits.importedSaltsMax)
        let authenticator = try Authenticator(keys: entries)
        for number in entries.indices {
            #expect(authenticator.outcome(header(bytes("key\(number)"))) == "key:i\(number)")
        }
        #expect(authenticator.outcome(header(bytes("key\(entries.count)"))) == "unknownKey")
        #expect(fault(imported(KeyLimits.importedSaltsMax + 1)) == .tooManySalts(entry: KeyLimits.importedSaltsMax))
    }

    @Test func `keys under a shared salt do not count, and a thousand of them are found`() throws {
        let entries = (0..<1_000).map { entry("i\($0)", bytes("key\($0)")) }
        let authenticator = try Authenticator(keys: entries)
        for number in entries.indices {
            #expect(authenticator.outcome(header(bytes("key\(number)"))) == "key:i\(number)")
        }
    }

    @Test func `the salt of a generated key is known as such, for its id alone`() {
        let salt = GeneratedSalt.make(id: bytes("a"))
        #expect(salt.count == 24)
        #expect(GeneratedSalt.isMarked(salt, id: bytes("a")))
        #expect(!GeneratedSalt.isMarked(salt, id: bytes("b")))
        #expect(!GeneratedSalt.isMarked(Array(salt.dropLast()), id: bytes("a")))
        #expect(!GeneratedSalt.isMarked(salt + [0], id: bytes("a")))
        #expect(!GeneratedSalt.isMarked([UInt8](repeating: 0, count: 24), id: bytes("a")))
        for place in salt.indices {
            var changed = salt
            changed[place] ^= 1
            #expect(!GeneratedSalt.isMarked(changed, id: bytes("a")))
        }
    }

    @Test func `the first entry of the configuration has a key that stands under two salts`() throws {
        let entries = [
            APIKeyEntry(id: bytes("first"), hashes: [hash(bytes("other"), salt: 9), hash(bytes("x"), salt: 2)]),
            APIKeyEntry(id: bytes("second"), hashes: [hash(bytes("x"), salt: 1)]),
        ]
        #expect(try Authenticator(keys: entries).outcome(header(bytes("x"))) == "key:first")
        #expect(try Authenticator(keys: entries.reversed()).outcome(header(bytes("x"))) == "key:second")
    }

    @Test func `a disabled entry ends the search`() throws {
        var entries = [
            APIKeyEntry(id: bytes("first"), hashes: [hash(bytes("x"), salt: 1)]),
            APIKeyEntry(id: bytes("second"), hashes: [hash(bytes("x"), salt: 2)]),
        ]
        entries[0].disabled = true
        #expect(try Authenticator(keys: entries).outcome(header(bytes("x"))) == "disabled")
    }

    @Test func `a generated key is found by its id alone, never by its digest`() throws {
        let key = generated("a")
        #expect(try Authenticator(keys: [entry("a", key)]).outcome(bearer(key)) == "key:a")
        // The same hash under another id: the key says whose it is.
        #expect(try Authenticator(keys: [entry("b", key)]).outcome(bearer(key)) == "unknownID")
        #expect(try Authenticator(keys: [entry("b", key)]).outcome(header(key)) == "unknownID")
    }

    @Test func `errors say what to do`() {
        let errors: [IdentityError] = [
            .badID(entry: 0), .duplicateID(entry: 0), .hashCount(entry: 0), .badHash(entry: 0), .sharedHash(entry: 0),
            .tooManySalts(entry: 0), .badKeyID, .unusableKey(.empty),
        ]
        for error in errors { #expect(error.sentence.bytes.count > 10) }
    }
}

@Suite struct PrincipalTests {
    private func anonymous(_ text: String) throws -> Authenticated {
        let text = bytes(text)
        let address = IPAddress.parse(text.span)
        let nobody = PresentedCredentials(authorization: [], apiKey: [])
        let authenticator = try Authenticator(keys: [])
        let result = authenticator.authenticate(nobody, server: [], from: try #require(address), now: 0)
        guard case .none(let caller) = result else { throw IdentityError.badKeyID }
        return caller
    }

    private func key(_ id: String, subject: String? = nil) -> Principal {
        Principal(apiKey: APIKeyEntry(id: bytes(id), hashes: [], subject: subject.map(bytes)))
    }

    @Test func `the unauthenticated are one caller per address, IPv6 by its first half`() throws {
        let callers = try [
            "192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1",
        ]
        .map(anonymous)
        #expect(callers.allSatisfy { $0.isAnonymous && $0.roles.isEmpty && $0.principal.id.isEmpty })
        #expect(callers[0].principal == callers[1].principal)
        #expect(callers[0].principal != callers[2].principal)
        #expect(callers[3].principal == callers[4].principal)
        #expect(callers[3].principal != callers[5].principal)
        #expect(callers[0].principal.subject == bytes("192.0.2.1"))
        #expect(callers[4].principal.subject == bytes("2001:db8::"))
    }

    @Test func `a key is its subject, its id where it has none`() {
        #expect(key("old", subject: "ci-bot") == key("new", subject: "ci-bot"))
        #expect(key("old") != key("new"))
        #expect(key("old", subject: "x") != key("old", subject: "y"))
        #expect(key("ci-bot") == key("other", subject: "ci-bot"))
        #expect(Set([key("a", subject: "s"), key("b", subject: "s")]).count == 1)
    }

    @Test func `kinds never equal each other`() throws {
        let caller = try anonymous("192.0.2.1").principal
        #expect(key("192.0.2.1") != caller)
        #expect(key("192.0.2.1").sessionBinding != caller.sessionBinding)
    }

    @Test func `a binding is the same exactly for the same principal`() throws {
        let principals = [
            key("a"), key("b"), key("x", subject: "a"), key("a", subject: ""), key("ab"), key("a", subject: "b"),
            try anonymous("192.0.2.1").principal, try anonymous("192.0.2.2").principal, try anonymous("::1").principal,
        ]
        for one in principals {
            #expect(one.sessionBinding.count == 32)
            for other in principals {
                #expect((one == other) == (one.sessionBinding == other.sessionBinding))
            }
        }
    }
}
