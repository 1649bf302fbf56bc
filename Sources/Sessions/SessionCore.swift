// SPDX-License-Identifier: Apache-2.0

import Bytes
import MCP
import Upstream

/// The rules of one session: which request waits for which answer, what goes to which stream, what is dropped. Pure:
/// messages and `now` in, actions out. `StdioSession` performs the actions.
struct SessionCore {
    /// Named limits of one session.
    struct Limits: Sendable {
        /// Requests of the client's that may be under way.
        var requestsMax = 256
        /// Requests of the server's that may wait for the client.
        var serverRequestsMax = 64
        /// Messages that are kept until the client opens a stream; the oldest goes first.
        var backlogMax = 64
        /// Bytes that those may have together.
        var backlogBytesMax = 256 << 10
        /// Until the answer to a request, nanoseconds; each progress message starts it anew.
        var responseNanoseconds: UInt64 = 60_000_000_000
        /// Until the client answers a request of the server's, nanoseconds: there may be a person behind it.
        var serverRequestNanoseconds: UInt64 = 600_000_000_000
        /// How long a request that the client cancelled may still be answered, nanoseconds.
        var cancelledNanoseconds: UInt64 = 5_000_000_000
    }

    enum Action {
        case write(SessionWrite)
        case deliver(StreamKey, SessionEvent)
        /// Something of the server's that goes nowhere; for the log.
        case drop(StaticString)
    }

    struct Pending {
        let stream: StreamKey
        let id: RequestID
        let call: MCPCall
        let progressToken: [UInt8]?
        let began: UInt64
        var deadline: UInt64
        var isCancelled = false
    }

    struct Stream {
        var acceptsEvents: Bool
        var isListener: Bool
        /// Position in the order of opening.
        let order: UInt64
    }

    struct ServerRequest {
        var stream: StreamKey?
        var deadline: UInt64
    }

    let limits: Limits
    let allowedRequests: ServerRequestKinds
    var capabilities = ServerRequestKinds()
    var pending: [Int: Pending] = [:]
    var streams: [StreamKey: Stream] = [:]
    var serverRequests: [RequestID: ServerRequest] = [:]
    var backlog: [(message: MCPMessage, text: [UInt8])] = []
    var backlogBytes = 0
    var listener: StreamKey?
    /// What `initialize` agreed on.
    var version: ProtocolVersion?
    private var lastNumber = 0
    private var lastOrder: UInt64 = 0

    init(limits: Limits, allowedRequests: ServerRequestKinds) {
        self.limits = limits
        self.allowedRequests = allowedRequests
    }

    /// Nothing is under way and nobody listens.
    var isIdle: Bool { pending.isEmpty && listener == nil }

    /// Takes a client's request.
    /// - Returns: the number that it goes upstream under, or why it does not.
    mutating func begin(
        _ request: MCPRequest,
        on key: StreamKey,
        acceptsEvents: Bool,
        now: UInt64
    ) -> Result<Int, SessionFailure> {
        guard pending.count < limits.requestsMax else { return .failure(.overloaded) }
        guard !pending.values.contains(where: { $0.id == request.id }) else { return .failure(.idInUse) }
        let isStart = request.call.method == .initialize
        if isStart { capabilities = ServerRequestKinds(declaredIn: request) }
        lastNumber += 1
        pending[lastNumber] = Pending(
            stream: key,
            id: request.id,
            call: request.call,
            progressToken: request.progressToken,
            began: now,
            // The start of the server has a time of its own, which the session looks after.
            deadline: isStart ? .max : now + limits.responseNanoseconds
        )
        open(key, acceptsEvents: acceptsEvents, isListener: false)
        return .success(lastNumber)
    }

    /// The request could not be written after all.
    mutating func abandon(_ number: Int) {
        if let dropped = pending.removeValue(forKey: number) { closeIfDone(dropped.stream) }
    }

    /// Takes the client's standalone stream, and gives it what has waited for one.
    mutating func listen(_ key: StreamKey) -> [Action] {
        guard listener == nil else { return [.deliver(key, .failed(.streamTaken, id: nil))] }
        listener = key
        open(key, acceptsEvents: true, isListener: true)
        let waiting = backlog
        backlog = []
        backlogBytes = 0
        for entry in waiting {
            if case .request(let request) = entry.message { serverRequests[request.id]?.stream = key }
        }
        return [.deliver(key, .accepted)]
            + waiting.map { .deliver(key, .message($0.message, text: $0.text, frame: nil)) }
    }

