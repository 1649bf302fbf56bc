// SPDX-License-Identifier: Apache-2.0

import Bytes
import Crypto
import TestSupport
import Testing

private let secret = [UInt8](repeating: 0x42, count: 32)
private let key = SealingKey(secret: secret, purpose: "test")
private let context = [UInt8](text: "session 1")

private func open(_ sealed: [UInt8], with key: SealingKey = key, context: [UInt8] = context) -> [UInt8]? {
    key.open(sealed.span, context: context)
}

@Suite struct SealingKeyTests {
    @Test(arguments: [0, 1, 15, 16, 17, 100, 4_096, 1_000_000])
    func `what is sealed opens again`(length: Int) {
        var random = SeededGenerator(seed: UInt64(length))
        let plain = random.bytes(length)
        let sealed = key.seal(plain, context: context)
        #expect(sealed.count == length + SealingKey.overheadBytes)
        #expect(open(sealed) == plain)
        let bare = key.seal(plain, context: [])
        #expect(open(bare, context: []) == plain)
    }

    @Test func `a change of any bit anywhere is refused`() {
        let sealed = key.seal(Array("a small secret".utf8), context: context)
        #expect(open(sealed) != nil)
        for place in sealed.indices {
            for bit in 0..<8 {
                var changed = sealed
                changed[place] ^= 1 << UInt8(bit)
                #expect(open(changed) == nil)
            }
        }
    }

    @Test func `a value cut, lengthened or joined is refused`() {
        let sealed = key.seal(Array("a small secret".utf8), context: context)
        for length in 0..<sealed.count { #expect(open(Array(sealed[..<length])) == nil) }
        for start in 1...sealed.count { #expect(open(Array(sealed[start...])) == nil) }
        #expect(open(sealed + [0]) == nil)
        #expect(open([0] + sealed) == nil)
        #expect(open(sealed + sealed) == nil)
        #expect(open(sealed) != nil)
    }

    @Test func `another context, purpose or secret does not open it`() {
        let sealed = key.seal([1, 2, 3], context: context)
        #expect(open(sealed) == [1, 2, 3])
        #expect(open(sealed, context: []) == nil)
        #expect(open(sealed, context: context + [0]) == nil)
        #expect(open(sealed, context: [UInt8](text: "session 2")) == nil)
        #expect(open(sealed, with: SealingKey(secret: secret, purpose: "test2")) == nil)
        #expect(open(sealed, with: SealingKey(secret: secret + [0], purpose: "test")) == nil)
        #expect(open(sealed, with: SealingKey(secret: secret, purpose: "test")) == [1, 2, 3])
    }

    @Test func `the same value is never sealed to the same bytes`() {
        let sealed = Set((0..<1_000).map { _ in key.seal([1], context: context) })
        #expect(sealed.count == 1_000)
        #expect(Set(sealed.map { $0.prefix(SealingKey.nonceBytes) }).count == 1_000)
    }

    @Test func `a thousand random values are refused`() {
        var random = SeededGenerator(seed: 9)
        for length in 0..<1_000 { #expect(open(random.bytes(length % 100)) == nil) }
    }

    @Test func `one key serves many threads`() async {
        await withTaskGroup(of: Bool.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    (0..<200).allSatisfy { round in
                        let plain = [UInt8](repeating: UInt8(worker), count: round)
                        return open(key.seal(plain, context: [UInt8(worker)]), context: [UInt8(worker)]) == plain
                    }
                }
            }
            for await good in group { #expect(good) }
        }
    }

    @Test func `printing a key shows nothing of it`() {
        var dumped = ""
        dump(key, to: &dumped)
        #expect(dumped.contains("‹redacted›"))
        #expect(!dumped.contains("66"))
        #expect("\(key)".contains("‹redacted›"))
    }

    /// AES-256-GCM computed by another library (Python's `cryptography`) for the key that HKDF gives here, so that a
    /// release that seals otherwise is noticed: sessions would not survive the upgrade.
    @Test func `a value sealed long ago still opens`() throws {
        let text = [UInt8](text: "000102030405060708090a0bdfcb99f9dae4ce44d507f100f2696b3009a8429f62ec8a3ad0d4")
        let sealed = Hex.decode(text.span)
        #expect(open(try #require(sealed)) == Array("still here".utf8))
    }
}
