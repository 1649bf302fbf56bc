// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Endpoints by their exact paths, found without a copy of the path.
struct RouteTable: Sendable {
    let all: [Route]
    /// By the hash of the path: a route, and behind it those of the same hash.
    private var first: [UInt64: Int] = [:]
    private var next: [Int] = []

    init(_ routes: [Route]) {
        all = routes
        for (index, route) in routes.enumerated() {
            let path = route.server.path
            let hash = Self.hash(path.span)
            next.append(first[hash] ?? -1)
            first[hash] = index
        }
    }

    func find(_ path: Span<UInt8>) -> Route? {
        var index = first[Self.hash(path)] ?? -1
        while index >= 0 {
            let route = all[index]
            if route.isAt(path) { return route }
            index = next[index]
        }
        return nil
    }

    /// The paths are the operator's, so nobody can choose them to collide; the table's own hash is keyed.
    private static func hash(_ path: Span<UInt8>) -> UInt64 {
        var hash = UInt64(truncatingIfNeeded: path.count)
        var index = 0
        while index < path.count {
            let isWhole = index <= path.count - 8
            let word = isWhole ? path.word(at: index) : UInt64(path[index])
            hash = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
            hash ^= hash >> 29
            index += isWhole ? 8 : 1
        }
        return hash
    }
}
