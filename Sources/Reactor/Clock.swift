// SPDX-License-Identifier: Apache-2.0

/// The two clocks of the program. Timers and limits use the first, only dates in tokens, keys and records the second.
public enum Clock {
    /// Nanoseconds since some moment before the program began. Never goes back, whatever happens to the date.
    public static func monotonic() -> UInt64 {
        let (seconds, nanoseconds) = readMonotonicClock()
        // Both are at least 0, and a machine that has been up for 500 years is not served.
        return UInt64(seconds) &* 1_000_000_000 &+ UInt64(nanoseconds)
    }

    /// Microseconds since 1970-01-01T00:00:00Z, without leap seconds. Jumps when the machine's date is set.
    public static func unixMicroseconds() -> Int {
        let (seconds, nanoseconds) = readRealClock()
        return seconds &* 1_000_000 &+ nanoseconds / 1000
    }
}
