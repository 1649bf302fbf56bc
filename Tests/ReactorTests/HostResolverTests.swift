// SPDX-License-Identifier: Apache-2.0

import Bytes
import Testing

@testable import Reactor

@Suite struct `Host names` {
    private static let first = IPAddress(v4: 0x0A00_0001)
    private static let second = IPAddress(v4: 0x0A00_0002)

    /// Answers what the test says, and counts how often it is asked.
    private final class Names: Sendable {
        let answers: Locked<[[IPAddress]]>
        let asked = Locked(0)

        init(_ answers: [[IPAddress]]) { self.answers = Locked(answers) }

        func lookUp() -> [IPAddress] {
            asked.withLock { $0 += 1 }
            return answers.withLock { $0.isEmpty ? [] : $0.removeFirst() }
        }

        func resolver() -> HostResolver {
            HostResolver(name: Array("upstream.example".utf8), lookUp: { _ in self.lookUp() })
        }
    }

    private func resolve(_ resolver: HostResolver) async throws -> [IPAddress] {
        let running = try RunningLoop()
        let answer = Promise<[IPAddress]>()
        resolver.resolve(on: running.loop) { answer.fulfil($0) }
        let found = await answer.value()
        await running.stop()
        return found
    }

    @Test func `an address is its own answer, at once`() throws {
        #expect(HostResolver(name: Array("10.0.0.1".utf8)).known(now: 0) == [Self.first])
        #expect(HostResolver(name: Array("::1".utf8)).known(now: 0) == [IPAddress(high: 0, low: 1)])
    }

    @Test func `the system knows localhost`() async throws {
        let found = try await resolve(HostResolver(name: Array("localhost".utf8)))
        #expect(!found.isEmpty && found.allSatisfy(\.isLoopback))
    }

    @Test func `a name without an address answers with none, and is asked for again`() async throws {
        let names = Names([[], [Self.first]])
        let resolver = names.resolver()
        #expect(try await resolve(resolver).isEmpty)
        #expect(try await resolve(resolver) == [Self.first])
        #expect(resolver.known(now: Clock.monotonic()) == [Self.first])
    }

    @Test func `the last good answer stays while the name cannot be resolved`() async throws {
        let names = Names([[Self.first], [], [Self.second]])
        let resolver = names.resolver()
        #expect(try await resolve(resolver) == [Self.first])
        let later = Clock.monotonic() + HostResolver.refreshNanoseconds + 1_000_000_000
        // Old: used all the same, and asked for behind the caller's back.
        #expect(resolver.known(now: later) == [Self.first])
        #expect(try await resolve(resolver) != [])
        #expect(resolver.known(now: Clock.monotonic()) != [])
    }

    @Test func `an answer that is young is not asked for again`() async throws {
        let names = Names([[Self.first]])
        let resolver = names.resolver()
        _ = try await resolve(resolver)
        // Some moment before the answer: however long the test has been waiting, the answer is young then.
        for _ in 0..<100 { #expect(resolver.known(now: 0) == [Self.first]) }
        #expect(names.asked.withLock { $0 } == 1)
    }
}
