// SPDX-License-Identifier: Apache-2.0

import Bytes

/// The dated versions of the Model Context Protocol.
public enum ProtocolVersion: Int, Comparable, CaseIterable, Sendable {
    case v2024_11_05, v2025_03_26, v2025_06_18, v2025_11_25, v2026_07_28

    /// The version that `text` spells exactly, nil for any other text.
    public init?(_ text: Span<UInt8>) {
        for version in Self.allCases where text.equals(version.text) {
            self = version
            return
        }
        return nil
    }

    public var text: StaticString {
        switch self {
        case .v2024_11_05: "2024-11-05"
        case .v2025_03_26: "2025-03-26"
        case .v2025_06_18: "2025-06-18"
        case .v2025_11_25: "2025-11-25"
        case .v2026_07_28: "2026-07-28"
        }
    }

    public var era: Era { self >= .v2026_07_28 ? .modern : .legacy }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// Legacy versions open with `initialize` and keep sessions; modern ones carry everything in each request.
public enum Era: Sendable { case legacy, modern }
