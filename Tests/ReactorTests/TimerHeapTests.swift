// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Reactor

@Suite struct TimerHeapTests {
    @Test func `timers come in the order of deadlines, then of scheduling`() {
        var heap = TimerHeap()
        var ran: [String] = []
        for (deadline, name) in [(30, "d"), (10, "a"), (20, "b"), (20, "c")] as [(UInt64, String)] {
            _ = heap.insert(deadline: deadline) { ran.append(name) }
        }
        #expect(heap.next == 10)
        let early = heap.popDue(9, before: .max)
        #expect(early == nil, "nothing early")
        while let action = heap.popDue(20, before: .max) { action() }
        #expect(ran == ["a", "b", "c"])
        #expect(heap.count == 1)
    }

    @Test func `a cancelled timer is gone and its token names nobody else`() {
        var heap = TimerHeap()
        let first = heap.insert(deadline: 1) {}
        let wasWaiting = heap.cancel(first)
        #expect(wasWaiting)
        let second = heap.insert(deadline: 2) {}
        let again = heap.cancel(first)
        #expect(!again, "the place is let again, the token is not")
        #expect(heap.count == 1)
        let due = heap.popDue(2, before: .max)
        #expect(due != nil)
        let after = heap.cancel(second)
        #expect(!after, "it has run")
    }

    @Test func `what is scheduled after the mark waits`() {
        var heap = TimerHeap()
        _ = heap.insert(deadline: 1) {}
        let mark = heap.mark
        _ = heap.insert(deadline: 0) {}
        let later = heap.popDue(5, before: mark)
        #expect(later == nil)
        let next = heap.popDue(5, before: heap.mark)
        #expect(next != nil)
    }

    /// Against a sorted list, with the same random steps.
    @Test(arguments: 0..<20) func `random use agrees with a sorted list`(_ seed: UInt64) {
        var random = Numbers(state: seed &* 2 &+ 1)
        var heap = TimerHeap()
        var model: [(deadline: UInt64, number: Int, token: TimerToken)] = []
        var ran = -1
        for number in 0..<2000 {
            switch random.next() % 4 {
            case 0, 1:
                let deadline = random.next() % 1000
                let token = heap.insert(deadline: deadline) { ran = number }
                model.append((deadline, number, token))
            case 2 where !model.isEmpty:
                let victim = model.remove(at: Int(random.next() % UInt64(model.count)))
                let wasWaiting = heap.cancel(victim.token)
                #expect(wasWaiting)
            default:
                let now = random.next() % 1000
                let due = model.filter { $0.deadline <= now }.min {
                    ($0.deadline, $0.number) < ($1.deadline, $1.number)
                }
                let action = heap.popDue(now, before: .max)
                #expect((action == nil) == (due == nil))
                action?()
                guard let due else { continue }
                #expect(ran == due.number)
                model.removeAll { $0.number == due.number }
            }
            #expect(heap.count == model.count)
            #expect(heap.next == model.map(\.deadline).min())
        }
    }
}

/// The same numbers for the same seed (xorshift).
struct Numbers {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state >> 11
    }
}
