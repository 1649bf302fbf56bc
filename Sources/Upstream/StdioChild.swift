// SPDX-License-Identifier: Apache-2.0

import Bytes
import JSON
public import MCP
public import Policy
public import Reactor

/// What a child tells its owner. Called on the child's loop, never from inside a call of the owner's.
public protocol StdioChildDelegate: AnyObject {
    /// One line of standard output, not yet looked at.
    func childWrote(line: [UInt8])
    /// One line of standard error, cut to the limit; `dropped` lines before it were not shown.
    func childComplained(line: [UInt8], dropped: Int)
    /// It will write nothing more: it could not be started, closed its output, or broke a limit. Comes once.
    func childIsLost(_ loss: ChildLoss)
    /// Its process and every descendant are gone. Comes once, and last; also after a start that failed.
    func childIsGone()
}

/// Why a child is of no use any more.
public enum ChildLoss: Error, Sendable {
    case couldNotStart(stage: StaticString, code: Int32)
    case exited
    case lineTooLong
    case readFailed(code: Int32)
}

/// One stdio server: a process, the three pipes to it, and what waits to be written. Lives on one loop.
///
/// Nothing but a `Permit` sends a request to it, and each permit sends one.
public final class StdioChild {
    private enum Phase {
        case starting
        case running(ChildHandle)
        /// It has been asked to end, and runs still.
        case stopping(ChildHandle)
        case gone
    }

    private let loop: EventLoop
    private let guardian: Guardian
    private let limits: StdioLimits
    private let buffer: ReadBuffer
    private weak var delegate: (any StdioChildDelegate)?

    private var phase = Phase.starting
    /// Lines for a child that does not run yet.
    private var early: [[UInt8]] = []
    private var input: PipeWriter?
    private var output: PipeReader?
    private var errors: PipeReader?
    private var lines: LineFramer
    private var complaints: ComplaintFramer
    private var isReading = true
    private var stopRequested = false
    private var inputIsGone = false
    private var lossTold = false

    public init(
        loop: EventLoop,
        guardian: Guardian,
        limits: StdioLimits,
        buffer: ReadBuffer,
        delegate: any StdioChildDelegate
    ) {
        self.loop = loop
        self.guardian = guardian
        self.limits = limits
        self.buffer = buffer
        self.delegate = delegate
        lines = LineFramer(lineBytesMax: limits.lineBytesMax)
        complaints = ComplaintFramer(limits: limits)
    }

    /// Asks for the process. What is sent before it runs waits for it.
    public func start(_ specification: ChildSpecification) {
        let box = LoopBound(self)
        guardian.spawn(
            specification,
            on: loop,
            started: { start in box.value.started(start) },
            exited: { _ in box.value.exited() }
        )
    }

    /// Sends one request line (without line break), which uses up the permit.
    /// - Returns: false, and nothing is sent, when too much is waiting already or the child has closed its input.
    public func forward(_ line: [UInt8], under permit: consuming Permit) -> Bool {
        enqueue(line)
    }

    /// Sends a notification of the client's.
    public func relay(_ notification: MCPNotification) -> Bool {
        var line: [UInt8] = []
        notification.json.appendMinified(to: &line)
        return enqueue(line)
    }

    /// Sends the client's answer to a request that this server made.
    public func relay(_ answer: MCPResponse) -> Bool {
        var line: [UInt8] = []
        answer.json.appendMinified(to: &line)
        return enqueue(line)
    }

    /// Sends what the gateway itself says: a cancellation, or an error for a request of the server's.
    public func tell(_ message: GatewayMessage) -> Bool {
        enqueue(message.line)
    }

    /// Stops and resumes reading its output, for a reader further on that cannot keep up.
    public func setReading(_ reading: Bool) {
        guard isReading != reading else { return }
        isReading = reading
        output?.setReading(reading)
    }

    /// Ends it as the MCP specification says: closes its input, waits, SIGTERM to the group, waits, SIGKILL to the
    /// group and whatever descends from it.
    public func stop() {
        guard !stopRequested else { return }
        stopRequested = true
        if case .running(let handle) = phase { beginStop(handle) }
    }

