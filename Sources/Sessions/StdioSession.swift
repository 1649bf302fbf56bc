// SPDX-License-Identifier: Apache-2.0

import Bytes
import Identity
import MCP
import Reactor
import Upstream

/// One client's session with one stdio server: it performs what `SessionCore` decides, on its home loop.
final class StdioSession: StdioChildDelegate {
    /// Bytes that clients may have outstanding before the child's output is left unread.
    static let creditBytes = 64 << 10

    private enum Phase {
        /// The process starts, or has not answered `initialize` yet.
        case opening(deadline: UInt64)
        case open
        /// The id is no longer good; the process ends.
        case closing
    }

    let handle: SessionHandle
    var slot: Slot?
    /// When the session ends whatever it does; its id is no longer good then.
    var lifetimeEnd = UInt64.max
    private let opener: Principal
    private let expires: Int
    private let server: StdioServer
    private unowned let home: SessionHome
    private var core: SessionCore
    private var child: StdioChild?
    private var phase: Phase
    /// What was delivered to each stream and has not left the gateway.
    private var unacknowledged: [StreamKey: Int] = [:]
    private var unacknowledgedBytes = 0
    private var garbage: (windowStart: UInt64, lines: Int)
    private var lastUse: UInt64
    private var timer: (token: TimerToken, due: UInt64)?

    init(handle: SessionHandle, opener: Principal, expires: Int, server: StdioServer, home: SessionHome) {
        self.handle = handle
        self.opener = opener
        self.expires = expires
        self.server = server
        self.home = home
        var limits = SessionCore.Limits()
        limits.responseNanoseconds = server.responseNanoseconds
        core = SessionCore(limits: limits, allowedRequests: server.allowedRequests)
        lastUse = home.loop.now
        garbage = (lastUse, 0)
        phase = .opening(deadline: home.loop.now + server.startNanoseconds)
    }

    func start() {
        let child = StdioChild(
            loop: home.loop,
            guardian: home.guardian,
            limits: server.limits,
            buffer: home.buffer,
            delegate: self
        )
        self.child = child
        child.start(server.specification)
        armTimer()
    }

    func take(_ command: SessionCommand, from key: StreamKey) {
        let now = home.loop.now
        lastUse = now
        switch command {
        case .request(let request, let acceptsEvents, let carrier):
            forward(request, acceptsEvents, carrier, from: key)
        case .notification(let notification):
            guard !isClosing else { return home.deliver(key, .failed(.gone, id: nil)) }
            perform(core.notify(notification, now: now))
            home.deliver(key, .accepted)
        case .answer(let response):
            perform(core.answer(response, from: key, now: now))
        case .listen:
            guard !isClosing else { return home.deliver(key, .failed(.gone, id: nil)) }
            perform(core.listen(key))
        case .detach:
            core.detach(key)
            acknowledge(unacknowledged[key] ?? 0, from: key)
        case .acknowledge(let bytes):
            acknowledge(bytes, from: key)
        case .close:
            close()
            home.deliver(key, .accepted)
        }
        armTimer()
    }

    /// Ends the session: its id is no longer good from here on, its streams end, its process is stopped.
    func close() {
        guard !isClosing else { return }
        end(.gone)
        child?.stop()
    }

    /// > semantics 2: the new owner "owns it from then on; all others get 404."
    func ownerChanged() {
        perform(core.disown())
        armTimer()
    }

    // MARK: the child

    func childWrote(line: [UInt8]) {
        guard !isClosing else { return }
        do {
            let message = try MCPReader.readUpstream(line, limits: UpstreamLimits.json)
            use { core in core.receive(message, now: home.loop.now) }
            armTimer()
        } catch {
            noteDropped("a line that is no JSON-RPC message")
            noteGarbage()
        }
    }

    /// A server that writes much that is no message is not one that answers can be hoped for from.
    private func noteGarbage() {
        let now = home.loop.now
        if now - garbage.windowStart >= 60_000_000_000 { garbage = (now, 0) }
        garbage.lines += 1
        guard garbage.lines > server.limits.garbageLinesPerMinuteMax else { return }
        home.observer.note(.dropped(server: server.name, handle, "too many lines that are no message: ended"))
        end(.brokeOff)
        child?.destroy()
    }

    func childComplained(line: [UInt8], dropped: Int) {
        home.observer.note(.complained(server: server.name, handle, line: line, dropped: dropped))
    }

    func childIsLost(_ loss: ChildLoss) {
        guard !isClosing else { return }
        home.observer.note(.lost(server: server.name, handle, loss))
        switch loss {
        case .couldNotStart: end(.couldNotStart)
        case .lineTooLong: end(.brokeOff)
        case .exited, .readFailed: end(.died)
        }
        child?.destroy()
    }

    func childIsGone() {
        end(.died)
        if let timer { home.loop.cancel(timer.token) }
        home.directory.processIsGone(server: server.index)
        home.observer.note(.closed(server: server.name, handle))
        if let slot { home.forget(slot) }
    }

