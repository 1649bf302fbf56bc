// SPDX-License-Identifier: Apache-2.0

public import Bytes

/// The addresses of one host, looked up off the loops. The last good answer is kept for as long as the name cannot be
/// resolved, and used while a newer one is on its way. Callable from every thread.
public final class HostResolver: Sendable {
    /// How old an answer may be before it is asked for anew, nanoseconds.
    public static let refreshNanoseconds: UInt64 = 30_000_000_000
    /// Callers that may wait for the first answer at a time; more are told at once that there is none.
    public static let waitersMax = 10_000

    private struct State {
        var addresses: [IPAddress] = []
        var answered: UInt64?
        var isAsking = false
        var waiters: [@Sendable ([IPAddress]) -> Void] = []
    }

    private let name: [UInt8]
    /// The name is an address: there is nothing to look up.
    private let fixed: IPAddress?
    private let lookUp: @Sendable ([UInt8]) -> [IPAddress]
    private let state = Locked(State())

    /// - Parameter name: a host name, or an address without brackets.
    public convenience init(name: [UInt8]) {
        self.init(name: name, lookUp: lookUpAddresses)
    }

    /// With another source of addresses, for tests. It may block.
    init(name: [UInt8], lookUp: @escaping @Sendable ([UInt8]) -> [IPAddress]) {
        self.name = name
        self.lookUp = lookUp
        fixed = IPAddress.parse(name.span)
    }

    /// The addresses that are known, in the system's order of preference; empty where there are none yet. Where they
    /// are old, a look-up begins behind the caller's back.
    /// - Parameter now: monotonic nanoseconds.
    public func known(now: UInt64) -> [IPAddress] {
        if let fixed { return [fixed] }
        let (addresses, begins) = state.withLock { state -> ([IPAddress], Bool) in
            let isOld = state.answered.map { now >= $0 && now - $0 >= Self.refreshNanoseconds } ?? true
            let begins = isOld && !state.isAsking
            if begins { state.isAsking = true }
            return (state.addresses, begins)
        }
        if begins { ask() }
        return addresses
    }

    /// Calls `found` on the loop, later, with the addresses; with none where the name cannot be resolved.
    public func resolve(on loop: EventLoop, _ found: @escaping @Sendable ([IPAddress]) -> Void) {
        let answer: @Sendable ([IPAddress]) -> Void = { addresses in loop.post { found(addresses) } }
        if let fixed { return answer([fixed]) }
        let begins = state.withLock { state -> Bool? in
            guard state.waiters.count < Self.waitersMax else { return nil }
            state.waiters.append(answer)
            guard !state.isAsking else { return false }
            state.isAsking = true
            return true
        }
        switch begins {
        case nil: answer([])
        case true?: ask()
        case false?: break
        }
    }

    /// One look-up at a time; each has a thread of its own, so that a name server that does not answer holds up nobody
    /// but those who wait for this name.
    private func ask() {
        do {
            let thread = try Thread.start(name: "resolver") { [self] in take(lookUp(name)) }
            thread.detach()
        } catch {
            take([])
        }
    }

    private func take(_ found: [IPAddress]) {
        let (waiters, addresses) = state.withLock { state in
            if !found.isEmpty { state.addresses = found }
            state.answered = Clock.monotonic()
            state.isAsking = false
            let waiters = state.waiters
            state.waiters = []
            return (waiters, state.addresses)
        }
        for waiter in waiters { waiter(addresses) }
    }
}
