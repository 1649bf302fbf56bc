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

    /// Where a session is reached.
    enum Place {
        /// On this loop, soon.
        case starting(SessionHome)
        /// In a server that has not named it yet.
        case opening
        case home(SessionHome, Slot)
        /// In an HTTP server.
        case record(HTTPSessionRecord)
    }

    struct Entry {
        var place: Place
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

    /// Takes a place for a new session, before anything is started.
    /// - Parameter processesMax: what its process is counted against; nil where it has none.
    func reserve(
        for owner: Principal,
        server: Int,
        processesMax: Int? = nil,
        at place: Place = .opening,
        now: Int
    ) throws(Refusal) -> (handle: SessionHandle, expires: Int) {
        let handle = SessionHandle.random()
        let (lifetimeEnd, overflowed) = now.addingReportingOverflow(limits.lifetimeMicroseconds)
        let expires = overflowed ? Int.max : lifetimeEnd
        let entry = Entry(place: place, owner: owner, server: server, expires: expires)
        let refusal = state.withLock { state -> Refusal? in
            if let refusal = state.refusal(owner, limits) { return refusal }
            if let processesMax {
                guard state.processes[server, default: 0] < processesMax else { return .full("processes.maximum") }
                state.processes[server, default: 0] += 1
            }
            state.insert(handle, entry)
            return nil
        }
        if let refusal { throw refusal }
        return (handle, expires)
    }

    func settle(_ handle: SessionHandle, at place: Place) {
        state.withLock { $0.entries[handle]?.place = place }
    }

    /// The server has named its session.
    func settle(_ handle: SessionHandle, _ record: HTTPSessionRecord) {
        state.withLock { state in
            state.entries[handle]?.place = .record(record)
            state.entries[handle]?.version = record.version
        }
    }

    /// The server did not open the session that a place was taken for.
    func releaseUnsettled(_ handle: SessionHandle) {
        state.withLock { state in
            if case .opening? = state.entries[handle]?.place { state.remove(handle) }
        }
    }

    /// Takes out the sessions of one HTTP server that have not been used for so long.
    func removeIdle(server: Int, _ now: UInt64, after nanoseconds: UInt64) -> [HTTPSessionRecord] {
        state.withLock { state in
            var idle: [HTTPSessionRecord] = []
            for entry in state.entries.values where entry.server == server {
                if case .record(let record) = entry.place, record.isIdle(now, after: nanoseconds) {
                    idle.append(record)
                }
            }
            for record in idle { state.remove(record.handle) }
            return idle
        }
    }

    func settle(_ handle: SessionHandle, version: ProtocolVersion?) {
        state.withLock { $0.entries[handle]?.version = version }
    }

    /// The id is no longer good; its process may still be ending.
    /// - Returns: whether it was there.
    @discardableResult
    func remove(_ handle: SessionHandle) -> Bool {
        state.withLock { $0.remove(handle) }
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
        let found = state.withLock { state -> Result<SessionTicket, Refusal> in
            if state.entries[opened.handle] == nil, let refusal = state.adopt(opened, for: caller, server, limits) {
                return .failure(refusal)
            }
            guard let entry = state.entries[opened.handle], entry.server == server, let place = entry.ticketPlace else {
                return .failure(.unknown)
            }
            if entry.owner != caller {
                guard state.claim(opened.handle, for: caller, limits) else { return .failure(.unknown) }
                // Inside the lock, so that whoever finds the session as its new owner speaks to it afterwards.
                place.ownerChanged()
            }
            return .success(SessionTicket(handle: opened.handle, version: entry.version, place: place))
        }
        return try found.get()
    }

    func seal(_ record: HTTPSessionRecord, opener: Principal, server: [UInt8], expires: Int) -> [UInt8] {
        sealer.seal(record, opener: opener, server: server, expires: expires)
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

    /// Takes up a session of an earlier run of the gateway, or of another replica: its id says all that is needed. One
    /// that this run opened and that is not here any more has ended.
    fileprivate mutating func adopt(
        _ opened: SessionSealer.Opened,
        for caller: Principal,
        _ server: Int,
        _ limits: SessionDirectory.Limits
    ) -> SessionDirectory.Refusal? {
        // One that was opened without credentials may have had another owner since.
        guard caller.kind != .anonymous, let record = opened.foreignRecord, opened.opener == caller.sessionBinding
        else { return .unknown }
        if let refusal = refusal(caller, limits) { return refusal }
        let place = SessionDirectory.Place.record(record)
        insert(
            opened.handle,
            SessionDirectory.Entry(
                place: place,
                owner: caller,
                server: server,
                expires: opened.expires,
                version: record.version
            )
        )
        return nil
    }

    fileprivate func refusal(_ owner: Principal, _ limits: SessionDirectory.Limits) -> SessionDirectory.Refusal? {
        guard entries.count < limits.sessionsMax else { return .full("limits.sessions") }
        guard perPrincipal[owner, default: 0] < limits.sessionsPerPrincipalMax else {
            return .full("limits.sessions_per_principal")
        }
        return nil
    }

    fileprivate mutating func insert(_ handle: SessionHandle, _ entry: SessionDirectory.Entry) {
        entries[handle] = entry
        perPrincipal[entry.owner, default: 0] += 1
    }

    @discardableResult
    fileprivate mutating func remove(_ handle: SessionHandle) -> Bool {
        guard let entry = entries.removeValue(forKey: handle) else { return false }
        release(entry.owner)
        return true
    }

    fileprivate mutating func release(_ owner: Principal) {
        let left = perPrincipal[owner, default: 1] - 1
        perPrincipal[owner] = left > 0 ? left : nil
    }
}

extension SessionDirectory.Entry {
    fileprivate var ticketPlace: SessionTicket.Place? {
        switch place {
        case .starting, .opening: nil
        case .home(let home, let slot): .home(home, slot)
        case .record(let record): .record(record)
        }
    }
}

/// A session that was found for its owner: what commands for it are sent through.
public struct SessionTicket: Sendable {
    enum Place: Sendable {
        case home(SessionHome, Slot)
        case record(HTTPSessionRecord)

        func ownerChanged() {
            switch self {
            case .home(let home, let slot): home.ownerChanged(slot)
            case .record(let record): record.ownerChanged()
            }
        }
    }

    public let handle: SessionHandle
    /// The protocol version that `initialize` agreed on, where it is one that this gateway knows.
    public let version: ProtocolVersion?
    let place: Place
}
