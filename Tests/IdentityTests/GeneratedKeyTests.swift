// SPDX-License-Identifier: Apache-2.0

import Bytes
import Crypto
import TestSupport
import Testing

@testable import Identity

private func read(_ key: [UInt8]) -> GeneratedKey.Reading { GeneratedKey.read(key.span) }
private func crc(_ text: String) -> UInt32 {
    let text = bytes(text)
    return GeneratedKey.crc32(text.span)
}
private func isID(_ text: [UInt8]) -> Bool { APIKeyID.isValid(text.span) }

/// Makes a key and gives its text, which only a test would do.
private func make(_ id: String) throws -> (key: [UInt8], hash: [UInt8]) {
    let made = try KeyMaker.make(id: bytes(id))
    return (made.key.exposed.array, made.hash)
}

@Suite struct GeneratedKeyTests {
    /// The check value of the CRC catalogue, and that of no bytes.
    @Test func `the checksum is the common CRC-32`() {
        #expect(crc("123456789") == 0xCBF4_3926)
        #expect(crc("") == 0)
    }

    /// Computed with Python's base64, zlib and integers.
    @Test func `known keys have their text`() {
        let counted = GeneratedKey.text(id: bytes("ci"), secret: Array(0..<32))
        #expect(counted == bytes("ghk_ci_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8_3R0FGO"))
        let full = GeneratedKey.text(id: bytes("a_b_c"), secret: [UInt8](repeating: 0xFF, count: 32))
        #expect(full == bytes("ghk_a_b_c___________________________________________8_2ypF5c"))
        #expect(read(full) == .generated(id: 4..<9))
    }

    @Test(arguments: ["a", "_", "__", "a_b", "ghk_", "ghk_a_", "-", ".", "A.b-C_9", String(repeating: "x", count: 64)])
    func `an id is read back whatever it is made of`(id: String) {
        let key = generated(id)
        #expect(read(key) == .generated(id: 4..<(4 + id.utf8.count)))
        #expect(key.count == id.utf8.count + 55)
    }

    @Test func `every byte is allowed in an id or not`() {
        let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-".utf8)
        for byte in UInt8.min...UInt8.max {
            #expect(isID([byte]) == allowed.contains(byte))
            #expect(isID([0x61, byte, 0x61]) == allowed.contains(byte))
        }
        #expect(!isID([]))
        #expect(isID([UInt8](repeating: 0x61, count: APIKeyID.bytesMax)))
        #expect(!isID([UInt8](repeating: 0x61, count: APIKeyID.bytesMax + 1)))
    }

    @Test func `every change of one character is refused without a look-up`() {
        let key = generated("a_b")
        #expect(read(key) == .generated(id: 4..<7))
        for place in key.indices {
            for byte in UInt8.min...UInt8.max where byte != key[place] {
                var changed = key
                changed[place] = byte
                let expected: [GeneratedKey.Reading] = place < 4 ? [.otherForm] : [.malformed, .wrongChecksum]
                #expect(expected.contains(read(changed)))
            }
        }
    }

    @Test func `every key cut, lengthened, or with two neighbours swapped is refused without a look-up`() {
        let key = generated("a_b")
        func isRefused(_ key: [UInt8]) -> Bool { [.otherForm, .malformed, .wrongChecksum].contains(read(key)) }
        #expect(!isRefused(key))
        for place in key.indices {
            #expect(isRefused(Array(key[..<place])))
            var shorter = key
            shorter.remove(at: place)
            #expect(isRefused(shorter))
            var longer = key
            longer.insert(key[place], at: place)
            #expect(isRefused(longer))
            if place > 0, key[place] != key[place - 1] {
                var swapped = key
                swapped.swapAt(place, place - 1)
                #expect(isRefused(swapped))
            }
        }
    }

    @Test(arguments: [
        ("ghk_", GeneratedKey.Reading.malformed), ("ghk_a", .malformed), ("ghk", .otherForm), ("", .otherForm),
        ("GHK_ci_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8_3R0FGO", .otherForm),
        ("ghk__AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8_3R0FGO", .malformed),  // no id
        ("ghk_ci_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8_3R0FGo", .wrongChecksum),
        ("ghk_ci_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8_zzzzzz", .wrongChecksum),
        ("ghk_c/_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8_3R0FGO", .malformed),
    ]) func `a reading says what is wrong`(text: String, expected: GeneratedKey.Reading) {
        #expect(read(bytes(text)) == expected)
    }
}

