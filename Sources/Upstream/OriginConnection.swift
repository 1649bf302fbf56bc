// SPDX-License-Identifier: Apache-2.0

internal import Bytes
internal import HTTP
internal import Reactor
internal import TLS

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
        /// TLS shakes hands.
        case securing
        case open
        case closed
    }

    /// Held until the connection is closed, and the pool holds the connection until then.
    private let pool: OriginPool
    private var phase = Phase.resolving
    private var descriptor: FileDescriptor?
    private var raw: Int32 = -1
    private var registration: Registration?
    private var call: OriginCall?
    private var parser: ResponseParser
    /// Nil for a connection in the clear.
    private var session: TLSSession?
    /// What is to be written: a request, or what TLS has made of it.
    private var out: [UInt8] = []
    private var tail: [UInt8] = []
    /// Bytes of both that the system has taken.
    private var written = 0
    private var isWriting = false
    /// The request is to be written when the loop's turn ends.
    private var isDue = false
    /// The last answer was a refusal. Servers often close behind one, and their end may come in this very turn.
    private var isDoubtful = false
    /// When the last response was complete.
    private var idleSince: UInt64 = 0
    /// The server takes no more of the request. It may still have an answer.
    private var isDeaf = false
    /// Bytes that may still be thrown away of a response that nobody wants.
    private var discardable: Int?
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

    /// Takes a request, to be written when the loop's turn ends.
    /// - Returns: false where there is no connection any more.
    func begin(_ call: OriginCall) -> Bool {
        guard case .open = phase else { return false }
        parser = ResponseParser(limits: pool.origin.limits.response)
        attach(call)
        deadlineChanged()
        isDue = true
        pool.loop.atTurnEnd(self)
        return true
    }

    /// Writes the request that was taken in this turn.
    func turnEnds() {
        guard isDue, let call else { return }
        // What the server closed, or sent behind its last answer, before this turn began has been seen (`take`,
        // `ended`). Behind an answer of this turn itself nothing has: what comes there would be taken for the next one.
        if isDoubtful || idleSince == pool.loop.now, !Socket.isQuiet(raw) { return giveBack(call) }
        isDue = false
        writeRequest()
        // The system took nothing: the connection had ended before.
        if isDeaf, written == 0 { return giveBack(call) }
        call.request = nil
    }

    /// Nothing of the request has been sent, and nothing will be on this connection.
    private func giveBack(_ call: OriginCall) {
        close()
        pool.place(call)
    }

    /// Ends the connection. Nobody is told.
    func close() {
        if case .closed = phase { return }
        sayGoodbye()
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
        if isDue, !failure.isBeforeServer, let call { return giveBack(call) }
        let waiting = call?.takeDelegate()
        close()
        waiting?.originFailed(failure)
    }

    /// The gateway is about to end.
    func shutDown() {
        if case .open = phase, !isDue { fail(.lost) } else { fail(.closing) }
    }

    private func attach(_ call: OriginCall) {
        self.call = call
        pool.carries(call)
        call.connection = self
        isDeaf = false
        isDue = false
        discardable = nil
    }

    private func detach() {
        guard let call else { return }
        pool.carriesNoMore(call)
        call.connection = nil
        self.call = nil
        isDue = false
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
        guard let tls = pool.origin.tls else { return opened() }
        do {
            session = try TLSSession(client: tls.context, host: tls.host, resuming: pool.resumption)
        } catch {
            return fail(.insecure(error))
        }
        phase = .securing
        // Of no bytes: the client speaks first.
        secure(Span())
    }

    /// The server can be spoken to.
    private func opened() {
        phase = .open
        guard let call else { return becomeIdle() }
        deadlineChanged()
        writeRequest()
        if isDeaf, written == 0 { return fail(.lost) }
        call.request = nil
    }

    // MARK: readiness

    func ready(_ readiness: Readiness) {
        switch phase {
        case .connecting(let addresses): return connected(addresses)
        case .open, .securing: break
        case .resolving, .closed: return
        }
        if readiness.contains(.write), isWriting { write() }
        if readiness.contains(.read), isConnected { read() }
        if readiness.contains(.error), isConnected { fail(.lost) }
    }

    private var isConnected: Bool {
        switch phase {
        case .open, .securing: true
        case .resolving, .connecting, .closed: false
        }
    }

    /// Watches for what can be done now.
    func watch() {
        guard let registration, isConnected else { return }
        var interest: Interest = call?.isReading == false ? [] : [.read]
        if isWriting { interest.insert(.write) }
        pool.loop.change(registration, interest)
    }

    // MARK: writing

    private func writeRequest() {
        guard let request = call?.request else { return }
        do {
            try take(request)
        } catch {
            return fail(.garbled(error))
        }
        write()
    }

    private func take(_ request: OriginRequest) throws(TLSError) {
        guard let session else {
            (out, tail, written) = (request.first, request.second, 0)
            return
        }
        keepUnwritten()
        try session.write(request.first.span, output: &out)
        try session.write(request.second.span, output: &out)
    }

    /// Of what TLS has written only that which the system has not taken yet.
    private func keepUnwritten() {
        out = written < out.count ? Array(out[written...]) : []
        written = 0
    }

    /// Writes what is left. A server that takes no more of it may still have an answer, so that is no failure yet.
    private func write() {
        let total = out.count + tail.count
        isWriting = written < total
        while isWriting {
            switch writeOnce() {
            case .bytes(let count):
                written += count
                isWriting = written < total
            case .wouldBlock: return watch()
            case .end, .failed:
                isDeaf = true
                isWriting = false
                return watch()
            }
        }
        (out, tail) = ([], [])
        watch()
    }

    private func writeOnce() -> IOResult {
        if tail.isEmpty { return Socket.send(raw, out, from: written) }
        guard written >= out.count else { return Socket.write(raw, pieces: [out, tail], offset: written) }
        return Socket.send(raw, tail, from: written - out.count)
    }

    // MARK: TLS

    /// Takes what was received, and answers what TLS itself has to say.
    private func secure(_ bytes: Span<UInt8>) {
        guard let session else { return }
        keepUnwritten()
        pool.plaintext.removeAll(keepingCapacity: true)
        let state: TLSSession.State
        do {
            state = try session.receive(bytes, plaintext: &pool.plaintext, output: &out)
        } catch {
            write()
            if case .securing = phase { return fail(.insecure(error)) }
            return fail(.garbled(error))
        }
        write()
        if case .securing = phase {
            if state == .handshaking { return }
            pool.resumption = nil
            opened()
        }
        // Whatever is complete now, the connection is of no further use.
        if state == .ended { isDeaf = true }
        let plaintext = pool.plaintext
        if !plaintext.isEmpty, case .open = phase { take(plaintext.span) }
        if state == .ended, case .open = phase { ended() }
    }

    /// > RFC 8446, section 6.1: "Each party MUST send a "close_notify" alert before closing its write side".
    private func sayGoodbye() {
        guard let session, case .open = phase, !isWriting, !isDeaf else { return }
        if let left = session.resumption { pool.resumption = left }
        var last: [UInt8] = []
        session.end(output: &last)
        if !last.isEmpty { _ = Socket.write(raw, last) }
    }

    // MARK: reading

    private func read() {
        switch Socket.receive(raw, into: &pool.buffer.bytes) {
        case .bytes(let count):
            let bytes = pool.buffer.bytes
            let received = bytes.span.extracting(0..<count)
            if session == nil { take(received) } else { secure(received) }
        case .wouldBlock: return
        case .end:
            // Without a close_notify somebody else may have cut what the server sent.
            if session == nil { ended() } else { fail(.lost) }
        case .failed: fail(.lost)
        }
    }

    private func take(_ bytes: Span<UInt8>) {
        guard let call else { return close() }
        guard !isDue else { return giveBack(call) }
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
            isDoubtful = head.status >= 400
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
        guard !isDue else { return giveBack(call) }
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
        // Held by the timer until it fires or the connection is closed: weak references make every other one slower.
        timer = (pool.loop.schedule(after: delay) { self.timerFired() }, due)
    }

    private func timerFired() {
        timer = nil
        guard deadline <= pool.loop.now else { return setTimer(deadline) }
        switch phase {
        case .resolving, .connecting, .securing: fail(.connectTimeout)
        case .open:
            guard let call, discardable == nil else { return close() }
            deadline = .max
            call.delegate?.originIsOverdue()
        case .closed: break
        }
    }
}
