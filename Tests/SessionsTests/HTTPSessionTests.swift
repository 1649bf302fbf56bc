// SPDX-License-Identifier: Apache-2.0

import Bytes
import JSON
import Reactor
import Testing

@testable import Identity
@testable import MCP
@testable import Sessions

@Suite struct `Sessions with HTTP servers` {
    private let alice = Principal(kind: .apiKey, id: Array("a"), subject: Array("alice"))
    private let bob = Principal(kind: .apiKey, id: Array("b"), subject: Array("bob"))
    private let guest = Principal(kind: .anonymous, id: [], subject: Array("192.0.2.1"))
    private let server = Array("git".utf8)
    private let secrets = [[UInt8](repeating: 7, count: 32)]

    private func makeDirectory(sessions: Int = 10, perPrincipal: Int = 10) -> SessionDirectory {
        SessionDirectory(
            limits: SessionDirectory.Limits(
                sessionsMax: sessions,
                sessionsPerPrincipalMax: perPrincipal,
                lifetimeMicroseconds: 1_000_000
            ),
            sealer: SessionSealer(secrets: secrets)
        )
    }

    private func makeRecord(_ handle: SessionHandle = .random(), now: UInt64 = 1) -> HTTPSessionRecord {
        HTTPSessionRecord(
            handle: handle,
            upstreamID: Array("upstream-1"),
            capabilities: [.sampling, .roots],
            version: .v2025_06_18,
            now: now
        )
    }

    private func open(_ directory: SessionDirectory, for owner: Principal) throws -> (id: [UInt8], HTTPSessionRecord) {
        let (handle, expires) = try directory.reserve(for: owner, server: 3, now: 0)
        let record = makeRecord(handle)
        directory.settle(handle, record)
        return (directory.seal(record, opener: owner, server: server, expires: expires), record)
    }

    private func find(_ directory: SessionDirectory, _ id: [UInt8], _ caller: Principal) -> HTTPSessionRecord? {
        let ticket = try? directory.find(id, caller: caller, server: 3, serverName: server, now: 1)
        guard case .record(let record)? = ticket?.place else { return nil }
        return record
    }

    private func requestID(_ number: Int) -> RequestID { RequestID(number: number) }

    // MARK: whose it is

    @Test func `a session is its caller's, on its server, and nobody else's`() throws {
        let directory = makeDirectory()
        let (id, record) = try open(directory, for: alice)
        #expect(find(directory, id, alice) === record)
        #expect(find(directory, id, bob) == nil)
        #expect((try? directory.find(id, caller: alice, server: 4, serverName: server, now: 1)) == nil)
        #expect((try? directory.find(id, caller: alice, server: 3, serverName: Array("x".utf8), now: 1)) == nil)
    }

    @Test func `a session outlives the run that opened it, with all that its id says`() throws {
        let (id, _) = try open(makeDirectory(), for: alice)
        let next = makeDirectory()
        #expect(find(next, id, bob) == nil)
        let found = try #require(find(next, id, alice))
        #expect(found.upstreamID == Array("upstream-1"))
        #expect(found.capabilities == [.sampling, .roots])
        #expect(found.version == .v2025_06_18)
        // The same one from now on.
        #expect(find(next, id, alice) === found)
        #expect(next.count == 1)
    }

    @Test func `what this run has ended does not come back`() throws {
        let directory = makeDirectory()
        let (id, record) = try open(directory, for: alice)
        #expect(find(directory, id, alice) != nil)
        directory.remove(record.handle)
        #expect(find(directory, id, alice) == nil)
    }

    @Test func `taking up an old session counts against the limits`() throws {
        let (id, _) = try open(makeDirectory(), for: alice)
        let full = makeDirectory(perPrincipal: 1)
        _ = try open(full, for: alice)
        #expect(find(full, id, alice) == nil)
        let roomy = makeDirectory(perPrincipal: 2)
        _ = try open(roomy, for: alice)
        #expect(find(roomy, id, alice) != nil)
    }

