// SPDX-License-Identifier: Apache-2.0

import Bytes
import Crypto
import TestSupport
import Testing

private func equal(_ one: [UInt8], _ other: [UInt8]) -> Bool { constantTimeEquals(one.span, other.span) }

private func secret(_ text: String) -> Secret {
    let bytes = [UInt8](text: text)
    return Secret(bytes.span)
}

@Suite struct ConstantTimeTests {
    @Test func `a difference in any bit of any byte is seen`() {
        var random = SeededGenerator(seed: 1)
        let bytes = random.bytes(40)
        #expect(equal(bytes, bytes))
        for place in bytes.indices {
            for bit in 0..<8 {
                var other = bytes
                other[place] ^= 1 << UInt8(bit)
                #expect(!equal(bytes, other))
            }
        }
    }

    @Test func `unequal lengths are unequal, and nothing equals nothing`() {
        #expect(equal([], []))
        #expect(!equal([], [0]))
        #expect(!equal([0], [0, 0]))
        #expect(!equal([1, 2, 3], [1, 2]))
    }
}

@Suite struct SecureRandomTests {
    @Test func `there are as many bytes as asked for`() {
        for count in [0, 1, 2, 16, 32, 33, 1_000_000] { #expect(SecureRandom.bytes(count).count == count) }
        #expect(SecureRandom.bytes(-1).isEmpty)
    }

    @Test func `no two draws are alike and every byte value comes up`() {
        let draws = Set((0..<1_000).map { _ in SecureRandom.bytes(16) })
        #expect(draws.count == 1_000)
        #expect(Set(draws.joined()).count == 256)
    }
}

@Suite struct SecretTests {
    @Test func `no way of printing shows it`() {
        let value = secret("hunter2hunter2")
        var dumped = ""
        dump(value, to: &dumped)
        dump([value], to: &dumped)
        let texts = [
            "\(value)", String(describing: value), String(reflecting: value), value.debugDescription, dumped,
            "\([value])", "\(Optional(value) as Any)", "\((value, 1))", String(reflecting: ["k": value]),
        ]
        for text in texts {
            #expect(text.contains("‹redacted›"))
            #expect(!text.contains("hunter"))
            #expect(!text.contains("104"))  // the code of `h`, as an array of bytes would print
        }
        #expect(Mirror(reflecting: value).children.isEmpty)
    }

    @Test func `it holds what it was given, and equals only the same`() {
        let value = secret("abc")
        let held = value.exposed.array
        #expect(held == Array("abc".utf8))
        #expect(value.count == 3)
        #expect(value == secret("abc"))
        #expect(value != secret("abd"))
        #expect(value != secret("ab"))
        #expect(secret("") == secret(""))
    }

    @Test func `what it takes over is wiped`() {
        var bytes = Array("abc".utf8)
        let value = Secret(taking: &bytes)
        let held = value.exposed.array
        #expect(bytes.isEmpty)
        #expect(held == Array("abc".utf8))
    }

    @Test func `wiping empties an array and leaves a copy alone`() {
        var bytes = [UInt8](repeating: 7, count: 5)
        let copy = bytes
        wipe(&bytes)
        #expect(bytes.isEmpty)
        #expect(copy == [7, 7, 7, 7, 7])
        wipe(&bytes)
        #expect(bytes.isEmpty)
    }
}
