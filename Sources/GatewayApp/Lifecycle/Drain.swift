// SPDX-License-Identifier: Apache-2.0

import Bytes
import Reactor
import Sessions
import Telemetry

/// The end of the gateway, in the order of the contract's section 8: not ready any more, no new connections, requests
/// finish, streams end, children stop, exit. Runs on the first loop.
final class Drain {
    /// How often it looks whether everything is done, nanoseconds.
    static let lookNanoseconds: UInt64 = 20_000_000

    private let workers: [Worker]
    private let shared: SharedParts
    private let loop: EventLoop
    private let deadline: UInt64
    private var isStopping = false
    private var hasEnded = false

    init(workers: [Worker], shared: SharedParts) {
        self.workers = workers
        self.shared = shared
        loop = workers[0].loop
        deadline = loop.now + shared.snapshot.configuration.limits.drain
    }

    func begin() {
        shared.log.write(.info, "draining") { _ in }
        for worker in workers { worker.loop.post { worker.beginDrain() } }
        loop.schedule(after: shared.snapshot.configuration.limits.drainDelay) { [self] in stopAccepting() }
    }

    /// A second signal: no more patience.
    func endNow() {
        finish()
    }

    private func stopAccepting() {
        for worker in workers { worker.loop.post { worker.stopAccepting() } }
        look()
    }

    /// Requests that are under way may finish until the deadline; then the sessions are ended, and their processes with
    /// them.
    private func look() {
        guard !hasEnded else { return }
        if loop.now >= deadline { return finish() }
        if !isStopping, shared.counters.exchanges.current == 0 || loop.now + stopMargin >= deadline {
            isStopping = true
            for worker in workers { worker.loop.post { worker.endSessions() } }
        }
        let isSent = shared.counters.connections.unsent == 0
        let isAnswered = shared.counters.exchanges.current == 0
        if isStopping, isSent, isAnswered, shared.directory.processCount == 0 { return finish() }
        loop.schedule(after: Self.lookNanoseconds) { [self] in look() }
    }

    /// What the children may take to stop, at most half of the drain.
    private var stopMargin: UInt64 {
        let limits = shared.snapshot.configuration.limits
        let longest = shared.snapshot.configuration.servers.compactMap { $0.stdio?.stopTimeout }.max() ?? 0
        return min(longest, limits.drain / 2)
    }

    private func finish() {
        guard !hasEnded else { return }
        hasEnded = true
        for worker in workers {
            worker.loop.post { worker.closeConnections() }
            worker.loop.stop()
        }
    }
}
