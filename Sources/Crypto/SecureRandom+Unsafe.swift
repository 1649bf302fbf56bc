// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// Random bytes that nobody can guess, from the library's generator, which the system's seeds.
public enum SecureRandom {
    /// - Precondition: `count` is at least 0 and at most `Int32.max`.
    public static func bytes(_ count: Int) -> [UInt8] {
        guard count > 0 else { return [] }
        let length = Int32(count)
        // SAFETY: the buffer has room for `count` bytes, and all are written where the call says 1.
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            guard unsafe RAND_bytes(buffer.baseAddress, length) == 1 else {
                // Without randomness every key and nonce would be a lie: no caller can go on from here.
                fatalError("the system has no random bytes to give: no key or nonce can be made")
            }
            written = count
        }
    }
}
