// SPDX-License-Identifier: Apache-2.0

internal import Bytes
internal import MCP
internal import Reactor
internal import Synchronization

/// What all loops know of one session with an HTTP server. The session itself lives in the server; requests of it are
/// sent from whichever loop they came in on.
final class HTTPSessionRecord: Sendable {
    /// Requests of the client's that may be under way.
    static let requestsMax = 256
    /// Standalone streams that a client may have open: more than one, since one that broke may not be seen to be over
    /// when the next one comes.
    static let listenersMax = 4
    /// Requests of the server's that may wait for the client.
    static let serverRequestsMax = 64
    /// Until the client answers a request of the server's, nanoseconds: there may be a person behind it.
    static let serverRequestNanoseconds: UInt64 = 600_000_000_000

    /// A request of the client's that has not been answered.
    struct Pending {
        /// JSON text of the id that it went upstream under, where that is not its own.
        let upstreamID: [UInt8]?
        let progressToken: [UInt8]?
        /// Nil once its stream has ended before its answer: it may be resumed.
        var call: LoopCall?
    }

    /// A call and the loop it lives on.
    struct LoopCall: Sendable {
        let loop: EventLoop
        let call: LoopBound<HTTPCall>
    }

    private struct State {
        var pending: [RequestID: Pending] = [:]
        /// When each request of the server's is given up.
        var serverRequests: [RequestID: UInt64] = [:]
        /// When the client last answered one.
        var lastAnswer: UInt64 = 0
        /// Counts owners: streams of an earlier one get the answers to their own requests and nothing else.
        var owner = 0
    }

    let handle: SessionHandle
    /// The server's name of it.
    let upstreamID: [UInt8]
    /// What the client declared.
    let capabilities: ServerRequestKinds
    /// What `initialize` agreed on, where it is a version that this gateway knows.
    let version: ProtocolVersion?
    private let state = Locked(State())
    private let lastUse: Atomic<UInt64>
    private let streams = Atomic<Int>(0)
    private let listeners = Atomic<Int>(0)

    init(
        handle: SessionHandle,
        upstreamID: [UInt8],
        capabilities: ServerRequestKinds,
        version: ProtocolVersion?,
        now: UInt64
    ) {
        self.handle = handle
        self.upstreamID = upstreamID
        self.capabilities = capabilities
        self.version = version
        lastUse = Atomic(now)
    }

    // MARK: use

    func touch(_ now: UInt64) { lastUse.store(now, ordering: .relaxed) }

    func beginStream() { streams.add(1, ordering: .relaxed) }

    func endStream(_ now: UInt64) {
        streams.subtract(1, ordering: .relaxed)
        touch(now)
    }

    /// Takes a place for a standalone stream.
    func beginListening() -> Bool {
        guard listeners.add(1, ordering: .relaxed).oldValue >= Self.listenersMax else { return true }
        endListening()
        return false
    }

    func endListening() { listeners.subtract(1, ordering: .relaxed) }

    func isIdle(_ now: UInt64, after nanoseconds: UInt64) -> Bool {
        let last = lastUse.load(ordering: .relaxed)
        guard streams.load(ordering: .relaxed) == 0, now > last, now - last >= nanoseconds else { return false }
        return state.withLock { state in state.pending.values.allSatisfy { $0.call == nil } }
    }

    var owner: Int { state.withLock { $0.owner } }

    /// What the former owner was asked, the new one is not to answer.
    func ownerChanged() {
        state.withLock { state in
            state.owner += 1
            state.serverRequests = [:]
        }
    }

    // MARK: requests of the client's

    /// Notes a request that goes upstream.
    /// - Returns: why it may not.
    func begin(_ id: RequestID, _ pending: Pending) -> SessionFailure? {
        state.withLock { state in
            if let twin = state.pending[id] {
                // One whose stream has ended is given up by a client that uses its id again.
                guard twin.call == nil else { return .idInUse }
            } else if state.pending.count >= Self.requestsMax {
                for (id, old) in state.pending where old.call == nil { state.pending[id] = nil }
                guard state.pending.count < Self.requestsMax else { return .overloaded }
            }
            state.pending[id] = pending
            return nil
        }
    }

    /// The request is over, or nobody reads its stream any more while it may be resumed.
    func end(_ id: RequestID, mayBeResumed: Bool = false) {
        state.withLock { state in
            if mayBeResumed { state.pending[id]?.call = nil } else { state.pending[id] = nil }
        }
    }

    /// A request was answered on a stream that was resumed.
    func end(_ id: RequestID, upstreamID: [UInt8]) {
        state.withLock { state in
            if state.pending[id]?.upstreamID == upstreamID { state.pending[id] = nil }
        }
    }

    func pending(_ id: RequestID) -> Pending? { state.withLock { $0.pending[id] } }

    /// > semantics 5: "`progress` and `cancelled` only for outstanding tokens and ids of that session"
    func hasProgressToken(_ token: [UInt8]) -> Bool {
        state.withLock { state in state.pending.values.contains { $0.progressToken == token } }
    }

    // MARK: requests of the server's

    /// Notes a request that the client is shown; false where there are too many, or one with this id.
    func ask(_ id: RequestID, now: UInt64) -> Bool {
        state.withLock { state in
            if state.serverRequests.count >= Self.serverRequestsMax {
                for (id, deadline) in state.serverRequests where deadline <= now { state.serverRequests[id] = nil }
            }
            guard state.serverRequests.count < Self.serverRequestsMax else { return false }
            if let deadline = state.serverRequests[id], deadline > now { return false }
            state.serverRequests[id] = now.addingReportingOverflow(Self.serverRequestNanoseconds).partialValue
            return true
        }
    }

    /// The same request, seen once more on a stream that was resumed.
    func isAsked(_ id: RequestID) -> Bool { state.withLock { $0.serverRequests[id] != nil } }

    /// The client's answer, or the server's cancellation; true once for each request.
    func settle(_ id: RequestID, now: UInt64) -> Bool {
        state.withLock { state in
            guard let deadline = state.serverRequests.removeValue(forKey: id) else { return false }
            state.lastAnswer = now
            return deadline > now
        }
    }

    /// Until when a call of this session waits for its answer at least: while the server waits for the client its own
    /// time stands still.
    func extendedDeadline(_ now: UInt64, response nanoseconds: UInt64) -> UInt64? {
        state.withLock { state in
            let waits = state.serverRequests.values.filter { $0 > now }.min()
            if let waits { return waits }
            let after = state.lastAnswer.addingReportingOverflow(nanoseconds).partialValue
            return state.lastAnswer > 0 && after > now ? after : nil
        }
    }
}
