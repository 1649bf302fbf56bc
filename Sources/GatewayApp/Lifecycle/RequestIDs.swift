// SPDX-License-Identifier: Apache-2.0

import Bytes
import Crypto

/// Makes `X-Request-Id`: 32 hex digits, of which the first half is random for each loop and start, the second counts.
struct RequestIDs {
    private let prefix: [UInt8]
    private var last: UInt64 = 0

    init(loop: Int) {
        prefix = Hex.encode(SecureRandom.bytes(8))
    }

    mutating func next() -> [UInt8] {
        last &+= 1  // 2^64 requests take longer than any process lives.
        var id: [UInt8] = []
        id.reserveCapacity(32)
        id.append(contentsOf: prefix)
        Hex.append(last, to: &id)
        return id
    }
}
