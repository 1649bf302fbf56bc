// SPDX-License-Identifier: Apache-2.0

import CAllocations

// Prints one line for each operation: its name, blocks and bytes taken from the heap, and nanoseconds, each for one
// time. The last is for a look only. `--times N`: how often each is done; `--only NAME`: that one, for a profiler.
// operations.py compares with the thresholds.

var times = 64
var only: String?
var arguments = CommandLine.arguments.dropFirst()
while let option = arguments.popFirst(), let value = arguments.popFirst() {
    switch option {
    case "--times": times = max(Int(value) ?? times, 1)
    case "--only": only = value
    default: print("unknown option \(option)")
    }
}

for operation in try allOperations() where only == nil || operation.name == only {
    operation.warmUp()
    let before = gatehouse_allocations_so_far()
    let began = ContinuousClock.now
    operation.run(times: times)
    let spent = began.duration(to: .now)
    let after = gatehouse_allocations_so_far()
    // What `run` itself takes is one block for all times, and falls away in the division.
    let blocks = Int(after.blocks - before.blocks) / times
    let bytes = Int(after.bytes - before.bytes) / times
    let nanoseconds = Int(spent.components.attoseconds / 1_000_000_000) / times
    print("\(operation.name) \(blocks) \(bytes) \(nanoseconds)")
}
