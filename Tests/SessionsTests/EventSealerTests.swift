// SPDX-License-Identifier: Apache-2.0

import Bytes
import Crypto
import JSON
import Testing

@testable import Identity
@testable import MCP
@testable import Sessions

@Suite struct `Event ids` {
    private let alice = Principal(kind: .apiKey, id: Array("a"), subject: Array("alice"))
    private let bob = Principal(kind: .apiKey, id: Array("b"), subject: Array("bob"))
    private let server = Array("git".utf8)
    private let sealer = EventSealer(secrets: [[UInt8](repeating: 7, count: 32)])

    private func scope(_ session: SessionHandle?, _ caller: Principal) -> [UInt8] {
        EventSealer.scope(server, session, caller)
    }

    private func requestID(_ text: String) throws -> RequestID {
        try #require(RequestID(try JSONDocument(Array(text.utf8)).root))
    }

    @Test func `an id comes back with the request whose stream it stood on`() throws {
        let scope = scope(.random(), alice)
        let targets: [(MCPMethod, MCPTarget)] = [
            (.toolsCall, .tool(Array("add"))), (.promptsGet, .prompt(Array("greet"))),
            (.resourcesRead, .resource(uri: Array("file:///a"))),
            (.completionComplete, .template(uri: Array("f://{x}"))),
            (.tasksGet, .task(Array("t"))), (.toolsList, .none), (.other(Array("own/method")), .none),
        ]
        for (method, target) in targets {
            let call = MCPCall(method: method, target: target)
            let id = try requestID("\"a\\u0062\"")
            let text = sealer.seal(Array("17/3"), scope: scope, request: (id, Array("\"g1\""), call))
            let sealed = try #require(text)
            #expect(sealed.allSatisfy { 0x21...0x7E ~= $0 })
            guard case .request(let found)? = sealer.open(sealed, scope: scope) else {
                Issue.record("not opened")
                return
            }
            #expect(found.call == call)
            #expect(found.id.text == id.text)
            #expect(found.upstreamID == Array("\"g1\""))
            #expect(found.upstreamEventID == Array("17/3"))
        }
    }

    @Test func `an id of a standalone stream says nothing but that`() throws {
        let scope = scope(.random(), alice)
        let sealed = try #require(sealer.seal(Array("1"), scope: scope, request: nil))
        guard case .standalone? = sealer.open(sealed, scope: scope) else {
            Issue.record("not opened as a standalone stream's")
            return
        }
    }

    @Test func `an id is good in its own session only, and without one for its own caller`() throws {
        let mine = SessionHandle.random()
        let inSession = try #require(sealer.seal(Array("1"), scope: scope(mine, alice), request: nil))
        let without = try #require(sealer.seal(Array("1"), scope: scope(nil, alice), request: nil))
        #expect(sealer.open(inSession, scope: scope(mine, alice)) != nil)
        #expect(sealer.open(inSession, scope: scope(.random(), alice)) == nil)
        #expect(sealer.open(inSession, scope: scope(nil, alice)) == nil)
        #expect(sealer.open(without, scope: scope(nil, alice)) != nil)
        #expect(sealer.open(without, scope: scope(nil, bob)) == nil)
        #expect(sealer.open(without, scope: EventSealer.scope(Array("other".utf8), nil, alice)) == nil)
    }

    @Test func `no changed, cut or invented id opens`() throws {
        let scope = scope(.random(), alice)
        let sealed = try #require(sealer.seal(Array("1"), scope: scope, request: nil))
        for index in sealed.indices {
            var changed = sealed
            changed[index] = sealed[index] == 0x41 ? 0x42 : 0x41
            #expect(sealer.open(changed, scope: scope) == nil)
            #expect(sealer.open(Array(sealed[..<index]), scope: scope) == nil)
        }
        #expect(sealer.open(Array("17/3"), scope: scope) == nil)
        #expect(sealer.open([UInt8](repeating: 0x41, count: EventSealer.textBytesMax + 1), scope: scope) == nil)
        #expect(sealer.open(sealed, scope: scope) != nil)
    }

    @Test func `an id over the limit is not shown`() {
        let scope = scope(nil, alice)
        let longest = [UInt8](repeating: 0x61, count: EventSealer.upstreamIDBytesMax)
        #expect(sealer.seal(longest, scope: scope, request: nil) != nil)
        #expect(sealer.seal(longest + [0x61], scope: scope, request: nil) == nil)
    }

    @Test func `ids for requests differ, over restarts too, and are made once a server sends event ids`() {
        let one = EventIDUse()
        #expect(one.nextRequestID() == nil)
        one.note()
        let other = EventIDUse()
        other.note()
        let ids = (0..<100).flatMap { _ in [one.nextRequestID(), other.nextRequestID()] }.compactMap(\.self)
        #expect(Set(ids).count == 200)
        for id in ids { #expect((try? JSONDocument(id).root)?.kind == .string) }
    }
}
