// SPDX-License-Identifier: Apache-2.0

internal import Bytes
internal import Synchronization

/// What a descriptor is watched for.
///
/// The empty set takes it off the loop's list until the next `change`: a connection that is paused then hears nothing,
/// not even that its peer is gone. `hangUp` alone keeps that one piece of news.
public struct Interest: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let read = Interest(rawValue: 1)
    public static let write = Interest(rawValue: 2)
    /// Only that both directions are closed or the connection failed. The handler must then remove its registration,
    /// or it is told again at every turn. Included in the other two.
    public static let hangUp = Interest(rawValue: 4)
}

/// What a descriptor is ready for.
public struct Readiness: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let read = Readiness(rawValue: 1)
    public static let write = Readiness(rawValue: 2)
    /// Both directions are closed (for a pipe: the other end is). What was received can still be read.
    public static let hangUp = Readiness(rawValue: 4)
    /// The connection failed; the next read or write says how.
    public static let error = Readiness(rawValue: 8)
}

/// Told by a loop, on the loop's thread, that a descriptor is ready.
public protocol ReadinessHandler: AnyObject {
    /// `hangUp` and `error` come with `read` and `write` as far as those are watched for: a handler that only reads
    /// and writes learns of both by its next call.
    func ready(_ readiness: Readiness)
}

/// Told by a loop, on the loop's thread, that the turn in which it asked for it ends.
public protocol TurnEndHandler: AnyObject {
    func turnEnds()
}

/// Names a descriptor's place on a loop. It stays harmless after `remove`.
public struct Registration: Hashable, Sendable {
    let slot: Slot
}

/// One thread's loop: descriptors (level-triggered epoll), timers, and jobs from other threads.
///
/// One turn: timers that are due, the jobs that were waiting, one look at the kernel with at most 256 events, their
/// handlers, then whoever asked for the turn's end. Jobs that jobs post wait for the next turn, so neither kind starves
/// the other.
///
/// `post`, `stop`, `index` and `isCurrent` are for every thread; everything else is for the thread that is in `run()`,
/// or, while nobody is, for the thread that sets the loop up.
// `@unchecked`: what is not a constant, an atomic or the locked mailbox is only touched by the loop's own thread,
// which `checkThread` asserts.
public final class EventLoop: @unchecked Sendable {
    private struct Tenant {
        let descriptor: Int32
        var interest: Interest
        let handler: any ReadinessHandler
    }

    /// Which loop this is, for logs and for session ids.
    public let index: Int

    /// Monotonic nanoseconds, read once a turn.
    public private(set) var now: UInt64

    private let mailbox = Mailbox()
    private let alarm: FileDescriptor
    private var poll: EventPoll
    private var tenants = Slots<Tenant>()
    private var timers = TimerHeap()
    private var jobs: [Mailbox.Job] = []
    private var ending: [any TurnEndHandler] = []
    /// The thread inside `run()`, 0 for none.
    private let thread = Atomic<UInt>(0)

    /// - Throws: where the process has no descriptors left.
    public init(index: Int) throws(ReactorError) {
        self.index = index
        now = Clock.monotonic()
        poll = try EventPoll()
        alarm = try makeEventDescriptor()
        // Edge-triggered, so that the counter never has to be read back: every write is a new edge.
        try poll.add(alarm.raw, EventBits.read | EventBits.edge, key: EventLoop.alarmKey)
    }

    /// Runs the loop on the calling thread until `stop()`.
    public func run() {
        let previous = thread.exchange(currentThread(), ordering: .acquiringAndReleasing)
        precondition(previous == 0, "a loop runs on one thread")
        now = Clock.monotonic()
        while turn() {}
        thread.store(0, ordering: .releasing)
    }

    /// Ends `run()` once the jobs that were posted before have run. Before `run()`, that run ends at once.
    public func stop() {
        if mailbox.stop(), !isCurrent { signalEvent(alarm.raw) }
    }

    /// Runs `job` on the loop's thread. Posts of one thread run in their order, never inside this call. A post from the
    /// loop's own thread makes no system call and runs later in the same turn (from a job: in the next).
    public func post(_ job: @escaping @Sendable () -> Void) {
        // The loop still counts as asleep while it handles what woke it, and takes the jobs before it sleeps again.
        if mailbox.push(job), !isCurrent { signalEvent(alarm.raw) }
    }

    /// Whether the caller is the thread in `run()`.
    public var isCurrent: Bool { thread.load(ordering: .relaxed) == currentThread() }

    /// Watches a descriptor. The loop keeps the handler until `remove`.
    /// - Throws: for a descriptor that epoll does not take (a regular file), or one that is registered already.
    public func register(
        _ descriptor: Int32,
        _ interest: Interest,
        _ handler: any ReadinessHandler
    ) throws(ReactorError) -> Registration {
        checkThread()
        let slot = tenants.insert(Tenant(descriptor: descriptor, interest: interest, handler: handler))
        guard !interest.isEmpty else { return Registration(slot: slot) }
        do {
            try poll.add(descriptor, interest.eventBits, key: slot.packed)
        } catch {
            tenants.remove(slot)
            throw error
        }
        return Registration(slot: slot)
    }

