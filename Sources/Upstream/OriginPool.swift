// SPDX-License-Identifier: Apache-2.0

public import Reactor
internal import TLS

/// The connections of one loop to one HTTP server: those that are free are used again, newest first; no more are open
/// than the limit says, and what finds none waits its turn.
///
/// A request is sent once. It is tried again only where not a byte of it had been written.
public final class OriginPool {
    let loop: EventLoop
    let origin: HTTPOrigin
    let buffer: ReadBuffer
    /// What TLS makes of what was read; empty between two looks at sockets.
    var plaintext: [UInt8] = []
    /// What an earlier TLS connection left for the next one.
    var resumption: TLSResumption?
    private var idle: [OriginConnection] = []
    private var connections: [ObjectIdentifier: OriginConnection] = [:]
    /// Requests that wait for a connection, in order, and when each has waited too long.
    private var waiting: [(call: OriginCall, due: UInt64)] = []
    private var waitTimer: TimerToken?
    private var isClosing = false
    /// Connections that carry a standalone stream.
    private var streaming = 0

    /// - Parameter buffer: where sockets of the loop are read into.
    public init(loop: EventLoop, origin: HTTPOrigin, buffer: ReadBuffer) {
        self.loop = loop
        self.origin = origin
        self.buffer = buffer
    }

    /// Connections that are open or being made.
    public var connectionCount: Int { connections.count }

    /// Sends a request. What comes of it is told to the delegate, which is kept until then; a failure to get a
    /// connection is told inside this call or later.
    /// - Parameter deadline: see `OriginCall.setDeadline`.
    public func send(_ request: OriginRequest, deadline: UInt64, delegate: any OriginCallDelegate) -> OriginCall {
        let call = OriginCall(request, deadline: deadline, delegate: delegate)
        place(call)
        return call
    }

    /// Closes every connection, whatever it is doing, and takes no more requests.
    public func close() {
        isClosing = true
        let (waited, open) = (waiting, connections)
        waiting = []
        for entry in waited {
            entry.call.pool = nil
            entry.call.takeDelegate()?.originFailed(.closing)
        }
        for connection in open.values { connection.shutDown() }
    }

    func place(_ call: OriginCall) {
        guard !isClosing else { return fail(call, .closing) }
        while let free = idle.popLast() {
            if free.begin(call) { return }
        }
        if hasRoom(for: call) { return open(for: call) }
        guard waiting.count < origin.limits.waitingMax else { return fail(call, .full) }
        call.pool = self
        waiting.append((call, loop.now + origin.limits.connectNanoseconds))
        armWaitTimer()
    }

    func forget(_ call: OriginCall) {
        call.pool = nil
        waiting.removeAll { $0.call === call }
    }

    private func hasRoom(for call: OriginCall) -> Bool {
        (call.isStream ? streaming : connections.count - streaming) < origin.limits.connectionsMax
    }

    // MARK: what connections tell

    func carries(_ call: OriginCall) { if call.isStream { streaming += 1 } }

    func carriesNoMore(_ call: OriginCall) { if call.isStream { streaming -= 1 } }

    /// It has no request and may carry another.
    func becameIdle(_ connection: OriginConnection) {
        guard !isClosing else { return connection.close() }
        guard let call = nextWaiting() else { return idle.append(connection) }
        if !connection.begin(call) { place(call) }
    }

    func closed(_ connection: OriginConnection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        if let place = idle.lastIndex(where: { $0 === connection }) { idle.remove(at: place) }
        guard !waiting.isEmpty else { return }
        // Later: a connection that fails at once would come back here, once for each that waits.
        let box = LoopBound(self)
        loop.post { box.value.serveNext() }
    }

    private func serveNext() {
        guard let first = waiting.first?.call, hasRoom(for: first), let call = nextWaiting() else { return }
        open(for: call)
    }

    private func open(for call: OriginCall) {
        let connection = OriginConnection(pool: self)
        connections[ObjectIdentifier(connection)] = connection
        connection.open(for: call)
    }

    private func nextWaiting() -> OriginCall? {
        guard !waiting.isEmpty else { return nil }
        let call = waiting.removeFirst().call
        call.pool = nil
        return call
    }

    // MARK: waiting

    private func armWaitTimer() {
        guard waitTimer == nil, let first = waiting.first else { return }
        let delay = first.due > loop.now ? first.due - loop.now : 0
        waitTimer = loop.schedule(after: delay) { [weak self] in
            self?.waitTimer = nil
            self?.expireWaiting()
        }
    }

    private func expireWaiting() {
        while let first = waiting.first, first.due <= loop.now {
            _ = nextWaiting()
            fail(first.call, .full)
        }
        armWaitTimer()
    }

    private func fail(_ call: OriginCall, _ failure: OriginFailure) {
        call.takeDelegate()?.originFailed(failure)
    }
}
