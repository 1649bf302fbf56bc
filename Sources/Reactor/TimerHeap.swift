// SPDX-License-Identifier: Apache-2.0

/// Names a timer that was scheduled. It stays harmless after the timer has run or been cancelled.
public struct TimerToken: Hashable, Sendable {
    let place: UInt32
    let generation: UInt32
}

/// Timers by deadline; of two with the same deadline the one that was scheduled first is due first.
/// - Complexity: `next` O(1), everything else O(log n). A cancelled timer is gone at once.
struct TimerHeap {
    private struct Node {
        let deadline: UInt64
        let sequence: UInt64
        let place: UInt32

        func isBefore(_ other: Node) -> Bool {
            deadline != other.deadline ? deadline < other.deadline : sequence < other.sequence
        }
    }

    private struct Place {
        /// Where in `heap` the timer's node is; meaningless while the place is free.
        var position: Int
        var generation: UInt32
        var action: (() -> Void)?
    }

    /// A binary heap, the first due on top.
    private var heap: [Node] = []
    private var places: [Place] = []
    private var free: [UInt32] = []
    private var sequence: UInt64 = 0

    var count: Int { heap.count }

    /// The deadline of the timer that is due first.
    var next: UInt64? { heap.first?.deadline }

    /// Everything that is scheduled from now on has this mark or a later one.
    var mark: UInt64 { sequence }

    mutating func insert(deadline: UInt64, _ action: @escaping () -> Void) -> TimerToken {
        let place: UInt32
        if let reused = free.popLast() {
            place = reused
            places[Int(place)].action = action
        } else {
            place = UInt32(places.count)
            places.append(Place(position: 0, generation: 0, action: action))
        }
        heap.append(Node(deadline: deadline, sequence: sequence, place: place))
        // Never wraps: 2^64 timers take longer than anything runs.
        sequence &+= 1
        siftUp(heap.count - 1)
        return TimerToken(place: place, generation: places[Int(place)].generation)
    }

    /// True where the timer was still to come.
    @discardableResult
    mutating func cancel(_ token: TimerToken) -> Bool {
        guard token.place < places.count else { return false }
        let place = places[Int(token.place)]
        guard place.generation == token.generation, place.action != nil else { return false }
        remove(at: place.position)
        return true
    }

    /// Takes the first timer out if it is due at `now` and was scheduled before `mark`.
    mutating func popDue(_ now: UInt64, before mark: UInt64) -> (() -> Void)? {
        guard let first = heap.first, first.deadline <= now, first.sequence < mark else { return nil }
        return remove(at: 0)
    }

    @discardableResult
    private mutating func remove(at position: Int) -> (() -> Void)? {
        let place = Int(heap[position].place)
        let action = places[place].action
        places[place].action = nil
        places[place].generation &+= 1
        free.append(UInt32(place))
        let last = heap.removeLast()
        if position < heap.count {
            put(last, at: position)
            siftDown(position)
            siftUp(position)
        }
        return action
    }

    private mutating func put(_ node: Node, at position: Int) {
        heap[position] = node
        places[Int(node.place)].position = position
    }

    private mutating func siftUp(_ start: Int) {
        let node = heap[start]
        var position = start
        while position > 0 {
            let parent = (position - 1) / 2
            guard node.isBefore(heap[parent]) else { break }
            put(heap[parent], at: position)
            position = parent
        }
        put(node, at: position)
    }

    private mutating func siftDown(_ start: Int) {
        let node = heap[start]
        var position = start
        while true {
            var child = 2 * position + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].isBefore(heap[child]) { child += 1 }
            guard heap[child].isBefore(node) else { break }
            put(heap[child], at: position)
            position = child
        }
        put(node, at: position)
    }
}
