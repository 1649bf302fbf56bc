// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Finds two members of one name in an object. A few names are compared with one another; many go through a hash table
/// whose function is keyed anew in every process, so that nobody can prepare names that collide.
extension JSONScanner {
    /// Members up to which every pair is compared: at most 15 comparisons for each name.
    static var pairwiseMax: Int { 16 }

    /// Refuses two equal names among the members that were scanned into the last node of the tape.
    mutating func checkNames(object: Int, count: Int) throws(JSONError) {
        guard count > 1 else { return }
        if count <= Self.pairwiseMax {
            try checkPairs(object, count)
        } else {
            try checkHashes(object, count)
        }
    }

    private mutating func checkPairs(_ object: Int, _ count: Int) throws(JSONError) {
        var later = object + 1
        while later < nodes.count {
            let name = nodes[later]
            // To compare it is to decode it; the table does so once a name.
            if name.hasEscapes { return try checkHashes(object, count) }
            var earlier = object + 1
            while earlier < later {
                let other = nodes[earlier]
                if other.end - other.start == name.end - name.start, areEqual(other, name) {
                    throw JSONError(.duplicateMember, at: Int(name.start))
                }
                earlier = Int(nodes[earlier + 1].next)
            }
            later = Int(nodes[later + 1].next)
        }
    }

    /// A place of the table is half hash, half node index; zero is a free one, since no name is node 0.
    private mutating func checkHashes(_ object: Int, _ count: Int) throws(JSONError) {
        // At most half full, so that a probe ends soon.
        let size = 1 << (Int.bitWidth - (count * 2 - 1).leadingZeroBitCount)
        clearPlaces(size)
        var index = object + 1
        while index < nodes.count {
            let name = nodes[index]
            let hash = hash(name)
            let tag = hash & 0xFFFF_FFFF_0000_0000
            var place = Int(truncatingIfNeeded: hash) & (size - 1)
            while places[place] != 0 {
                let other = places[place]
                if other & 0xFFFF_FFFF_0000_0000 == tag, areEqual(nodes[Int(other & 0xFFFF_FFFF)], name) {
                    throw JSONError(.duplicateMember, at: Int(name.start))
                }
                probes += 1
                place = (place + 1) & (size - 1)
            }
            places[place] = tag | UInt64(index)
            index = Int(nodes[index + 1].next)
        }
    }

    private mutating func clearPlaces(_ size: Int) {
        if places.count < size {
            places = Array(repeating: 0, count: size)
        } else {
            for place in 0..<size { places[place] = 0 }
        }
    }

    private func hash(_ name: JSONNode) -> UInt64 {
        guard name.hasEscapes else { return text.extracting(name.content).keyedHash }
        return JSONString.decode(text.extracting(name.content)).span.keyedHash
    }

    private mutating func areEqual(_ left: JSONNode, _ right: JSONNode) -> Bool {
        comparisons += 1
        guard left.hasEscapes || right.hasEscapes else {
            return text.extracting(left.content).equals(text.extracting(right.content))
        }
        return JSONString.decode(text.extracting(left.content)) == JSONString.decode(text.extracting(right.content))
    }
}