    /// The exchange is over. Its requests go on: > MCP 2025-11-25, transports: "Disconnection SHOULD NOT be interpreted
    /// as the client cancelling its request."
    mutating func detach(_ key: StreamKey) {
        streams[key] = nil
        if listener == key { listener = nil }
    }

    /// The streams that are open are those of somebody who no longer owns the session. They get the answers to their
    /// own requests and nothing else.
    mutating func disown() -> [Action] {
        for key in streams.keys { streams[key]?.acceptsEvents = false }
        guard let former = listener else { return [] }
        detach(former)
        return [.deliver(former, .ended)]
    }

    /// Takes a client's notification.
    mutating func notify(_ notification: MCPNotification, now: UInt64) -> [Action] {
        guard notification.method == .notificationCancelled else { return [.write(.notification(notification))] }
        // > MCP: "Cancellation notifications MUST only reference requests that were previously issued in the same
        // > direction and are believed to still be in-progress."
        guard let id = notification.cancelledID, let found = pending.first(where: { $0.value.id == id }) else {
            return [.drop("cancellation of a request that is not under way")]
        }
        pending[found.key]?.isCancelled = true
        pending[found.key]?.deadline = now + limits.cancelledNanoseconds
        return [.write(.gateway(.cancelled(found.key, like: notification)))]
    }

    /// Takes the client's answer to a request of the server's: it passes once.
    mutating func answer(_ response: MCPResponse, from key: StreamKey, now: UInt64) -> [Action] {
        guard let id = response.id, serverRequests.removeValue(forKey: id) != nil else {
            return [.deliver(key, .failed(.noSuchServerRequest, id: nil))]
        }
        restartClocks(now)
        return [.write(.answer(response)), .deliver(key, .accepted)]
    }

    /// What is over time now.
    mutating func expire(_ now: UInt64) -> [Action] {
        var actions: [Action] = []
        for (id, request) in serverRequests where request.deadline <= now {
            serverRequests[id] = nil
            actions.append(.write(.gateway(.refusal(of: id, code: 504, message: "The client did not answer"))))
            restartClocks(now)
        }
        for (number, request) in pending where request.deadline <= now && isTimed(request) {
            pending[number] = nil
            if request.isCancelled {
                actions.append(.deliver(request.stream, .failed(.cancelled, id: request.id)))
            } else {
                actions.append(.write(.gateway(.cancelled(number, reason: "Timed out"))))
                actions.append(.deliver(request.stream, .failed(.tooSlow, id: request.id)))
            }
            closeIfDone(request.stream)
        }
        return actions
    }

    /// When `expire` is next worth a call; nil: not while nothing happens.
    var nextDeadline: UInt64? {
        let requests = pending.values.filter(isTimed).map(\.deadline).min()
        let servers = serverRequests.values.lazy.map(\.deadline).min()
        return [requests, servers].compactMap(\.self).min()
    }

    /// While the server waits for the client, its own time stands still.
    private func isTimed(_ request: Pending) -> Bool { serverRequests.isEmpty || request.isCancelled }

    /// The server is gone: everything that waits is told.
    mutating func fail(_ failure: SessionFailure) -> [Action] {
        var actions: [Action] = pending.values.map { .deliver($0.stream, .failed(failure, id: $0.id)) }
        if let listener { actions.append(.deliver(listener, .ended)) }
        pending = [:]
        streams = [:]
        serverRequests = [:]
        backlog = []
        listener = nil
        return actions
    }

    mutating func restartClocks(_ now: UInt64) {
        for (number, request) in pending where !request.isCancelled && request.deadline != .max {
            pending[number]?.deadline = now + limits.responseNanoseconds
        }
    }

    mutating func closeIfDone(_ key: StreamKey) {
        guard streams[key]?.isListener == false, !pending.values.contains(where: { $0.stream == key }) else { return }
        streams[key] = nil
    }

    private mutating func open(_ key: StreamKey, acceptsEvents: Bool, isListener: Bool) {
        guard streams[key] == nil else { return }
        lastOrder += 1
        streams[key] = Stream(acceptsEvents: acceptsEvents, isListener: isListener, order: lastOrder)
    }
}
