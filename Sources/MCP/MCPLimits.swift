// SPDX-License-Identifier: Apache-2.0

/// What no message of the protocol exceeds.
public enum MCPLimits {
    /// Bytes between the quotes of an id or a progress token, as it goes out.
    public static let idBytesMax = 256
    /// Digits of an id that is a number: what a 64-bit integer needs.
    public static let idDigitsMax = 19
    /// Messages of one batch.
    public static let batchMax = 100
}
