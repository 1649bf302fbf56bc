// SPDX-License-Identifier: Apache-2.0

public import HTTP

/// What the connections of one loop to one HTTP server may cost.
public struct OriginLimits: Sendable {
    /// Connections that are open or being made: the loop's share of `connections.maximum`. Those that carry a
    /// standalone stream count apart, up to the same number, so that streams never keep requests out.
    public var connectionsMax = 256
    /// Requests that may wait for one of them; more fail at once.
    public var waitingMax = 1024
    /// From the first look for an address to a connection that can be written to, nanoseconds: `timeouts.connect`. Also
    /// how long a request waits for a connection to become free.
    public var connectNanoseconds: UInt64 = 2_000_000_000
    /// How long a connection may be without a request, nanoseconds: `connections.idle`.
    public var idleNanoseconds: UInt64 = 60_000_000_000
    /// What is read and thrown away of a response whose owner wants no more, so that its connection can be used again,
    /// bytes and nanoseconds.
    public var discardBytesMax = 64 << 10
    public var discardNanoseconds: UInt64 = 1_000_000_000
    /// What a response's head may cost.
    public var response = ResponseLimits()

    public init() {}
}
