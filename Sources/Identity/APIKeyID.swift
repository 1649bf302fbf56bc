// SPDX-License-Identifier: Apache-2.0

import Bytes

/// The id of an API key: 1 to 64 of `A-Z a-z 0-9 . _ -`. It stands in the key itself, in rules, logs and metric labels,
/// so it may need no escaping in any of them.
public enum APIKeyID {
    /// Bytes in an id, at most.
    public static let bytesMax = 64

    /// Whether the bytes may be an id. The configuration reader asks, to say which line is wrong.
    public static func isValid(_ id: Span<UInt8>) -> Bool {
        guard !id.isEmpty, id.count <= bytesMax else { return false }
        for index in id.indices where !isAllowed(id[index]) { return false }
        return true
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        ASCII.isLetter(byte) || ASCII.isDigit(byte) || byte == 0x2E || byte == 0x5F || byte == 0x2D
    }
}
