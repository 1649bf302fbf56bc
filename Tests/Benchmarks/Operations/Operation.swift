// SPDX-License-Identifier: Apache-2.0

import CAllocations

/// One thing that is done for a request, by itself: what it takes from the heap, and how many instructions.
final class Operation {
    /// A column of the table of thresholds.
    let name: String
    private let body: () -> Void

    /// - Parameter body: does it once; leaves what it made with `use`, so that the optimiser cannot leave it out.
    init(_ name: String, _ body: @escaping () -> Void) {
        self.name = name
        self.body = body
    }

    /// Tables that are made once, and buffers that grow once, are not the operation's.
    func warmUp() {
        for _ in 0..<8 { body() }
    }

    /// Does it so many times inside the region that counters are told to look at.
    func run(times: Int) {
        let work = Work(times: times, body: body)
        gatehouse_measured_region(
            { context in
                guard let context else { return }
                let work = Unmanaged<Work>.fromOpaque(context).takeUnretainedValue()
                for _ in 0..<work.times { work.body() }
            },
            Unmanaged.passUnretained(work).toOpaque()
        )
    }

    private final class Work {
        let times: Int
        let body: () -> Void

        init(times: Int, body: @escaping () -> Void) {
            self.times = times
            self.body = body
        }
    }
}

/// Takes a value as its user would, without looking at it.
@inline(never)
@_optimize(none)
func use<Value: ~Copyable>(_ value: borrowing Value) {}
