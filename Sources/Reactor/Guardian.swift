// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Starts and ends child processes by way of the guardian, a small process of its own (CLinux/guardian.c).
///
/// Every child leads a session of its own. When it ends, is destroyed, or the gateway ends in whatever way, all its
/// descendants are killed, also those that left its session. What is weak about it: descendants that leave their
/// session and fork faster than the process table can be read stay ahead until they stop.
///
/// All methods are for every thread and return at once, but `shutdown`.
public final class Guardian: Sendable {
    private let loop: EventLoop
    private let keeper: Keeper
    private let nextNumber = Atomic<UInt64>(1)
    private let thread: Locked<Thread?>

    /// Forks the guardian and starts a thread that talks to it. To be called before any thread exists and before
    /// secrets are read, since the guardian is a copy of the program as it is then.
    /// - Parameter lost: told, once and on a thread that must not be held up, when the guardian has ended without
    ///   `shutdown`: its children are gone then and no others can be started, so the program had better end.
    public static func start(lost: @escaping @Sendable () -> Void = {}) throws(ReactorError) -> Guardian {
        let (control, pid) = try startGuardian()
        let descriptor = FileDescriptor(owning: control)
        let loop = try EventLoop(index: -1)
        let keeper = Keeper(loop: loop, control: descriptor, pid: pid, lost: lost)
        try keeper.register()
        let thread = try Thread.start(name: "gatehouse-keep") { loop.run() }
        return Guardian(loop: loop, keeper: keeper, thread: thread)
    }

    private init(loop: EventLoop, keeper: Keeper, thread: consuming sending Thread) {
        self.loop = loop
        self.keeper = keeper
        self.thread = Locked(thread)
    }

    /// Starts a child. Both closures run on `loop`: `started` once, and after a success `exited` once.
    /// - Returns: the child's name, good at once for `signal` and `destroy`.
    @discardableResult
    public func spawn(
        _ specification: ChildSpecification,
        on loop: EventLoop,
        started: @escaping @Sendable (ChildStart) -> Void,
        exited: @escaping @Sendable (ChildExit) -> Void
    ) -> ChildID {
        let id = ChildID(number: nextNumber.wrappingAdd(1, ordering: .relaxed).oldValue)
        let keeper = keeper
        self.loop.post { keeper.spawn(id, specification, Keeper.Owner(loop: loop, started: started, exited: exited)) }
        return id
    }

    /// Sends a signal to the child's process group. Nothing happens to a child that has ended.
    public func signal(_ child: ChildID, _ signal: Int32) {
        let keeper = keeper
        loop.post { keeper.signal(child, signal) }
    }

    /// Kills the child and all its descendants. `exited` follows.
    public func destroy(_ child: ChildID) {
        let keeper = keeper
        loop.post { keeper.destroy(child) }
    }

    /// Ends all children: SIGTERM to each group now, SIGKILL after `patience` nanoseconds to what is left. Starts
    /// that are asked for from now on fail. `done` runs on `loop` when every child has ended and was reported.
    public func stopAll(patience: UInt64, on loop: EventLoop, done: @escaping @Sendable () -> Void) {
        let keeper = keeper
        self.loop.post { keeper.stopAll(patience: patience) { loop.post(done) } }
    }

    /// Kills all children and their descendants, ends the guardian and waits for all of that. Ends of children are
    /// still reported. Blocks for some milliseconds, longer where the kernel cannot end a process. The second call
    /// does nothing.
    public func shutdown() {
        guard let thread = thread.withLock({ $0.take() }) else { return }
        let keeper = keeper
        loop.post { keeper.shutdown() }
        thread.join()
    }
}
