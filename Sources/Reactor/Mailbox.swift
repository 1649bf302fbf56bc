// SPDX-License-Identifier: Apache-2.0

/// Jobs for a loop from any thread, in the order of their arrival.
final class Mailbox: Sendable {
    typealias Job = @Sendable () -> Void

    private struct State {
        var jobs: [Job] = []
        /// The loop is in, or about to enter, a wait that only an event ends.
        var isAsleep = false
        var isStopping = false
    }

    private let state = Locked(State())

    /// True where the loop sleeps and the caller has to wake it. Of many posts only the first is told so.
    func push(_ job: @escaping Job) -> Bool {
        state.withLock { state in
            state.jobs.append(job)
            return wakes(&state)
        }
    }

    /// As `push`: asks the loop to end once it has run what was posted before.
    func stop() -> Bool {
        state.withLock { state in
            state.isStopping = true
            return wakes(&state)
        }
    }

    /// Exchanges the waiting jobs with the caller's empty array, whose memory is used again.
    func take(_ jobs: inout [Job]) {
        state.withLock { state in
            state.isAsleep = false
            swap(&state.jobs, &jobs)
        }
    }

    enum Rest { case sleep, lookAgain, end }

    /// What the loop does next. After `sleep` the next push answers true.
    func rest() -> Rest {
        state.withLock { state in
            guard state.jobs.isEmpty else { return .lookAgain }
            if state.isStopping {
                state.isStopping = false
                return .end
            }
            state.isAsleep = true
            return .sleep
        }
    }

    private func wakes(_ state: inout State) -> Bool {
        defer { state.isAsleep = false }
        return state.isAsleep
    }
}