    @Test func `the first caller who signs in owns an open session; the one before loses its streams`() throws {
        let directory = makeDirectory()
        let (id, record) = try open(directory, for: guest)
        #expect(record.owner == 0)
        #expect(find(directory, id, bob) === record)
        #expect(record.owner == 1)
        #expect(find(directory, id, guest) == nil)
        #expect(find(directory, id, alice) == nil)
    }

    @Test func `a place that no session came to is given back`() throws {
        let directory = makeDirectory(perPrincipal: 1)
        let (handle, _) = try directory.reserve(for: alice, server: 3, now: 0)
        #expect(throws: SessionDirectory.Refusal.self) { try directory.reserve(for: alice, server: 3, now: 0) }
        directory.releaseUnsettled(handle)
        #expect(directory.count == 0)
        let (second, _) = try directory.reserve(for: alice, server: 3, now: 0)
        directory.settle(second, makeRecord(second))
        directory.releaseUnsettled(second)
        #expect(directory.count == 1)
    }

    @Test func `what nobody uses is taken out; an open stream is a use`() throws {
        let directory = makeDirectory()
        let (_, record) = try open(directory, for: alice)
        #expect(directory.removeIdle(server: 3, 99, after: 100).isEmpty)
        record.beginStream()
        #expect(directory.removeIdle(server: 3, 500, after: 100).isEmpty)
        record.endStream(500)
        #expect(directory.removeIdle(server: 3, 599, after: 100).isEmpty)
        #expect(directory.removeIdle(server: 4, 700, after: 100).isEmpty)
        #expect(directory.removeIdle(server: 3, 700, after: 100).count == 1)
        #expect(directory.count == 0)
    }

    // MARK: what is under way

    @Test func `two requests of one id are not under way together, and no more than the limit`() {
        let record = makeRecord()
        let ended = HTTPSessionRecord.Pending(upstreamID: nil, progressToken: Array("7"), call: nil)
        #expect(record.begin(requestID(1), ended) == nil)
        #expect(record.hasProgressToken(Array("7")))
        #expect(!record.hasProgressToken(Array("8")))
        // Its stream has ended: its client may use the id again.
        #expect(record.begin(requestID(1), ended) == nil)
        for number in 2...HTTPSessionRecord.requestsMax { #expect(record.begin(requestID(number), ended) == nil) }
        // Room is made by those that nobody reads any more.
        #expect(record.begin(requestID(0), ended) == nil)
        #expect(record.pending(requestID(1)) == nil)
        record.end(requestID(0))
        #expect(record.pending(requestID(0)) == nil)
    }

    @Test func `a request of the server's is answered once, and in time`() {
        let record = makeRecord()
        #expect(!record.settle(requestID(5), now: 1))
        #expect(record.ask(requestID(5), now: 1))
        #expect(!record.ask(requestID(5), now: 2))
        #expect(record.extendedDeadline(10, response: 100) == 1 + HTTPSessionRecord.serverRequestNanoseconds)
        #expect(record.settle(requestID(5), now: 20))
        #expect(!record.settle(requestID(5), now: 21))
        #expect(record.extendedDeadline(30, response: 100) == 120)
        #expect(record.extendedDeadline(120, response: 100) == nil)
        #expect(record.ask(requestID(6), now: 1))
        #expect(!record.settle(requestID(6), now: 1 + HTTPSessionRecord.serverRequestNanoseconds))
    }

    @Test func `a server may ask so much and no more; what is over time makes room`() {
        let record = makeRecord()
        for number in 0..<HTTPSessionRecord.serverRequestsMax { #expect(record.ask(requestID(number), now: 1)) }
        #expect(!record.ask(requestID(999), now: 2))
        #expect(record.ask(requestID(999), now: 2 + HTTPSessionRecord.serverRequestNanoseconds))
    }
}
