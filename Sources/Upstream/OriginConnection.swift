// SPDX-License-Identifier: Apache-2.0

internal import Bytes
internal import HTTP
internal import Reactor

/// One connection to an HTTP server: connects, and carries one request after the other.
///
/// It is used again only behind a response that was complete, framed by its own words and followed by nothing. Whatever
/// comes while no request is under way ends it.
final class OriginConnection: ReadinessHandler, TurnEndHandler {
    private enum Phase {
        /// Waits for an address.
        case resolving
        /// Tries the first of these addresses.
        case connecting([IPAddress])
        case open
        case closed
    }

    /// A connection that was free for longer is looked at before it is used again, nanoseconds: what the server has
    /// closed meanwhile the loop may not have seen yet.
    private static let trustedIdleNanoseconds: UInt64 = 50_000_000

    /// Held until the connection is closed, and the pool holds the connection until then.
    private let pool: OriginPool
    private var phase = Phase.resolving
    private var descriptor: FileDescriptor?
    private var raw: Int32 = -1
    private var registration: Registration?
    private var call: OriginCall?
    private var parser: ResponseParser
    /// Bytes of the request that the system has taken.
    private var written = 0
    private var isWriting = false
    /// The server takes no more of the request. It may still have an answer.
    private var isDeaf = false
    /// Bytes that may still be thrown away of a response that nobody wants.
    private var discardable: Int?
    private var carried = 0
    private var idleSince: UInt64 = 0
    private var deadline = UInt64.max
    private var timer: (token: TimerToken, due: UInt64)?

    init(pool: OriginPool) {
        self.pool = pool
        parser = ResponseParser(limits: pool.origin.limits.response)
    }

    /// Makes the connection, for a first request.
    func open(for call: OriginCall) {
        attach(call)
        setTimer(pool.loop.now + pool.origin.limits.connectNanoseconds)
        let known = pool.origin.resolver.known(now: pool.loop.now)
        guard known.isEmpty else { return connect(known) }
        let box = LoopBound(self)
        pool.origin.resolver.resolve(on: pool.loop) { addresses in box.value.resolved(addresses) }
    }

    /// Takes a request, if the connection is still there.
    /// - Returns: false, and the connection is closed, where it is not; nothing of the request has been sent then.
    func begin(_ call: OriginCall) -> Bool {
        guard case .open = phase else { return false }
        if pool.loop.now - idleSince > Self.trustedIdleNanoseconds, !Socket.isQuiet(raw) {
            close()
            return false
        }
        parser = ResponseParser(limits: pool.origin.limits.response)
        attach(call)
        deadlineChanged()
        isWriting = true
        pool.loop.atTurnEnd(self)
        return true
    }

    /// Writes what was begun in this turn.
    func turnEnds() {
        guard case .open = phase, isWriting, written == 0 else { return }
        write()
        guard isDeaf, written == 0, let call else { return }
        // The system took nothing: the connection had ended before.
        close()
        pool.place(call)
    }

    /// Ends the connection. Nobody is told.
    func close() {
        if case .closed = phase { return }
        phase = .closed
        detach()
        if let registration { pool.loop.remove(registration) }
        registration = nil
        if let timer { pool.loop.cancel(timer.token) }
        timer = nil
        descriptor = nil
        pool.closed(self)
    }

    /// Ends the connection, and tells the one who waits for a response.
    func fail(_ failure: OriginFailure) {
        let waiting = call?.takeDelegate()
        close()
        waiting?.originFailed(failure)
    }

    private func attach(_ call: OriginCall) {
        self.call = call
        call.connection = self
        written = 0
        isDeaf = false
        discardable = nil
    }

    private func detach() {
        call?.connection = nil
        call = nil
    }

    // MARK: connecting

    private func resolved(_ addresses: [IPAddress]) {
        guard case .resolving = phase else { return }
        guard !addresses.isEmpty else { return fail(.unresolved) }
        connect(addresses)
    }

    private func connect(_ addresses: [IPAddress]) {
        var rest = addresses[...]
        var code: Int32 = 0
        while let address = rest.first {
            do {
                let socket = try Socket.connect(address: address, port: pool.origin.port)
                try? Socket.setNoDelay(socket.raw)
                try? Socket.setUserTimeout(socket.raw, milliseconds: 30_000)
                raw = socket.raw
                descriptor = consume socket
                phase = .connecting(Array(rest))
                registration = try pool.loop.register(raw, [.write], self)
                return
            } catch {
                code = error.code
                descriptor = nil
                rest = rest.dropFirst()
            }
        }
        fail(.unreachable(code: code))
    }

    private func connected(_ addresses: [IPAddress]) {
        let code = Socket.connectionError(raw)
        guard code == 0 else {
            if let registration { pool.loop.remove(registration) }
            registration = nil
            descriptor = nil
            let rest = Array(addresses.dropFirst())
            return rest.isEmpty ? fail(.unreachable(code: code)) : connect(rest)
        }
        phase = .open
        guard call != nil else { return becomeIdle() }
        deadlineChanged()
        write()
        if isDeaf, written == 0 { fail(.unreachable(code: 0)) }
    }

