// SPDX-License-Identifier: Apache-2.0

import Bytes
import Crypto
import TestSupport
import Testing

private func unhex(_ text: String) throws -> [UInt8] {
    let bytes = [UInt8](text: text)
    let decoded = Hex.decode(bytes.span)
    return try #require(decoded)
}

private func hex(_ bytes: [UInt8]) -> String { String(decoding: Hex.encode(bytes), as: UTF8.self) }
private func sha256(_ bytes: [UInt8]) -> [UInt8] { Digest.sha256(bytes.span) }
private func sha256(_ first: [UInt8], _ second: [UInt8]) -> [UInt8] { Digest.sha256(first.span, second.span) }
private func hmac(_ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    Digest.hmacSHA256(key: key.span, message.span)
}
private func hkdf(_ secret: [UInt8], _ salt: [UInt8], _ info: [UInt8], _ count: Int) -> [UInt8] {
    Digest.hkdfSHA256(secret: secret.span, salt: salt.span, info: info.span, count: count)
}

@Suite struct SHA256Tests {
    /// The examples of FIPS 180-4 as NIST publishes them, and the empty text.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ]) func `known texts have their digests`(text: String, digest: String) {
        #expect(hex(sha256(Array(text.utf8))) == digest)
    }

    @Test func `a lent digest is the one that is given`() {
        let (first, second) = (Array("salt".utf8), Array("key".utf8))
        let lent = Digest.withSHA256(first.span, second.span) { $0.array }
        #expect(lent == sha256(first, second) && lent == sha256(first + second))
    }

    @Test func `a million letters have their digest`() {
        let digest = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        #expect(hex(sha256([UInt8](repeating: 0x61, count: 1_000_000))) == digest)
    }

    @Test func `a text cut anywhere has the digest of the whole`() {
        var random = SeededGenerator(seed: 1)
        let text = random.bytes(200)
        let whole = sha256(text)
        for cut in 0...text.count {
            #expect(sha256(Array(text[..<cut]), Array(text[cut...])) == whole)
            var hash = SHA256()
            for byte in text[..<cut] {
                let one = [byte]
                hash.update(one.span)
            }
            let rest = Array(text[cut...])
            hash.update(rest.span)
            #expect(hash.finish() == whole)
        }
    }

    @Test func `a copy goes its own way`() {
        var first = SHA256()
        first.update("ab")
        var second = first
        first.update("c")
        second.update("d")
        #expect(first.finish() == sha256(Array("abc".utf8)))
        #expect(second.finish() == sha256(Array("abd".utf8)))
    }
}

@Suite struct HMACTests {
    struct Row: Sendable {
        let key: [UInt8]
        let message: [UInt8]
        let code: String
    }

    /// RFC 4231, section 4, cases 1, 2, 3, 4, 6 and 7 (5 is a truncated code).
    static let rows = [
        Row(
            key: [UInt8](repeating: 0x0B, count: 20),
            message: Array("Hi There".utf8),
            code: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        Row(
            key: Array("Jefe".utf8),
            message: Array("what do ya want for nothing?".utf8),
            code: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        Row(
            key: [UInt8](repeating: 0xAA, count: 20),
            message: [UInt8](repeating: 0xDD, count: 50),
            code: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        Row(
            key: Array(1...25),
            message: [UInt8](repeating: 0xCD, count: 50),
            code: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        Row(
            key: [UInt8](repeating: 0xAA, count: 131),
            message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            code: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        Row(
            key: [UInt8](repeating: 0xAA, count: 131),
            message: Array(
                ("This is a test using a larger than block-size key and a larger than block-size data. "
                    + "The key needs to be hashed before being used by the HMAC algorithm.").utf8
            ),
            code: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
    ]

    @Test(arguments: rows) func `the codes of RFC 4231 come out`(row: Row) {
        #expect(hex(hmac(row.key, row.message)) == row.code)
    }

    @Test func `parts have the code of the whole, and a keyed copy can be used again`() {
        let (key, message) = (Array("key".utf8), Array("a longer message".utf8))
        let keyed = HMACSHA256(key: key.span)
        for cut in 0...message.count {
            let (first, second) = (Array(message[..<cut]), Array(message[cut...]))
            var mac = keyed
            mac.update(first.span)
            mac.update(second.span)
            #expect(mac.finish() == hmac(key, message))
        }
    }

    @Test func `a key of exactly one block is not hashed first`() {
        let block = [UInt8](repeating: 7, count: 64)
        #expect(hmac(block, []) != hmac(sha256(block), []))
        let longer = [UInt8](repeating: 7, count: 65)
        #expect(hmac(longer, []) == hmac(sha256(longer), []))
    }
}

@Suite struct HKDFTests {
    /// RFC 5869, appendix A.1.
    @Test func `the first case of RFC 5869 comes out`() throws {
        let output = hkdf(
            [UInt8](repeating: 0x0B, count: 22),
            try unhex("000102030405060708090a0b0c"),
            try unhex("f0f1f2f3f4f5f6f7f8f9"),
            42
        )
        #expect(
            hex(output)
                == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        )
    }

    /// RFC 5869, appendix A.2.
    @Test func `the long case of RFC 5869 comes out`() throws {
        let output = hkdf(Array(0x00...0x4F), Array(0x60...0xAF), Array(0xB0...0xFF), 82)
        #expect(
            hex(output)
                == "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
                + "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
                + "cc30c58179ec3e87c14c01d5c1f3434f1d87"
        )
    }

    /// RFC 5869, appendix A.3.
    @Test func `the case without salt and info of RFC 5869 comes out`() {
        let output = hkdf([UInt8](repeating: 0x0B, count: 22), [], [], 42)
        #expect(
            hex(output)
                == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
        )
    }

    @Test func `a shorter output is the start of a longer one`() {
        let whole = hkdf([1], [2], [3], 255 * 32)
        #expect(whole.count == 8_160)
        for count in [0, 1, 31, 32, 33, 64, 65] {
            #expect(hkdf([1], [2], [3], count) == Array(whole[..<count]))
        }
    }

    @Test func `more than the RFC allows ends the process`() async {
        await #expect(processExitsWith: .failure) {
            let none: [UInt8] = []
            _ = Digest.hkdfSHA256(secret: none.span, salt: none.span, info: none.span, count: 255 * 32 + 1)
        }
    }
}
