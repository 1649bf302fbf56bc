// SPDX-License-Identifier: Apache-2.0

/// What a stdio child may cost.
public struct StdioLimits: Sendable {
    /// The longest line on its standard output, bytes (`limits.response_message`).
    public var lineBytesMax = 16 << 20
    /// What may wait to be written to it, bytes. One message may always wait, however long.
    public var queueBytesMax = 1 << 20
    /// The longest line of its standard error that is logged, bytes; the rest of a longer one is cut off.
    public var errorLineBytesMax = 8 << 10
    /// Lines of standard error that are logged in a second; more are counted and dropped.
    public var errorLinesPerSecondMax = 100
    /// Lines of standard output that are no JSON-RPC message, in a minute; a server that writes more is ended.
    public var garbageLinesPerMinuteMax = 100
    /// Between closing its input and SIGTERM, and again between SIGTERM and SIGKILL, nanoseconds (`stop_timeout`).
    public var stopNanoseconds: UInt64 = 5_000_000_000

    public init() {}
}