    /// Watches for something else. No system call where nothing changes; nothing at all for a stale registration.
    public func change(_ registration: Registration, _ interest: Interest) {
        checkThread()
        guard var tenant = tenants[registration.slot], tenant.interest != interest else { return }
        let previous = tenant.interest
        tenant.interest = interest
        tenants.update(registration.slot, tenant)
        let key = registration.slot.packed
        do {
            if previous.isEmpty {
                try poll.add(tenant.descriptor, interest.eventBits, key: key)
            } else if interest.isEmpty {
                try poll.remove(tenant.descriptor)
            } else {
                try poll.modify(tenant.descriptor, interest.eventBits, key: key)
            }
        } catch {
            refused(error)
        }
    }

    /// Stops watching and lets go of the handler. Comes before the descriptor is closed. After it the handler is not
    /// called again, not even for an event that the kernel has already given out.
    public func remove(_ registration: Registration) {
        checkThread()
        guard let tenant = tenants.remove(registration.slot), !tenant.interest.isEmpty else { return }
        do {
            try poll.remove(tenant.descriptor)
        } catch {
            refused(error)
        }
    }

    /// Runs `action` on the loop's thread once that much time has passed: never earlier, and later by at most a
    /// millisecond and the length of a turn.
    @discardableResult
    public func schedule(after nanoseconds: UInt64, _ action: @escaping () -> Void) -> TimerToken {
        checkThread()
        // Not `now`: late in a long turn that would be early.
        let (deadline, overflow) = Clock.monotonic().addingReportingOverflow(nanoseconds)
        return timers.insert(deadline: overflow ? .max : deadline, action)
    }

    /// Takes a timer back. Nothing happens where it has run.
    public func cancel(_ token: TimerToken) {
        checkThread()
        timers.cancel(token)
    }

    /// Calls `handler` once, before the loop looks at the kernel again.
    ///
    /// Writing then, and not at once, puts the writes of a turn close together: the first wakes the reader, and those
    /// behind it find it awake. A wake-up costs more than the write.
    public func atTurnEnd(_ handler: any TurnEndHandler) {
        checkThread()
        ending.append(handler)
    }

    // MARK: A turn

    /// The loop's own wake-up among the keys of `Slots`, which count up from 0.
    private static let alarmKey = UInt64.max
    /// The longest single wait; a loop with a later timer wakes for nothing once an hour.
    private static let waitMillisecondsMax: UInt64 = 3_600_000
    /// A burst's memory is given back when the queue had room for more jobs than this.
    private static let jobsKept = 4096

    /// False once the loop was stopped.
    private func turn() -> Bool {
        let mark = timers.mark
        while let action = timers.popDue(now, before: mark) { action() }
        runJobs()
        endTurn()
        let milliseconds: Int32
        switch mailbox.rest() {
        case .end: return false
        case .lookAgain: milliseconds = 0
        case .sleep: milliseconds = millisecondsToTimer()
        }
        let count = poll.wait(milliseconds: milliseconds)
        now = Clock.monotonic()
        for index in 0..<count { dispatch(index) }
        endTurn()
        return true
    }

    /// Handlers that ask again, and those that they make ask, come in the same turn.
    private func endTurn() {
        guard !ending.isEmpty else { return }
        var index = 0
        while index < ending.count {
            ending[index].turnEnds()
            index += 1
        }
        ending.removeAll(keepingCapacity: ending.capacity <= EventLoop.jobsKept)
    }

    private func runJobs() {
        mailbox.take(&jobs)
        guard !jobs.isEmpty else { return }
        for job in jobs { job() }
        jobs.removeAll(keepingCapacity: jobs.capacity <= EventLoop.jobsKept)
    }

    private func dispatch(_ index: Int) {
        let event = poll[index]
        guard event.key != EventLoop.alarmKey, let tenant = tenants[Slot(packed: event.key)] else { return }
        tenant.handler.ready(Readiness(event.events, tenant.interest))
    }

    /// Rounded up, so that nothing runs early; -1 where there is no timer.
    private func millisecondsToTimer() -> Int32 {
        guard let deadline = timers.next else { return -1 }
        let time = Clock.monotonic()
        guard deadline > time else { return 0 }
        return Int32(min((deadline - time - 1) / 1_000_000 + 1, EventLoop.waitMillisecondsMax))
    }

    private func checkThread() {
        let owner = thread.load(ordering: .relaxed)
        precondition(owner == 0 || owner == currentThread(), "a loop is used from its own thread")
    }

    /// epoll knows every descriptor that is registered; otherwise its owner closed it first, which is a bug of ours.
    private func refused(_ error: ReactorError) {
        preconditionFailure("a registered descriptor was closed before it was removed (\(error))")
    }
}

extension Interest {
    fileprivate var eventBits: UInt32 {
        (contains(.read) ? EventBits.read : 0) | (contains(.write) ? EventBits.write : 0)
    }
}

extension Readiness {
    fileprivate init(_ events: UInt32, _ interest: Interest) {
        var readiness = Readiness()
        let failed = events & (EventBits.hangUp | EventBits.error) != 0
        if events & EventBits.read != 0 || failed && interest.contains(.read) { readiness.insert(.read) }
        if events & EventBits.write != 0 || failed && interest.contains(.write) { readiness.insert(.write) }
        if events & EventBits.hangUp != 0 { readiness.insert(.hangUp) }
        if events & EventBits.error != 0 { readiness.insert(.error) }
        self = readiness
    }
}
