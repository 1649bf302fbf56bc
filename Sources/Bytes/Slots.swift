// SPDX-License-Identifier: Apache-2.0

/// Names an entry of a `Slots` table: the place, and which of its tenants. A key whose entry is gone finds nothing,
/// also when the place has been let again.
public struct Slot: Hashable, Sendable {
    public let index: UInt32
    public let generation: UInt32

    public init(index: UInt32, generation: UInt32) {
        self.index = index
        self.generation = generation
    }

    /// Both parts in one word, for `epoll_data`.
    public var packed: UInt64 { UInt64(generation) << 32 | UInt64(index) }

    public init(packed: UInt64) {
        index = UInt32(truncatingIfNeeded: packed)
        generation = UInt32(truncatingIfNeeded: packed >> 32)
    }
}

/// A table whose keys carry a generation. Places are reused, keys are not (until a place has had 2^32 tenants).
/// - Complexity: every operation is O(1).
public struct Slots<Element> {
    private var elements: [Element?] = []
    private var generations: [UInt32] = []
    private var free: [UInt32] = []

    public private(set) var count = 0

    public init() {}

    public mutating func insert(_ element: Element) -> Slot {
        count += 1
        if let index = free.popLast() {
            elements[Int(index)] = element
            return Slot(index: index, generation: generations[Int(index)])
        }
        elements.append(element)
        generations.append(0)
        return Slot(index: UInt32(elements.count - 1), generation: 0)
    }

    public subscript(slot: Slot) -> Element? {
        guard slot.index < elements.count, generations[Int(slot.index)] == slot.generation else { return nil }
        return elements[Int(slot.index)]
    }

    /// Replaces the entry; false, and nothing happens, where the key is stale.
    @discardableResult
    public mutating func update(_ slot: Slot, _ element: Element) -> Bool {
        guard self[slot] != nil else { return false }
        elements[Int(slot.index)] = element
        return true
    }

    @discardableResult
    public mutating func remove(_ slot: Slot) -> Element? {
        guard let element = self[slot] else { return nil }
        elements[Int(slot.index)] = nil
        generations[Int(slot.index)] &+= 1
        free.append(slot.index)
        count -= 1
        return element
    }

    /// Every entry with its key, in no order that means anything.
    public var all: [(slot: Slot, element: Element)] {
        elements.indices.compactMap { index in
            elements[index].map { (Slot(index: UInt32(index), generation: generations[index]), $0) }
        }
    }
}
