// SPDX-License-Identifier: Apache-2.0

/// An IPv4 or IPv6 address. An IPv4 address mapped into IPv6 (`::ffff:a.b.c.d`) is the IPv4 address: one caller has one
/// address, whichever socket it came through.
public struct IPAddress: Hashable, Sendable {
    /// Sixteen bytes in network order; IPv4 as `::ffff:a.b.c.d`.
    public let high: UInt64
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
}
