// SPDX-License-Identifier: Apache-2.0

/// An HTTP server's own refusal of a message, which its client is shown.
public struct UpstreamRefusal: Hashable, Sendable {
    /// The most bytes of its body that are looked at.
    static let bodyBytesMax = 64 << 10

    /// 400…499.
    public let status: Int
    /// The JSON text of its JSON-RPC error object, where it sent one.
    public let error: [UInt8]?
}
