// SPDX-License-Identifier: Apache-2.0

/// The gateway's side of the control socket: one loop, on a thread of its own because making pipes and sending
/// descriptors takes many system calls.
// `@unchecked`: everything but the constants is touched on the keeper's loop only.
final class Keeper: ReadinessHandler, @unchecked Sendable {
    /// Who wants to know about a child.
    struct Owner: Sendable {
        let loop: EventLoop
        let started: @Sendable (ChildStart) -> Void
        let exited: @Sendable (ChildExit) -> Void
    }

    private enum State {
        /// Asked for; our ends of its pipes wait here.
        case starting(GatewayEnds)
        case running
    }

    private struct Child {
        let owner: Owner
        var state: State
    }

    /// A message that the socket had no room for, and the descriptors that go with it.
    private struct Message {
        let id: ChildID
        let bytes: [UInt8]
        let ends: ChildEnds?
    }

    private let loop: EventLoop
    private let control: FileDescriptor
    private let pid: Int32
    private let lost: @Sendable () -> Void
    /// Nil once the guardian is gone.
    private var registration: Registration?
    private var children: [ChildID: Child] = [:]
    private var unsent: [Message] = []
    private var whenEmpty: [@Sendable () -> Void] = []
    /// No more children are started.
    private var isStopping = false
    /// The guardian's end is our own doing.
    private var isEnding = false

    init(loop: EventLoop, control: consuming FileDescriptor, pid: Int32, lost: @escaping @Sendable () -> Void) {
        self.loop = loop
        self.control = control
        self.pid = pid
        self.lost = lost
    }

    /// Before the loop runs.
    func register() throws(ReactorError) {
        registration = try loop.register(control.raw, .read, self)
    }

    // MARK: Orders

    func spawn(_ id: ChildID, _ specification: ChildSpecification, _ owner: Owner) {
        do {
            let (message, ends) = try prepare(id, specification)
            children[id] = Child(owner: owner, state: .starting(ends))
            send(message)
        } catch {
            let failure = error
            owner.loop.post { owner.started(.failed(failure)) }
        }
    }

    func signal(_ id: ChildID, _ signal: Int32) {
        guard children[id] != nil else { return }
        send(Message(id: id, bytes: ChildRequest.signal(id, signal), ends: nil))
    }

    func destroy(_ id: ChildID) {
        guard children[id] != nil else { return }
        send(Message(id: id, bytes: ChildRequest.destroy(id), ends: nil))
    }

    func stopAll(patience: UInt64, done: @escaping @Sendable () -> Void) {
        isStopping = true
        whenEmpty.append(done)
        for id in children.keys { signal(id, ChildRequest.terminate) }
        // Weak is not needed: the loop ends with `shutdown`.
        loop.schedule(after: patience) { for id in self.children.keys { self.destroy(id) } }
        checkEmpty()
    }

    func shutdown() {
        isStopping = true
        isEnding = true
        guard registration != nil else { return loop.stop() }
        hangUpGuardian(control.raw)
    }

    private func prepare(
        _ id: ChildID,
        _ specification: ChildSpecification
    ) throws(ChildStartFailure) -> (Message, GatewayEnds) {
        guard registration != nil else { throw ChildStartFailure(stage: "reach the guardian", code: ChildRequest.gone) }
        guard !isStopping else {
            throw ChildStartFailure(stage: "start a child while the gateway stops", code: ChildRequest.cancelled)
        }
        let bytes = try ChildRequest.spawn(id, specification)
        do {
            let pipes = try makeChildPipes()
            return (Message(id: id, bytes: bytes, ends: pipes.theirs), pipes.ours)
        } catch {
            throw ChildStartFailure(stage: "make pipes", code: error.code)
        }
    }

    // MARK: The socket

    func ready(_ readiness: Readiness) {
        if readiness.contains(.write) { sendUnsent() }
        while registration != nil {
            switch receiveReport(control.raw) {
            case .report(let report): take(report)
            case .wouldBlock: return
            case .end: guardianEnded()
            }
        }
    }

    private func send(_ message: Message) {
        unsent.append(message)
        if unsent.count == 1 { sendUnsent() }
    }

    /// Sends until the socket is full; then the loop says when it goes on.
    private func sendUnsent() {
        var sent = 0
        loop: while sent < unsent.count {
            let message = unsent[sent]
            let code = sendRequest(control.raw, message.bytes, message.ends)
            if isFull(code) { break loop }
            sent += 1
            if code != 0, message.ends != nil { startFailed(message.id, "hand the request to the guardian", code) }
        }
        unsent.removeFirst(sent)
        if let registration { loop.change(registration, unsent.isEmpty ? .read : [.read, .write]) }
    }

    // MARK: Reports

    private func take(_ report: ChildReport) {
        switch report.kind {
        case .started: childStarted(report.id, report.pid)
        case .failed: startFailed(report.id, report.stage, report.code)
        case .exited: childEnded(report.id, .exited(report.code))
        case .killed: childEnded(report.id, .signalled(report.code))
        }
    }

    private func childStarted(_ id: ChildID, _ pid: Int32) {
        guard let child = children[id], case .starting(let ends) = child.state else { return }
        children[id]?.state = .running
        let handle = ChildHandle(id: id, pid: pid, ends: ends)
        child.owner.loop.post { child.owner.started(.started(handle)) }
    }

    private func startFailed(_ id: ChildID, _ stage: StaticString, _ code: Int32) {
        guard let child = children.removeValue(forKey: id) else { return }
        let failure = ChildStartFailure(stage: stage, code: code)
        child.owner.loop.post { child.owner.started(.failed(failure)) }
        checkEmpty()
    }

    private func childEnded(_ id: ChildID, _ exit: ChildExit) {
        guard let child = children[id] else { return }
        // Its ward was killed before it could say that the child runs.
        guard case .running = child.state else { return startFailed(id, "start", ChildRequest.gone) }
        children[id] = nil
        child.owner.loop.post { child.owner.exited(exit) }
        checkEmpty()
    }

    private func guardianEnded() {
        if let registration { loop.remove(registration) }
        registration = nil
        waitForGuardian(pid)
        unsent.removeAll()
        for id in children.keys { childEnded(id, .lost) }
        if isEnding {
            loop.stop()
        } else {
            lost()
        }
    }

    private func checkEmpty() {
        guard children.isEmpty, !whenEmpty.isEmpty else { return }
        let actions = whenEmpty
        whenEmpty.removeAll()
        for action in actions { action() }
    }
}
