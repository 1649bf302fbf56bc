// SPDX-License-Identifier: Apache-2.0

import Reactor
import Sessions
import Synchronization
import Telemetry

/// What every loop has in common.
struct SharedParts {
    let snapshot: Snapshot
    let directory: SessionDirectory
    let events: EventSealer
    let guardian: Guardian
    let log: Log
    let counters: Counters
    let observer: SessionObserver
    let workers: WorkerDirectory
}

/// Finds the loop that an exchange lives on. Filled in once, before any loop runs.
final class WorkerDirectory: Sendable {
    private let workers = Locked<[Worker]>([])

    func fill(_ all: [Worker]) {
        workers.withLock { $0 = all }
    }

    func deliver(_ key: StreamKey, _ event: SessionEvent) {
        let worker = workers.withLock { $0[key.loop] }
        worker.deliver(event, to: key)
    }
}
