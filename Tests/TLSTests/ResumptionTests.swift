// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import TestSupport
import Testing

@testable import TLS

@Suite struct `Resumption` {
    private func first(_ server: TLSServerContext, _ client: TLSClientContext) throws -> TLSResumption {
        let pair = try Pair(server, client)
        try pair.run()
        #expect(try pair.talk())
        #expect(!pair.client.isResumed)
        #expect(pair.server.resumption == nil)
        return try #require(pair.client.resumption)
    }

    /// Whether the session goes on; it must work in either case.
    private func resumes(_ server: TLSServerContext, _ client: TLSClientContext, _ earlier: TLSResumption) throws
        -> Bool
    {
        let pair = try Pair(server, client, resuming: earlier)
        try pair.run()
        #expect(try pair.talk())
        #expect(pair.client.isResumed == pair.server.isResumed)
        return pair.server.isResumed
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func `a ticket resumes a session until its key is too old`(_ version: Int32) throws {
        let (server, client) = (try Fixture.server(), try Fixture.client())
        client.limit(to: version)
        let ticket = try first(server, client)
        #expect(try resumes(server, client, ticket))
        for _ in 0..<TLSLimits.oldTicketKeysMax {
            try server.rotateTicketKey()
            #expect(try resumes(server, client, ticket))
        }
        try server.rotateTicketKey()
        #expect(try !resumes(server, client, ticket))
    }

    @Test func `a day has more than one key`() {
        #expect(TLSLimits.ticketKeySeconds * (TLSLimits.oldTicketKeysMax + 1) <= 24 * 3600)
        #expect(TLSLimits.sessionSecondsMax <= TLSLimits.ticketKeySeconds)
    }

    @Test func `another context does not know the ticket`() throws {
        let client = try Fixture.client()
        let ticket = try first(try Fixture.server(), client)
        #expect(try !resumes(try Fixture.server(), client, ticket))
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func `the name is kept over a resumption`(_ version: Int32) throws {
        let (server, client) = (try Fixture.server(), try Fixture.client())
        client.limit(to: version)
        let ticket = try first(server, client)
        let pair = try Pair(server, client, resuming: ticket)
        try pair.run()
        #expect(pair.server.isResumed)
        #expect(pair.server.serverName == Array("localhost".utf8))
    }

    @Test func `early data is not taken`() throws {
        let ticket = try first(try Fixture.server(), try Fixture.client())
        #expect(ticket.earlyDataBytesMax == 0)
    }
}

@Suite struct `Client certificates` {
    private func authorities() throws -> TLSAuthorities { try TLSAuthorities(try Fixture.authority.get().certificate) }

    @Test func `required: only a client with a good one gets through`() throws {
        let server = try Fixture.server(clients: .required(try authorities()))
        #expect(failure(try Pair(server, try Fixture.client(identity: Fixture.client))) == nil)
        let none = try Pair(server, try Fixture.client())
        #expect(failure(none) == .peer("peer did not return a certificate"))
        // A server's certificate, one of another authority, an old one.
        let old = Result { try Fixture.authority.get().issue("old-client", days: -1, usage: "clientAuth") }
        let foreign = Result { try Fixture.otherAuthority.get().issue("foreign-client", usage: "clientAuth") }
        for bad in [Fixture.good, foreign, old] {
            guard case .certificate = failure(try Pair(server, try Fixture.client(identity: bad))) else {
                Issue.record("it passed")
                continue
            }
        }
    }

    @Test func `optional: without one is good, with a bad one is not`() throws {
        let server = try Fixture.server(clients: .optional(try authorities()))
        #expect(failure(try Pair(server, try Fixture.client())) == nil)
        #expect(failure(try Pair(server, try Fixture.client(identity: Fixture.client))) == nil)
        #expect(failure(try Pair(server, try Fixture.client(identity: Fixture.good))) != nil)
    }

    @Test func `a session is not resumed under other authorities`() throws {
        let keys = try TicketKeys()
        let client = try Fixture.client(identity: Fixture.client)
        let one = try Fixture.server(clients: .required(try authorities()))
        let same = try Fixture.server(clients: .required(try authorities()))
        let both = try authorities().pem + Fixture.otherAuthority.get().certificate
        let other = try Fixture.server(clients: .required(try TLSAuthorities(both)))
        for context in [one, same, other] { #expect(keys.use(in: context.library.pointer)) }
        let pair = try Pair(one, client)
        try pair.run()
        #expect(try pair.talk())
        let ticket = try #require(pair.client.resumption)
        for (context, isResumed) in [(same, true), (other, false)] {
            let next = try Pair(context, client, resuming: ticket)
            try next.run()
            #expect(next.server.isResumed == isResumed)
        }
        withExtendedLifetime(keys) {}
    }
}
