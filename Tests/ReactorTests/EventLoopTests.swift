// SPDX-License-Identifier: Apache-2.0

import Glibc
import Reactor
import Testing

@Suite struct EventLoopTests {
    @Test func `posts of each thread keep their order`() async throws {
        let running = try RunningLoop()
        let seen = Locked<[[Int]]>(Array(repeating: [], count: 4))
        let threads = Locked<Int>(0)
        let all = Promise<Bool>()
        for writer in 0..<4 {
            let thread = try Reactor.Thread.start(name: "test-writer") {
                for number in 0..<5000 {
                    running.loop.post { seen.withLock { $0[writer].append(number) } }
                }
                running.loop.post {
                    let count = threads.withLock { count -> Int in
                        count += 1
                        return count
                    }
                    if count == 4 { all.fulfil(true) }
                }
            }
            thread.detach()
        }
        _ = await all.value()
        for list in seen.withLock({ $0 }) { #expect(list == Array(0..<5000)) }
        await running.stop()
    }

    @Test func `a post from the loop's own thread runs later, not inside the caller`() async throws {
        let running = try RunningLoop()
        let order = Locked<[String]>([])
        let done = Promise<Bool>()
        running.loop.post { [loop = running.loop] in
            loop.post { order.withLock { $0.append("posted") } }
            loop.post { done.fulfil(true) }
            order.withLock { $0.append("caller") }
        }
        _ = await done.value()
        #expect(order.withLock { $0 } == ["caller", "posted"])
        await running.stop()
    }

    @Test func `the end of a turn comes behind its jobs, and again for those who ask again`() async throws {
        let running = try RunningLoop()
        let order = Locked<[String]>([])
        let done = Promise<Bool>()
        running.loop.post { [loop = running.loop] in
            loop.atTurnEnd(
                Ending { isFirst in
                    order.withLock { $0.append("end") }
                    guard isFirst else { return false }
                    loop.post { done.fulfil(true) }
                    return true
                } again: {
                    loop.atTurnEnd($0)
                }
            )
            order.withLock { $0.append("asked") }
        }
        _ = await done.value()
        #expect(order.withLock { $0 } == ["asked", "end", "end"])
        await running.stop()
    }

    @Test func `jobs that post jobs do not starve descriptors or timers`() async throws {
        let running = try RunningLoop()
        let (ours, theirs) = try Socket.pair()
        let stop = Locked<Bool>(false)
        @Sendable func again(_ loop: EventLoop) {
            guard !stop.withLock({ $0 }) else { return }
            loop.post { again(loop) }
        }
        let fired = Promise<Bool>()
        let collector = Collector(FileDescriptor(owning: ours), on: running.loop)
        let received = Promise<[UInt8]>()
        running.loop.post { [loop = running.loop] in
            again(loop)
            collector.begin()
            collector.await(3, received)
            loop.schedule(after: 1_000_000) { fired.fulfil(true) }
        }
        let other = FileDescriptor(owning: theirs)
        #expect(Socket.write(other.raw, [1, 2, 3]) == .bytes(3))
        #expect(await received.value() == [1, 2, 3])
        #expect(await fired.value())
        stop.withLock { $0 = true }
        closeNow(other)
        _ = await collector.finished.value()
        await running.stop()
    }

    @Test func `stop runs what was posted before, and a stop before the run counts`() throws {
        let loop = try EventLoop(index: 3)
        let ran = Locked<Int>(0)
        for _ in 0..<10 { loop.post { ran.withLock { $0 += 1 } } }
        loop.stop()
        loop.run()
        #expect(ran.withLock { $0 } == 10)
        #expect(!loop.isCurrent)
        loop.post { loop.stop() }
        loop.post { #expect(loop.isCurrent) }
        loop.run()
        #expect(loop.index == 3)
    }

    @Test func `timers run in the order of their time, never early, and not when cancelled`() async throws {
        /// When a timer is due, as far as can be seen from outside: the thread may have rested while it was scheduled.
        struct Due {
            let earliest: UInt64
            let latest: UInt64
        }
        let running = try RunningLoop()
        let ran = Locked<[Due]>([])
        let early = Locked<Int>(0)
        let cancelled = Locked<Int>(0)
        let done = Promise<Bool>()
        running.loop.post { [loop = running.loop] in
            func schedule(_ nanoseconds: UInt64, _ action: @escaping () -> Void = {}) {
                let before = Clock.monotonic()
                var due: Due?
                loop.schedule(after: nanoseconds) {
                    guard let due else { return }
                    if Clock.monotonic() < due.earliest { early.withLock { $0 += 1 } }
                    ran.withLock { $0.append(due) }
                    action()
                }
                due = Due(earliest: before + nanoseconds, latest: Clock.monotonic() + nanoseconds)
            }
            for milliseconds: UInt64 in [5, 1, 3, 0, 4, 2] { schedule(milliseconds * 1_000_000) }
            // Cancelled by a timer before it, which may be due in the same turn.
            var victim: TimerToken?
            schedule(1_500_000) { if let victim { loop.cancel(victim) } }
            victim = loop.schedule(after: 2_500_000) { cancelled.withLock { $0 += 1 } }
            loop.schedule(after: .max) { cancelled.withLock { $0 += 1 } }
            schedule(6_000_000) { done.fulfil(true) }
        }
        _ = await done.value()
        let order = ran.withLock { $0 }
        #expect(order.count == 8)
        for (index, first) in order.enumerated() {
            #expect(!order[index...].contains { $0.latest < first.earliest })
        }
        #expect(early.withLock { $0 } == 0)
        #expect(cancelled.withLock { $0 } == 0)
        await running.stop()
    }

    @Test func `a timer that schedules itself at once lets others in`() async throws {
        let running = try RunningLoop()
        let done = Promise<Bool>()
        running.loop.post { [loop = running.loop] in
            func again() { loop.schedule(after: 0, again) }
            again()
            loop.post { loop.post { done.fulfil(true) } }
        }
        #expect(await done.value())
        await running.stop()
    }

    @Test func `a registration that was removed in the same turn gets nothing, nor does its successor`() async throws {
        let running = try RunningLoop()
        let pairs = try (0..<2).map { _ in try Socket.pair() }
        let result = Promise<[Int]>()
        running.loop.post { [loop = running.loop] in
            let first = Rival(FileDescriptor(owning: pairs[0].0), loop)
            let second = Rival(FileDescriptor(owning: pairs[1].0), loop)
            first.rival = second
            second.rival = first
            first.begin()
            second.begin()
            // Both become ready in one look at the kernel; whoever is called first removes the other.
            _ = Socket.write(pairs[0].1, [1])
            _ = Socket.write(pairs[1].1, [1])
            loop.schedule(after: 20_000_000) {
                result.fulfil([first.calls, second.calls, first.successorCalls + second.successorCalls].sorted())
                first.end()
                second.end()
            }
        }
        #expect(await result.value() == [0, 0, 1])
        for pair in pairs { closeNow(FileDescriptor(owning: pair.1)) }
        await running.stop()
    }

    @Test func `a descriptor that is watched for nothing is silent, and can come back`() async throws {
        let running = try RunningLoop()
        let (ours, theirs) = try Socket.pair()
        let counter = Counter(FileDescriptor(owning: ours))
        let registration = await running.perform { loop in
            try? loop.register(counter.descriptor.raw, [], counter)
        }
        let place = try #require(registration)
        closeNow(FileDescriptor(owning: theirs))
        // Hang-up is level-triggered: were it watched for, these rounds would see it.
        for _ in 0..<20 { _ = await running.perform { _ in true } }
        #expect(await running.perform { _ in counter.seen }.isEmpty)
        await running.perform { loop in loop.change(place, .hangUp) }
        #expect(eventually { counter.count.withLock { $0 } > 0 })
        await running.perform { loop in loop.change(place, []) }
        #expect(await running.perform { _ in counter.seen.first } == [.hangUp])
        await running.perform { loop in
            counter.forget()
            loop.change(place, .read)
        }
        #expect(eventually { counter.count.withLock { $0 } > 0 })
        await running.perform { loop in
            loop.remove(place)
            loop.remove(place)
            loop.change(place, .read)
        }
        #expect(await running.perform { _ in counter.seen.first } == [.read, .hangUp])
        await running.stop()
    }

    @Test func `what epoll refuses is an error, not a registration`() throws {
        let loop = try EventLoop(index: 0)
        let file = open("/etc/passwd", O_RDONLY | O_CLOEXEC)
        let counter = Counter(FileDescriptor(owning: file))
        do {
            _ = try loop.register(file, .read, counter)
            Issue.record("a regular file is always ready")
        } catch {
            #expect(error.code == EPERM)
            #expect(error.description == "epoll_ctl(ADD): Operation not permitted")
        }
    }

    @Test func `signals come as events`() async throws {
        // A real-time signal that nothing else in a test process uses, blocked on the one thread that gets it.
        let number = SIGUSR2
        let got = Promise<Int32>()
        let thread = try Reactor.Thread.start(name: "test-signals") {
            var set = sigset_t()
            sigemptyset(&set)
            sigaddset(&set, number)
            pthread_sigmask(SIG_BLOCK, &set, nil)
            guard let loop = try? EventLoop(index: 0) else { return got.fulfil(-1) }
            let source = try? SignalSource([number], on: loop) { signal in
                got.fulfil(signal)
                loop.stop()
            }
            pthread_kill(pthread_self(), number)
            loop.run()
            withExtendedLifetime(source) {}
        }
        #expect(await got.value() == number)
        thread.join()
    }
}

/// Removes its rival when it is called, and at once lets the rival's place again.
private final class Rival: ReadinessHandler {
    let descriptor: FileDescriptor
    let loop: EventLoop
    var rival: Rival?
    var registration: Registration?
    var calls = 0
    var successorCalls = 0

    init(_ descriptor: consuming FileDescriptor, _ loop: EventLoop) {
        self.descriptor = descriptor
        self.loop = loop
    }

    func begin() { registration = try? loop.register(descriptor.raw, .read, self) }

    func end() {
        if let registration { loop.remove(registration) }
        registration = nil
        rival = nil
    }

    func ready(_ readiness: Readiness) {
        calls += 1
        guard let rival, let place = rival.registration else { return }
        loop.remove(place)
        // The next tenant of the same place; nothing has arrived for it.
        let successor = Successor(self)
        let (quiet, other) = (try? Socket.pair()) ?? (-1, -1)
        successor.keep = (quiet, other)
        rival.registration = try? loop.register(quiet, .read, successor)
        end()
        loop.schedule(after: 10_000_000) {
            if let place = rival.registration { self.loop.remove(place) }
            rival.registration = nil
            Glibc.close(quiet)
            Glibc.close(other)
        }
    }
}

private final class Successor: ReadinessHandler {
    let owner: Rival
    var keep: (Int32, Int32) = (-1, -1)
    init(_ owner: Rival) { self.owner = owner }
    func ready(_ readiness: Readiness) { owner.successorCalls += 1 }
}

/// Counts what it is told. `seen` is touched on the loop only.
private final class Counter: ReadinessHandler, @unchecked Sendable {
    let descriptor: FileDescriptor
    let count = Locked<Int>(0)
    var seen: [Readiness] = []

    init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

    func ready(_ readiness: Readiness) {
        seen.append(readiness)
        count.withLock { $0 += 1 }
    }

    func forget() {
        seen.removeAll()
        count.withLock { $0 = 0 }
    }
}

/// Is told of a turn's end, and asks for it once more where its body says so.
private final class Ending: TurnEndHandler {
    private let body: (_ isFirst: Bool) -> Bool
    private let again: (Ending) -> Void
    private var isFirst = true

    init(_ body: @escaping (_ isFirst: Bool) -> Bool, again: @escaping (Ending) -> Void) {
        self.body = body
        self.again = again
    }

    func turnEnds() {
        let asks = body(isFirst)
        isFirst = false
        if asks { again(self) }
    }
}
