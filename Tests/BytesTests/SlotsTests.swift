// SPDX-License-Identifier: Apache-2.0

import Bytes
import TestSupport
import Testing

@Suite struct SlotsTests {
    @Test func `a key whose entry is gone finds nothing, also when the place is let again`() {
        var slots = Slots<String>()
        let first = slots.insert("a")
        #expect(slots[first] == "a")
        let removed = slots.remove(first)
        #expect(removed == "a")
        #expect(slots[first] == nil)
        let second = slots.insert("b")
        #expect(second.index == first.index)
        #expect(second != first)
        #expect(slots[first] == nil)
        let removedAgain = slots.remove(first)
        #expect(removedAgain == nil)
        let updatedStale = slots.update(first, "c")
        #expect(!updatedStale)
        #expect(slots[second] == "b")
        let updated = slots.update(second, "d")
        #expect(updated)
        #expect(slots[second] == "d")
        #expect(slots.count == 1)
    }

    @Test func `a key made up from outside finds nothing`() {
        var slots = Slots<Int>()
        let slot = slots.insert(1)
        #expect(slots[Slot(index: 1, generation: 0)] == nil)
        #expect(slots[Slot(packed: .max)] == nil)
        #expect(slots[Slot(index: slot.index, generation: slot.generation + 1)] == nil)
        slots.remove(slot)
        // The free place's coming generation, before anyone has it.
        #expect(slots[Slot(index: slot.index, generation: slot.generation + 1)] == nil)
    }

    @Test func `a key packed into a word comes back`() {
        for slot in [Slot(index: 0, generation: 0), Slot(index: .max, generation: 1), Slot(index: 7, generation: .max)]
        {
            #expect(Slot(packed: slot.packed) == slot)
        }
    }

    @Test func `a thousand random steps agree with a dictionary`() {
        var random = SeededGenerator(seed: 2)
        var slots = Slots<UInt64>()
        var model: [Slot: UInt64] = [:]
        var gone: [Slot] = []
        for _ in 0..<1_000 {
            if let slot = model.keys.randomElement(using: &random), Bool.random(using: &random) {
                let (mine, expected) = (slots.remove(slot), model.removeValue(forKey: slot))
                #expect(mine == expected)
                gone.append(slot)
            } else {
                let value = random.next()
                let slot = slots.insert(value)
                let old = model.updateValue(value, forKey: slot)
                #expect(old == nil)
            }
            #expect(slots.count == model.count)
        }
        #expect(Dictionary(uniqueKeysWithValues: slots.all.map { ($0.slot, $0.element) }) == model)
        for slot in gone { #expect(slots[slot] == nil) }
    }
}
