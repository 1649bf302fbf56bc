// SPDX-License-Identifier: Apache-2.0

import Bytes
import HTTP
import Identity
import MCP
import Policy
import Reactor
import Sessions

/// The life of one request, in the order in which it is judged:
///
///     head → admit (address, host, origin, route) → authenticate → receive body → identify the call → authorize
///          → forward → stream → record
///
/// A body is only received from a caller who is known, or may be unknown here. What `authorize` grants is a `Permit`,
/// and nothing reaches a server without one. An exchange lives on the loop of its connection, and is the only one that
/// talks to it; a session on another loop sends it events.
final class Exchange {
    /// Where the request is on its way.
    enum State {
        case begun
        /// The caller may be here; the body comes.
        case receiving(Admitted)
        /// The session has it.
        case waiting(Waiting)
        case done
    }

    /// Who calls what, once the head has been judged. A class: it is passed from state to state.
    final class Admitted {
        let caller: Authenticated
        let route: Route
        let accepts: Accepted
        let sessionID: [UInt8]?
        /// `MCP-Protocol-Version` where it names no version that is served. The request's id is still to be read.
        let refusedVersion: [UInt8]?
        /// What `Content-Type` says of the body. It is judged once the body has been read: how a message is framed
        /// comes before what it means.
        var bodyIsJSON = false
        var lastEventID: [UInt8]?
        /// What of the head goes to an HTTP server.
        var writer: RequestWriter?

        init(
            caller: Authenticated,
            route: Route,
            accepts: Accepted,
            sessionID: [UInt8]?,
            refusedVersion: [UInt8]?
        ) {
            self.caller = caller
            self.route = route
            self.accepts = accepts
            self.sessionID = sessionID
            self.refusedVersion = refusedVersion
        }
    }

    /// Where an exchange is heard.
    enum Link {
        case none
        /// A session of a stdio server, on its home loop.
        case home(SessionTicket)
        /// Calls to an HTTP server, on this loop; several for a batch.
        case calls([HTTPCall])
    }

    /// What is still to come from the session.
    struct Waiting {
        let admitted: Admitted
        /// Answers that are to come; the exchange ends with the last.
        var answersLeft: Int
        /// The GET stream ends with the session.
        var isListener = false
        /// The answer to DELETE.
        var isClosing = false
        var isBatch = false
        var isStreaming = false
        /// Answers of a batch for a client that does not read streams.
        var collected: [[UInt8]] = []
        let link: Link
    }

    let worker: Worker
    let snapshot: Snapshot
    unowned let stream: any ClientStream
    let key: StreamKey
    var state = State.begun
    var body: [UInt8] = []
    var record: AccessRecord
    /// Bytes that the session counts until they have left.
    var unacknowledged = 0
    /// When something was last written to an open stream.
    var lastWrite: UInt64 = 0
    /// It is counted among those that a drain waits for.
    var isCounted = false
    /// Its client's connection, while what is written is held back.
    private var corked: (any ClientStream)?
    /// `Origin`, where it is an allowed one.
    private(set) var origin: [UInt8]?
    private let forwardedField: ForwardedField?
    /// A silent stream gets a comment so often, nanoseconds.
    private var pingInterval: UInt64 = 0
    private var lifetimeTimer: TimerToken?

    init(
        worker: Worker,
        stream: any ClientStream,
        peer: IPAddress,
        listener: [UInt8],
        forwardedField: ForwardedField? = nil
    ) {
        self.forwardedField = forwardedField
        self.worker = worker
        snapshot = worker.snapshot
        self.stream = stream
        key = worker.nextStreamKey()
        record = AccessRecord(
            requestID: worker.nextRequestID(),
            address: peer,
            listener: listener,
            began: worker.loop.now
        )
    }

    /// Takes the head. The body follows through `receive(body:)` and `bodyEnded()`, if the caller may send one.
    func begin(_ head: RequestHead) {
        record.requestBytes = head.headBytes
        record.httpMethod = head.method
        origin = snapshot.crossOrigin.origin(of: head)
        do {
            record.address = try clientAddress(head, from: forwardedField)
            let route = try admit(head)
            if let origin, CrossOrigin.isPreflight(head) { return respondPreflight(head, to: origin) }
            let caller = try authenticate(head, on: route)
            let admitted = try accept(head, from: caller, on: route)
            switch head.method {
            case .post:
                try expectBody(head, admitted)
            case .get:
                try listen(admitted)
            default:
                try close(admitted)
            }
        } catch {
            refuse(error, closes: head.framing.hasBody)
        }
    }

