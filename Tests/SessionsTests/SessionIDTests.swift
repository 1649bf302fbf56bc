// SPDX-License-Identifier: Apache-2.0

import Bytes
import Crypto
import Testing

@testable import Identity
@testable import Sessions

@Suite struct `Session ids` {
    private let alice = Principal(kind: .apiKey, id: Array("a"), subject: Array("alice"))
    private let server = Array("calculator".utf8)
    private let sealer = SessionSealer(secrets: [[UInt8](repeating: 7, count: 32)])

    @Test func `an id opens on its server until it expires, and is visible ASCII`() {
        let handle = SessionHandle.random()
        let id = sealer.seal(handle, opener: alice, server: server, expires: 1000)
        #expect(id.allSatisfy { 0x21...0x7E ~= $0 })
        #expect(id.count <= 256)
        #expect(sealer.open(id, server: server, now: 999)?.handle == handle)
        #expect(sealer.open(id, server: server, now: 999)?.opener == alice.sessionBinding)
        #expect(sealer.open(id, server: server, now: 1000) == nil)
        #expect(sealer.open(id, server: Array("other".utf8), now: 999) == nil)
    }

    @Test func `no changed byte opens`() {
        let id = sealer.seal(.random(), opener: alice, server: server, expires: 1000)
        for index in id.indices {
            var changed = id
            changed[index] = id[index] == 0x41 ? 0x42 : 0x41
            #expect(sealer.open(changed, server: server, now: 1) == nil)
        }
        for length in 0..<id.count { #expect(sealer.open(Array(id[..<length]), server: server, now: 1) == nil) }
        #expect(sealer.open(id + [0x41], server: server, now: 1) == nil)
        #expect(sealer.open([UInt8](repeating: 0x41, count: 10_000), server: server, now: 1) == nil)
        #expect(sealer.open(id, server: server, now: 1) != nil)
    }

    @Test func `the first key seals and every key opens`() {
        let old = SessionSealer(secrets: [[UInt8](repeating: 1, count: 32)])
        let both = SessionSealer(secrets: [[UInt8](repeating: 2, count: 32), [UInt8](repeating: 1, count: 32)])
        let new = SessionSealer(secrets: [[UInt8](repeating: 2, count: 32)])
        let byOld = old.seal(.random(), opener: alice, server: server, expires: 10)
        let byBoth = both.seal(.random(), opener: alice, server: server, expires: 10)
        #expect(both.open(byOld, server: server, now: 1) != nil)
        #expect(new.open(byOld, server: server, now: 1) == nil)
        #expect(new.open(byBoth, server: server, now: 1) != nil)
        #expect(old.open(byBoth, server: server, now: 1) == nil)
    }

    @Test func `a thousand ids are a thousand`() {
        let ids = (0..<1000).map { _ in sealer.seal(.random(), opener: alice, server: server, expires: 10) }
        #expect(Set(ids).count == 1000)
    }
}