    // MARK: readiness

    func ready(_ readiness: Readiness) {
        switch phase {
        case .connecting(let addresses): return connected(addresses)
        case .open: break
        case .resolving, .closed: return
        }
        if readiness.contains(.write), isWriting { write() }
        if readiness.contains(.read), case .open = phase { read() }
        if readiness.contains(.error), case .open = phase { fail(.lost) }
    }

    /// Watches for what can be done now.
    func watch() {
        guard let registration, case .open = phase else { return }
        var interest: Interest = call?.isReading == false ? [] : [.read]
        if isWriting { interest.insert(.write) }
        pool.loop.change(registration, interest)
    }

    // MARK: writing

    /// Writes what is left of the request. A server that takes no more of it may still have an answer, so that is no
    /// failure yet.
    private func write() {
        guard let request = call?.request else { return }
        isWriting = true
        let total = request.first.count + request.second.count
        while isWriting, written < total {
            switch Self.write(raw, request, from: written) {
            case .bytes(let count): written += count
            case .wouldBlock: return watch()
            case .end, .failed:
                isDeaf = true
                isWriting = false
            }
        }
        isWriting = false
        if written > 0 { call?.request = nil }
        watch()
    }

    private static func write(_ raw: Int32, _ request: OriginRequest, from offset: Int) -> IOResult {
        if request.second.isEmpty { return Socket.send(raw, request.first, from: offset) }
        guard offset >= request.first.count else {
            return Socket.write(raw, pieces: [request.first, request.second], offset: offset)
        }
        return Socket.send(raw, request.second, from: offset - request.first.count)
    }

    // MARK: reading

    private func read() {
        switch Socket.receive(raw, into: &pool.buffer.bytes) {
        case .bytes(let count):
            let bytes = pool.buffer.bytes
            take(bytes.span.extracting(0..<count))
        case .wouldBlock: return
        case .end: ended()
        case .failed: fail(.lost)
        }
    }

    private func take(_ bytes: Span<UInt8>) {
        guard let call else { return close() }
        var offset = 0
        do {
            while self.call === call, let event = try parser.next(bytes, offset: &offset) {
                handle(event, bytes, call)
            }
        } catch {
            return fail(.unreadable(error))
        }
        guard self.call === call else { return }
        call.delegate?.originPaused()
    }

    private func handle(_ event: ResponseParser.Event, _ bytes: Span<UInt8>, _ call: OriginCall) {
        switch event {
        case .head(let head):
            call.delegate?.originAnswered(head)
        case .body(let range):
            guard let left = discardable else {
                call.delegate?.originSent(bytes.extracting(range))
                return
            }
            discardable = left - range.count
            if left < range.count { close() }
        case .end:
            finish(call)
        }
    }

    /// The server sends no more.
    private func ended() {
        guard let call else { return close() }
        do {
            if let event = try parser.finish(), case .end = event { return finish(call) }
            close()
        } catch {
            fail(parser.hasBegun ? .unreadable(error) : .lost)
        }
    }

    private func finish(_ call: OriginCall) {
        let mayReuse = parser.mayReuse && !isWriting && !isDeaf
        let waiting = call.takeDelegate()
        detach()
        if mayReuse { becomeIdle() } else { close() }
        waiting?.originFinished()
    }

    private func becomeIdle() {
        idleSince = pool.loop.now
        setTimer(idleSince + pool.origin.limits.idleNanoseconds)
        watch()
        pool.becameIdle(self)
    }

    /// Reads on for nobody.
    func discardRest() {
        guard case .open = phase else { return close() }
        discardable = pool.origin.limits.discardBytesMax
        setTimer(pool.loop.now + pool.origin.limits.discardNanoseconds)
        watch()
    }

    // MARK: time

    func deadlineChanged() {
        guard case .open = phase, let call, discardable == nil else { return }
        setTimer(call.deadline)
    }

    /// One timer a connection, which looks at `deadline` when it fires: most deadlines move away before they come.
    private func setTimer(_ due: UInt64) {
        deadline = due
        guard due != .max else { return }
        if let timer {
            guard due < timer.due else { return }
            pool.loop.cancel(timer.token)
        }
        let now = pool.loop.now
        let delay = due > now ? due - now : 0
        timer = (pool.loop.schedule(after: delay) { [weak self] in self?.timerFired() }, due)
    }

    private func timerFired() {
        timer = nil
        guard deadline <= pool.loop.now else { return setTimer(deadline) }
        switch phase {
        case .resolving, .connecting: fail(.connectTimeout)
        case .open:
            guard let call, discardable == nil else { return close() }
            deadline = .max
            call.delegate?.originIsOverdue()
        case .closed: break
        }
    }
}
