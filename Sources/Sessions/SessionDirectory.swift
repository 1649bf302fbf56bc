// SPDX-License-Identifier: Apache-2.0

import Bytes
public import Identity
public import MCP
import Reactor

/// Where each session lives and whose it is. Shared by all loops.
public final class SessionDirectory: Sendable {
    /// Why a session cannot be had.
    public enum Refusal: Error, Sendable {
        /// Unknown, over, of another server, or another caller's: the caller cannot tell which (MCP-85).
        case unknown
        /// A limit of `sessions`, `sessions_per_principal` or `processes.maximum` is reached.
        case full(StaticString)

    }

    public struct Limits: Sendable {
        public var sessionsMax: Int
        public var sessionsPerPrincipalMax: Int
        /// How long a session may last, microseconds.
        public var lifetimeMicroseconds: Int

        public init(sessionsMax: Int, sessionsPerPrincipalMax: Int, lifetimeMicroseconds: Int) {
            self.sessionsMax = sessionsMax
            self.sessionsPerPrincipalMax = sessionsPerPrincipalMax
            self.lifetimeMicroseconds = lifetimeMicroseconds
        }
    }

    struct Entry {
        let home: SessionHome
        var slot: Slot?
        var owner: Principal
        let server: Int
        let expires: Int
        /// What `initialize` agreed on; nil until then.
        var version: ProtocolVersion?
    }

    fileprivate struct State {
        var entries: [SessionHandle: Entry] = [:]
        var perPrincipal: [Principal: Int] = [:]
        /// Processes by server, until every descendant is gone.
        var processes: [Int: Int] = [:]
    }

    private let limits: Limits
    private let sealer: SessionSealer
    private let state = Locked(State())

    public init(limits: Limits, sealer: SessionSealer) {
        self.limits = limits
        self.sealer = sealer
    }

    /// Sessions that live now.
    public var count: Int { state.withLock { $0.entries.count } }

    /// Child processes that live now, over all servers.
    public var processCount: Int { state.withLock { state in state.processes.values.reduce(0, +) } }

    /// Takes a place for a new session and its process, before anything is started.
    func reserve(
        for owner: Principal,
        server: Int,
        processesMax: Int,
        home: SessionHome,
        now: Int
    ) throws(Refusal) -> (handle: SessionHandle, expires: Int) {
        let handle = SessionHandle.random()
        let (lifetimeEnd, overflowed) = now.addingReportingOverflow(limits.lifetimeMicroseconds)
        let expires = overflowed ? Int.max : lifetimeEnd
        let refusal = state.withLock { state -> Refusal? in
            guard state.entries.count < limits.sessionsMax else { return .full("limits.sessions") }
            guard state.perPrincipal[owner, default: 0] < limits.sessionsPerPrincipalMax else {
                return .full("limits.sessions_per_principal")
            }
            guard state.processes[server, default: 0] < processesMax else { return .full("processes.maximum") }
            state.entries[handle] = Entry(home: home, slot: nil, owner: owner, server: server, expires: expires)
            state.perPrincipal[owner, default: 0] += 1
            state.processes[server, default: 0] += 1
            return nil
        }
        if let refusal { throw refusal }
        return (handle, expires)
    }

    func settle(_ handle: SessionHandle, at slot: Slot) {
        state.withLock { $0.entries[handle]?.slot = slot }
    }

    func settle(_ handle: SessionHandle, version: ProtocolVersion?) {
        state.withLock { $0.entries[handle]?.version = version }
    }

    /// The id is no longer good; its process may still be ending.
    func remove(_ handle: SessionHandle) {
        state.withLock { state in
            guard let entry = state.entries.removeValue(forKey: handle) else { return }
            state.release(entry.owner)
        }
    }

    func processIsGone(server: Int) {
        state.withLock { state in
            let left = state.processes[server, default: 1] - 1
            state.processes[server] = left > 0 ? left : nil
        }
    }

    func seal(_ handle: SessionHandle, opener: Principal, server: [UInt8], expires: Int) -> [UInt8] {
        sealer.seal(handle, opener: opener, server: server, expires: expires)
    }

    /// The session that an id names, for the caller whose it is.
    ///
    /// > semantics 2: "the first authenticated caller to use a session that was opened without credentials owns it from
    /// > then on; all others get 404."
    public func find(
        _ id: [UInt8],
        caller: Principal,
        server: Int,
        serverName: [UInt8],
        now: Int
    ) throws(Refusal) -> SessionTicket {
        guard let opened = sealer.open(id, server: serverName, now: now) else { throw .unknown }
        let ticket = state.withLock { state -> SessionTicket? in
            guard let entry = state.entries[opened.handle], let slot = entry.slot, entry.server == server else {
                return nil
            }
            if entry.owner != caller {
                guard state.claim(opened.handle, for: caller, limits) else { return nil }
                // Inside the lock, so that whoever finds the session as its new owner speaks to it afterwards.
                entry.home.ownerChanged(slot)
            }
            return SessionTicket(handle: opened.handle, version: entry.version, home: entry.home, slot: slot)
        }
        guard let ticket else { throw .unknown }
        return ticket
    }
}

extension SessionDirectory.State {
    /// Gives a session that was opened without credentials to its first authenticated user.
    fileprivate mutating func claim(
        _ handle: SessionHandle,
        for caller: Principal,
        _ limits: SessionDirectory.Limits
    ) -> Bool {
        guard caller.kind != .anonymous, let owner = entries[handle]?.owner, owner.kind == .anonymous,
            perPrincipal[caller, default: 0] < limits.sessionsPerPrincipalMax
        else { return false }
        release(owner)
        perPrincipal[caller, default: 0] += 1
        entries[handle]?.owner = caller
        return true
    }

    fileprivate mutating func release(_ owner: Principal) {
        let left = perPrincipal[owner, default: 1] - 1
        perPrincipal[owner] = left > 0 ? left : nil
    }
}

/// A session that was found for its owner: what commands for it are sent through.
public struct SessionTicket: Sendable {
    public let handle: SessionHandle
    /// The protocol version that `initialize` agreed on, where it is one that this gateway knows.
    public let version: ProtocolVersion?
    let home: SessionHome
    let slot: Slot
}