    /// Answers a request whose head could not be read.
    func refuseUnreadable(_ error: HTTPError) {
        refuse(.malformedHTTP(error), closes: true)
    }

    /// Answers a client that is too slow with its body.
    func refuseSlow() {
        refuse(.slowRequest, closes: true)
    }

    func receive(body bytes: Span<UInt8>) {
        guard case .receiving = state else { return }
        record.requestBytes += bytes.count
        body.append(contentsOf: bytes)
    }

    func bodyEnded() {
        guard case .receiving(let admitted) = state else { return }
        do {
            try judge(admitted)
        } catch {
            refuse(error.refusal, id: error.id, admitted: admitted)
        }
    }

    /// The client is gone. What it asked for goes on without it (MCP-90).
    func clientGone() {
        guard !isDone else { return }
        record.outcome = .disconnected
        record.termination = record.termination.ended(by: .client, how: .reset)
        finish()
    }

    /// Everything that was written has left.
    func flushed() {
        guard unacknowledged > 0 else { return }
        let bytes = unacknowledged
        unacknowledged = 0
        acknowledge(bytes)
    }

    /// So much of what the session sent needs no room any more.
    func acknowledge(_ bytes: Int) {
        guard case .waiting(let waiting) = state else { return }
        switch waiting.link {
        case .none: break
        case .home(let ticket): SessionHome.send(.acknowledge(bytes: bytes), to: ticket, from: key)
        case .calls(let calls): for call in calls { call.acknowledge(bytes) }
        }
    }

    var isDone: Bool {
        if case .done = state { true } else { false }
    }

    /// It is a standalone stream, which lasts as long as its session and its client want.
    var isListening: Bool {
        if case .waiting(let waiting) = state { waiting.isListener } else { false }
    }

    /// It has sent the head of an answer whose end is open.
    var isStreaming: Bool {
        if case .waiting(let waiting) = state { waiting.isStreaming } else { false }
    }

    /// Ends a stream for the drain; an answer that is still to come is waited for.
    func endForDrain() {
        guard case .waiting(let waiting) = state, waiting.isListener else { return }
        record.termination = record.termination.ended(by: .operator, how: .drain)
        endStream()
    }

    /// Tells the session that what it still has for this exchange has nowhere to go.
    private func detach() {
        guard case .waiting(let waiting) = state, waiting.isListener || waiting.answersLeft > 0 else { return }
        switch waiting.link {
        case .none: break
        case .home(let ticket): SessionHome.send(.detach, to: ticket, from: key)
        case .calls(let calls): for call in calls { call.detach() }
        }
    }

    // MARK: several events at once

    func burstBegins() {
        guard !isDone, corked == nil else { return }
        corked = stream
        stream.cork()
    }

    func burstEnds() {
        let held = corked
        corked = nil
        held?.uncork()
    }

    /// The answer is complete, or there will be none.
    func finish() {
        stopTimers()
        guard !isDone else { return }
        flushed()
        detach()
        state = .done
        worker.exchangeEnded(self)
        record.write(to: worker.log, snapshot: snapshot, now: worker.loop.now)
    }

    // MARK: time

    /// `timeouts.stream_maximum`: a standalone stream ends then, and its client opens another.
    func startLifetime(_ route: Route) {
        guard let lifetime = route.server.timeouts.streamMaximum, lifetimeTimer == nil else { return }
        lifetimeTimer = worker.loop.schedule(after: lifetime) { [weak self] in self?.endStream() }
    }

    func startPings(_ route: Route) {
        lastWrite = worker.loop.now
        armPing(route.server.timeouts.streamPing)
    }

    private func armPing(_ interval: UInt64) {
        pingInterval = interval
        guard interval > 0, !isDone else { return }
        stream.wake(at: lastWrite.addingReportingOverflow(interval).partialValue)
    }

    /// The time of `wake(at:)` has come. Something may have been written meanwhile.
    func wakes() {
        guard !isDone else { return }
        if worker.loop.now - lastWrite >= pingInterval { ping() }
        armPing(pingInterval)
    }

    private func stopTimers() {
        if let lifetimeTimer { worker.loop.cancel(lifetimeTimer) }
        lifetimeTimer = nil
    }
}
