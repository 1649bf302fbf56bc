// SPDX-License-Identifier: Apache-2.0

import Reactor

/// Bytes on their way to a client, in order.
struct OutputQueue {
    private var pieces: [[UInt8]] = []
    private var first = 0
    private var offset = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        pieces.append(bytes)
        count += bytes.count
    }

    /// Writes as much as the socket takes. False: the connection is of no more use.
    mutating func write(to descriptor: Int32) -> Bool {
        while count > 0 {
            switch writeNext(descriptor) {
            case .bytes(let written): advance(written)
            case .wouldBlock: return true
            case .end, .failed: return false
            }
        }
        return true
    }

    private func writeNext(_ descriptor: Int32) -> IOResult {
        guard first == pieces.count - 1 else {
            return Socket.write(descriptor, pieces: pieces, from: first, offset: offset)
        }
        return Socket.send(descriptor, pieces[first], from: offset)
    }

    private mutating func advance(_ written: Int) {
        count -= written
        offset += written
        while first < pieces.count, offset >= pieces[first].count {
            offset -= pieces[first].count
            pieces[first] = []
            first += 1
        }
        guard count == 0 || first > 64 else { return }
        pieces.removeFirst(first)
        first = 0
    }
}
