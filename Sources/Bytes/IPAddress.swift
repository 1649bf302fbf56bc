// SPDX-License-Identifier: Apache-2.0

/// An IPv4 or IPv6 address. An IPv4 address mapped into IPv6 (`::ffff:a.b.c.d`) is the IPv4 address: one caller has one
/// address, whichever socket it came through.
public struct IPAddress: Hashable, Sendable {
    /// The first eight of sixteen bytes in network order; an IPv4 address is held as `::ffff:a.b.c.d`.
    public let high: UInt64
    /// The last eight bytes.
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    public init(v4 word: UInt32) {
        high = 0
        low = 0xFFFF_0000_0000 | UInt64(word)
    }

    public var isV4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// 127.0.0.0/8 and ::1.
    public var isLoopback: Bool { isV4 ? (low >> 24) & 0xFF == 127 : high == 0 && low == 1 }

    /// What stands for one caller where there is no credential: an IPv4 address itself, of an IPv6 address the /64 it
    /// is in, because one household or host has all of that (semantics 2).
    public var callerBlock: IPAddress { isV4 ? self : IPAddress(high: high, low: 0) }
}

/// A block of addresses, as in `10.0.0.0/8`.
public struct AddressRange: Hashable, Sendable {
    public let base: IPAddress
    /// Bits of the 128 that must agree; an IPv4 prefix counts from 96.
    public let prefixLength: Int

    public init(base: IPAddress, prefixLength: Int) {
        self.base = base
        self.prefixLength = prefixLength
    }

    /// Whether the address lies in the block. An IPv6 block holds no IPv4 address, not even `::/0`: who writes an IPv6
    /// block means IPv6.
    public func contains(_ address: IPAddress) -> Bool {
        guard base.isV4 == address.isV4 else { return false }
        let difference = (high: base.high ^ address.high, low: base.low ^ address.low)
        return Self.isZero(difference.high, inFirst: prefixLength)
            && Self.isZero(difference.low, inFirst: prefixLength - 64)
    }

    /// Whether the base has a bit set behind the prefix.
    var hasHostBits: Bool {
        !Self.isZero(~Self.mask(prefixLength) & base.high, inFirst: 64)
            || !Self.isZero(~Self.mask(prefixLength - 64) & base.low, inFirst: 64)
    }

    private static func isZero(_ word: UInt64, inFirst bits: Int) -> Bool { word & mask(bits) == 0 }

    /// The first `bits` bits set; none below 1, all from 64 on.
    private static func mask(_ bits: Int) -> UInt64 { bits <= 0 ? 0 : ~0 << UInt64(max(64 - bits, 0)) }
}
