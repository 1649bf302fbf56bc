// SPDX-License-Identifier: Apache-2.0

import Bytes

/// One-shot digests; `SHA256` and `HMACSHA256` take longer texts in parts.
public enum Digest {
    /// SHA-256, 32 bytes.
    public static func sha256(_ bytes: Span<UInt8>) -> [UInt8] {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finish()
    }

    /// SHA-256 of two texts set one behind the other, 32 bytes.
    public static func sha256(_ first: Span<UInt8>, _ second: Span<UInt8>) -> [UInt8] {
        var hash = SHA256()
        hash.update(first)
        hash.update(second)
        return hash.finish()
    }

    /// Lends SHA-256 of two texts set one behind the other, 32 bytes, without allocating.
    public static func withSHA256<Result>(
        _ first: Span<UInt8>,
        _ second: Span<UInt8>,
        _ body: (Span<UInt8>) -> Result
    ) -> Result {
        var hash = SHA256()
        hash.update(first)
        hash.update(second)
        return hash.withDigest(body)
    }

    /// HMAC-SHA-256 (RFC 2104), 32 bytes.
    public static func hmacSHA256(key: Span<UInt8>, _ message: Span<UInt8>) -> [UInt8] {
        var mac = HMACSHA256(key: key)
        mac.update(message)
        return mac.finish()
    }

    /// HKDF-SHA-256, extract and expand (RFC 5869).
    /// - Precondition: `count` is at most 255 times 32, as the RFC says.
    public static func hkdfSHA256(
        secret: Span<UInt8>,
        salt: Span<UInt8>,
        info: Span<UInt8>,
        count: Int
    ) -> [UInt8] {
        precondition(count >= 0 && count <= 255 * SHA256.digestBytes, "HKDF cannot make that many bytes")
        let extracted = hmacSHA256(key: salt, secret)
        let keyed = HMACSHA256(key: extracted.span)
        var output: [UInt8] = []
        var block: [UInt8] = []
        var counter: UInt8 = 0
        while output.count < count {
            counter += 1
            var mac = keyed
            mac.update(block.span)
            mac.update(info)
            let last = [counter]
            mac.update(last.span)
            block = mac.finish()
            output.append(contentsOf: block.prefix(count - output.count))
        }
        return output
    }
}

/// HMAC-SHA-256 over parts. A copy made before the first part saves working on the key again.
public struct HMACSHA256: Sendable {
    private var inner = SHA256()
    private var outer = SHA256()

    public init(key: Span<UInt8>) {
        let short = key.count > SHA256.blockBytes ? Digest.sha256(key) : key.array
        let padding = [UInt8](repeating: 0, count: SHA256.blockBytes - short.count)
        let innerBlock = (short + padding).map { $0 ^ 0x36 }
        let outerBlock = (short + padding).map { $0 ^ 0x5C }
        inner.update(innerBlock.span)
        outer.update(outerBlock.span)
    }

    public mutating func update(_ bytes: Span<UInt8>) { inner.update(bytes) }

    /// The code, 32 bytes.
    public consuming func finish() -> [UInt8] {
        let digest = inner.finish()
        var hash = outer
        hash.update(digest.span)
        return hash.finish()
    }
}
