// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What all loops count together.
final class Counters: Sendable {
    let connections = ConnectionCount()
    let exchanges = ExchangeCount()
    let handshakes = HandshakeCount()
}

/// TLS handshakes that are under way.
final class HandshakeCount: Sendable {
    private let underWay = Atomic<Int>(0)

    /// Takes a place; false where all are taken.
    func begin(max: Int) -> Bool {
        let before = underWay.add(1, ordering: .relaxed).oldValue
        guard before >= max else { return true }
        underWay.subtract(1, ordering: .relaxed)
        return false
    }

    func end() { underWay.subtract(1, ordering: .relaxed) }
}

/// Requests that wait for their answer; standalone streams are not counted.
final class ExchangeCount: Sendable {
    private let underWay = Atomic<Int>(0)

    var current: Int { underWay.load(ordering: .relaxed) }

    func begin() { underWay.add(1, ordering: .relaxed) }
    func end() { underWay.subtract(1, ordering: .relaxed) }
}

/// Connections that are open, and the limit on them.
final class ConnectionCount: Sendable {
    private let open = Atomic<Int>(0)
    private let stalled = Atomic<Int>(0)

    /// Connections with bytes that their clients have still to take.
    var unsent: Int { stalled.load(ordering: .relaxed) }

    func noteStall(_ begins: Bool) {
        stalled.add(begins ? 1 : -1, ordering: .relaxed)
    }

    var current: Int { open.load(ordering: .relaxed) }

    /// Takes a place; false where all are taken.
    func open(max: Int) -> Bool {
        let before = open.add(1, ordering: .relaxed).oldValue
        guard before >= max else { return true }
        open.subtract(1, ordering: .relaxed)
        return false
    }

    func close() {
        open.subtract(1, ordering: .relaxed)
    }
}
