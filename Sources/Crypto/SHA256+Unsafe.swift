// SPDX-License-Identifier: Apache-2.0

import Bytes
import COpenSSL

/// SHA-256 (FIPS 180-4) over parts that come one after another. A copy goes on from where the original stood.
/// The state is a plain struct: nothing is allocated but the answer.
public struct SHA256: Sendable {
    /// Bytes in a digest.
    public static let digestBytes = 32
    /// Bytes in one block of the compression function, the unit of HMAC's padding.
    static let blockBytes = 64

    private var state = SHA256_CTX()

    public init() {
        // SAFETY: the pointer to our own state is used during the call only. It cannot fail.
        _ = unsafe gatehouse_sha256_init(&state)
    }

    public mutating func update(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            // SAFETY: reads `count` bytes of a live buffer; an empty one may have no address and is not read.
            _ = unsafe gatehouse_sha256_update(&state, buffer.baseAddress, buffer.count)
        }
    }

    public mutating func update(_ text: StaticString) { update(text.bytes.span) }

    /// The digest, 32 bytes. The state of the copy that was used up is wiped by the library.
    public consuming func finish() -> [UInt8] {
        // SAFETY: the buffer has room for the 32 bytes that are written, and all of them are.
        unsafe [UInt8](unsafeUninitializedCapacity: Self.digestBytes) { buffer, count in
            _ = unsafe gatehouse_sha256_final(buffer.baseAddress, &state)
            count = Self.digestBytes
        }
    }

    /// Lends the digest, 32 bytes, without allocating. The state is wiped as by `finish`.
    public consuming func withDigest<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        var digest = InlineArray<32, UInt8>(repeating: 0)
        var room = digest.mutableSpan
        // SAFETY: the buffer has room for the 32 bytes that are written.
        unsafe room.withUnsafeMutableBufferPointer { buffer in
            _ = unsafe gatehouse_sha256_final(buffer.baseAddress, &state)
        }
        return body(digest.span)
    }
}
