// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// Whether both hold the same bytes, in a time that depends on their lengths alone. Unequal lengths are false at once:
/// a length is no secret.
public func constantTimeEquals(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
    guard a.count == b.count else { return false }
    return unsafe a.withUnsafeBufferPointer { left in
        unsafe b.withUnsafeBufferPointer { right in
            // SAFETY: both buffers are live and hold `count` bytes; of empty ones nothing is read.
            unsafe CRYPTO_memcmp(left.baseAddress, right.baseAddress, left.count) == 0
        }
    }
}

/// Overwrites the bytes with zeros, in a way that the optimizer may not drop, and empties the array. Copies that share
/// no storage with it are not reached.
public func wipe(_ bytes: inout [UInt8]) {
    unsafe bytes.withUnsafeMutableBytes { buffer in
        // SAFETY: writes inside the array's own live buffer.
        unsafe OPENSSL_cleanse(buffer.baseAddress, buffer.count)
    }
    bytes = []
}