    /// Ends it and everything that descends from it, at once.
    public func destroy() {
        stopRequested = true
        switch phase {
        case .running(let handle), .stopping(let handle): guardian.destroy(handle.id)
        case .starting, .gone: break
        }
    }

    private func enqueue(_ line: [UInt8]) -> Bool {
        guard !inputIsGone else { return false }
        let waiting = input?.queuedBytes ?? early.reduce(0) { $0 + $1.count }
        guard waiting == 0 || line.count < limits.queueBytesMax - waiting else { return false }
        let framed = line + [ASCII.lineFeed]
        if let input { input.enqueue(framed) } else { early.append(framed) }
        return !inputIsGone
    }

    private func started(_ start: ChildStart) {
        switch start {
        case .failed(let failure):
            tellLoss(.couldNotStart(stage: failure.stage, code: failure.code))
            becomeGone()
        case .started(let handle):
            phase = .running(handle)
            do {
                try adoptPipes(of: handle)
            } catch {
                tellLoss(.couldNotStart(stage: "watch its pipes", code: error.code))
                return destroy()
            }
            if stopRequested { beginStop(handle) }
        }
    }

    private func adoptPipes(of handle: ChildHandle) throws(ReactorError) {
        guard let standardInput = handle.takeInput(), let standardOutput = handle.takeOutput(),
            let standardError = handle.takeErrors()
        else { preconditionFailure("the pipes of a child are taken once, here") }
        let input = PipeWriter(loop: loop, descriptor: standardInput, queue: early) { [weak self] in
            // A child that closed its input and lives on is read to its end; one that died is reported by the guardian.
            self?.input = nil
            self?.inputIsGone = true
        }
        early = []
        self.input = input
        output = PipeReader(loop: loop, buffer: buffer, descriptor: standardOutput) { [weak self] bytes in
            self?.receive(bytes)
        } ended: { [weak self] code in
            self?.outputEnded(code)
        }
        errors = PipeReader(loop: loop, buffer: buffer, descriptor: standardError) { [weak self] bytes in
            self?.receiveErrors(bytes)
        } ended: { _ in
        }
        output?.setReading(isReading)
        errors?.setReading(true)
        try input.open()
    }

    private func receive(_ bytes: Span<UInt8>) {
        let fits = lines.feed(bytes) { line in delegate?.childWrote(line: line) }
        guard !fits else { return }
        output?.close()
        tellLoss(.lineTooLong)
        destroy()
    }

    private func receiveErrors(_ bytes: Span<UInt8>) {
        complaints.feed(bytes, now: loop.now) { line, dropped in
            delegate?.childComplained(line: line, dropped: dropped)
        }
    }

    private func outputEnded(_ code: Int32?) {
        tellLoss(code.map { .readFailed(code: $0) } ?? .exited)
        stop()
    }

    private func exited() {
        // What it wrote before its end is still in the pipe.
        output?.drain()
        errors?.drain()
        tellLoss(.exited)
        becomeGone()
    }

    private func becomeGone() {
        if case .gone = phase { return }
        phase = .gone
        input?.close()
        output?.close()
        errors?.close()
        delegate?.childIsGone()
    }

    private func tellLoss(_ loss: ChildLoss) {
        guard !lossTold else { return }
        lossTold = true
        delegate?.childIsLost(loss)
    }

    private func beginStop(_ handle: ChildHandle) {
        phase = .stopping(handle)
        input?.closeWhenWritten()
        // Nobody wants its output any more, but it must be able to write it.
        setReading(true)
        loop.schedule(after: limits.stopNanoseconds) { [weak self] in self?.terminate() }
    }

    private func terminate() {
        guard case .stopping(let handle) = phase else { return }
        guardian.signal(handle.id, Signal.terminate)
        loop.schedule(after: limits.stopNanoseconds) { [weak self] in self?.destroy() }
    }
}