@Suite struct KeyMakerTests {
    @Test func `a thousand keys are accepted with the hash that came with them, and no other's`() throws {
        var random = SeededGenerator(seed: 1)
        let alphabet = Array("abcXYZ019._-".utf8)
        var entries: [APIKeyEntry] = []
        var keys: [[UInt8]] = []
        for number in 0..<1_000 {
            let tail = (0..<Int(random.next() % 40)).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
            let id = "k\(number)_" + String(decoding: tail, as: UTF8.self)
            let made = try make(id)
            entries.append(APIKeyEntry(id: bytes(id), hashes: [try #require(.init(text: made.hash, expires: nil))]))
            keys.append(made.key)
        }
        let authenticator = try Authenticator(keys: entries)
        for (key, entry) in zip(keys, entries) {
            let expected = "key:" + String(decoding: entry.id, as: UTF8.self)
            #expect(authenticator.outcome(bearer(key)) == expected)
            #expect(authenticator.outcome(header(key)) == expected)
        }
        #expect(Set(keys).count == keys.count)
        #expect(Set(entries.map(\.hashes[0].salt)).count == keys.count)
        let stranger = try make("k1_")
        #expect(["unknownID", "wrongKey"].contains(authenticator.outcome(bearer(stranger.key))))
    }

    @Test func `a name that is no id gets no key`() throws {
        for id in ["", "a b", "a/b", "é", "a:b", String(repeating: "x", count: 65)] {
            do {
                _ = try KeyMaker.make(id: bytes(id))
                Issue.record("made a key for \(id)")
            } catch {
                #expect(error == .badKeyID)
            }
        }
        _ = try make(String(repeating: "x", count: 64))
    }

    @Test func `a made key prints as redacted`() throws {
        let made = try KeyMaker.make(id: bytes("ci"))
        let secretText = String(decoding: made.key.exposed.array, as: UTF8.self)
        #expect("\(made)".contains("‹redacted›"))
        #expect(!"\(made)".contains(secretText))
        #expect(!String(decoding: made.hash, as: UTF8.self).contains(secretText))
    }

    @Test func `an imported key is accepted in either header`() throws {
        let key = bytes("sk-live.abc!DEF~")
        let text = try KeyMaker.hashImported(key.span)
        #expect(text.count == "sha256:".utf8.count + 32 + 1 + 64)
        let hash = try #require(APIKeyEntry.Hash(text: text, expires: nil))
        let authenticator = try Authenticator(keys: [APIKeyEntry(id: bytes("old"), hashes: [hash])])
        #expect(authenticator.outcome(bearer(key)) == "key:old")
        #expect(authenticator.outcome(header(key)) == "key:old")
        #expect(authenticator.outcome(bearer(key + [0x21])) == "unknownKey")
    }

    @Test(arguments: [
        ("", KeyRefusal.empty), (String(repeating: "x", count: 513), .tooLong),
        ("two words", .unsafeBytes), ("tab\t", .unsafeBytes), ("line\n", .unsafeBytes), ("schlüssel", .unsafeBytes),
        ("del\u{7F}", .unsafeBytes), ("ghk_", .generatedKey), ("ghk_anything", .generatedKey),
        ("eyJhbGciOiJSUzI1NiJ9.e30.c2ln", .token), ("a.b.c.d.e", .encryptedToken), ("....", .encryptedToken),
    ]) func `a key that no request could present is not hashed`(key: String, refusal: KeyRefusal) {
        do {
            let key = bytes(key)
            _ = try KeyMaker.hashImported(key.span)
            Issue.record("hashed")
        } catch {
            #expect(error == .unusableKey(refusal))
            #expect(error.sentence.bytes == refusal.sentence.bytes)
        }
    }

    @Test func `the longest key is still hashed, and accepted`() throws {
        let key = [UInt8](repeating: 0x78, count: KeyLimits.keyBytesMax)
        let text = try KeyMaker.hashImported(key.span)
        let hash = try #require(APIKeyEntry.Hash(text: text, expires: nil))
        let authenticator = try Authenticator(keys: [APIKeyEntry(id: bytes("long"), hashes: [hash])])
        #expect(authenticator.outcome(header(key)) == "key:long")
        #expect(authenticator.outcome(header(key + [0x78])) == "tooLong")
    }
}

@Suite struct HashTextTests {
    @Test(arguments: [
        "", "sha256", "sha256::", "sha256:00112233445566778899aabbccddeeff", "sha1:00112233445566778899aabbccddeeff:",
        "sha256:00112233445566778899aabbccddee:" + String(repeating: "0", count: 64),  // a salt of 15 bytes
        "sha256:00112233445566778899aabbccddeeff:" + String(repeating: "0", count: 62),
        "sha256:00112233445566778899aabbccddeeff:" + String(repeating: "0", count: 66),
        "sha256:00112233445566778899aabbccddeeff:" + String(repeating: "g", count: 64),
        "SHA256:00112233445566778899aabbccddeeff:" + String(repeating: "0", count: 64),
        "sha256:00112233445566778899aabbccddeeff:" + String(repeating: "0", count: 64) + ":",
        " sha256:00112233445566778899aabbccddeeff:" + String(repeating: "0", count: 64),
    ]) func `a text of another form is no hash`(text: String) {
        #expect(APIKeyEntry.Hash(text: bytes(text), expires: nil) == nil)
    }

    /// Computed with Python's hashlib.
    @Test func `the digest is over the salt's bytes and then the key's`() throws {
        let text =
            "sha256:" + String(repeating: "0", count: 32)
            + ":fe35e4ebef0adf3a3022db6a6419784d347ce3fd218653ddbd107df3081bb5f9"
        let hash = try #require(APIKeyEntry.Hash(text: bytes(text), expires: nil))
        let authenticator = try Authenticator(keys: [APIKeyEntry(id: bytes("ci"), hashes: [hash])])
        let key = bytes("ghk_ci_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8_3R0FGO")
        #expect(authenticator.outcome(bearer(key)) == "key:ci")
    }

    @Test func `capital digits are read`() {
        let text = "sha256:" + String(repeating: "AB", count: 16) + ":" + String(repeating: "CD", count: 32)
        #expect(APIKeyEntry.Hash(text: bytes(text), expires: nil)?.salt == [UInt8](repeating: 0xAB, count: 16))
    }
}