    // MARK: requests

    private func forward(
        _ request: MCPRequest,
        _ acceptsEvents: Bool,
        _ carrier: PermitCarrier,
        from key: StreamKey
    ) {
        guard !isClosing, let child else { return home.deliver(key, .failed(.gone, id: request.id)) }
        guard let permit = carrier.take() else { return home.deliver(key, .failed(.overloaded, id: request.id)) }
        let number: Int
        switch core.begin(request, on: key, acceptsEvents: acceptsEvents, now: home.loop.now) {
        case .failure(let failure): return home.deliver(key, .failed(failure, id: request.id))
        case .success(let begun): number = begun
        }
        var line: [UInt8] = []
        request.appendMinified(to: &line, withID: RequestID(number: number).text)
        guard child.forward(line, under: permit) else {
            core.abandon(number)
            return home.deliver(key, .failed(.overloaded, id: request.id))
        }
    }

    /// Does what the core says. The idle time of a session whose last request ends with it begins now.
    private func use(_ turn: (inout SessionCore) -> [SessionCore.Action]) {
        if !core.isIdle { lastUse = home.loop.now }
        perform(turn(&core))
    }

    private func perform(_ actions: [SessionCore.Action]) {
        for action in actions {
            switch action {
            case .write(let message): write(message)
            case .drop(let reason): noteDropped(reason)
            case .deliver(let key, .answered(let answer)) where answer.call.method == .initialize:
                opened(answer, key)
            case .deliver(let key, let event): deliver(event, to: key)
            }
        }
    }

    private func write(_ message: SessionWrite) {
        let written =
            switch message {
            case .notification(let notification): child?.relay(notification)
            case .answer(let response): child?.relay(response)
            case .gateway(let own): child?.tell(own)
            }
        if written == false { noteDropped("a message for a server that does not read") }
    }

    private func deliver(_ event: SessionEvent, to key: StreamKey) {
        if case .message(_, let text, _) = event {
            unacknowledged[key, default: 0] += text.count
            unacknowledgedBytes += text.count
            if unacknowledgedBytes > Self.creditBytes { child?.setReading(false) }
        }
        home.deliver(key, event)
    }

    private func acknowledge(_ bytes: Int, from key: StreamKey) {
        let outstanding = unacknowledged[key] ?? 0
        let paid = min(bytes, outstanding)
        unacknowledgedBytes -= paid
        unacknowledged[key] = outstanding > paid ? outstanding - paid : nil
        if unacknowledgedBytes <= Self.creditBytes { child?.setReading(true) }
    }

    /// > MCP 2025-11-25, session management: a session id comes with the response that carries the InitializeResult.
    private func opened(_ answer: SessionAnswer, _ key: StreamKey) {
        guard case .opening = phase, answer.response.error == nil else {
            home.deliver(key, .answered(answer))
            return close()
        }
        phase = .open
        home.directory.settle(handle, version: core.version)
        home.observer.note(.opened(server: server.name, handle))
        let id = home.directory.seal(handle, opener: opener, server: server.name, expires: expires)
        home.deliver(key, .opened(id: id, answer))
    }

    // MARK: time

    private var isClosing: Bool {
        if case .closing = phase { true } else { false }
    }

    private func end(_ failure: SessionFailure) {
        guard !isClosing else { return }
        phase = .closing
        home.directory.remove(handle)
        perform(core.fail(failure))
        child?.setReading(true)
    }

    /// Sees to it that `timerFired` comes no later than the next thing that is due. A timer that fires early looks
    /// again: most deadlines only ever move away.
    private func armTimer() {
        guard !isClosing else { return }
        let now = home.loop.now
        var wake = min((core.isIdle ? lastUse : now) + server.idleNanoseconds, lifetimeEnd)
        if case .opening(let deadline) = phase { wake = min(wake, deadline) }
        if let deadline = core.nextDeadline { wake = min(wake, deadline) }
        if let timer {
            guard wake < timer.due else { return }
            home.loop.cancel(timer.token)
        }
        let delay = wake > now ? wake - now : 0
        timer = (home.loop.schedule(after: delay) { [weak self] in self?.timerFired() }, wake)
    }

    private func timerFired() {
        timer = nil
        guard !isClosing else { return }
        let now = home.loop.now
        if case .opening(let deadline) = phase, deadline <= now {
            home.observer.note(.dropped(server: server.name, handle, "the server did not answer initialize in time"))
            end(.tooSlow)
            child?.destroy()
            return
        }
        use { core in core.expire(now) }
        if now >= lifetimeEnd || (core.isIdle && now >= lastUse + server.idleNanoseconds) { return close() }
        armTimer()
    }

    private func noteDropped(_ reason: StaticString) {
        home.observer.note(.dropped(server: server.name, handle, reason))
    }
}
