// SPDX-License-Identifier: Apache-2.0

/// Why a connection's TLS came to an end. The text is for the log: it names what failed in words of this program and of
/// the TLS library, never in bytes of the peer.
public enum TLSError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The peer did what TLS does not allow, or has no version, suite or protocol in common with this side.
    case peer(String)
    /// The peer refused this side and said why by an alert.
    case refused(String)
    /// The peer's certificate is not to be trusted, or is another's.
    case certificate(String)
    /// A ClientHello longer than `TLSLimits.clientHelloBytesMax`.
    case clientHelloTooLong
    /// The library cannot: no memory, or a setting that it does not take.
    case unavailable(String)

    public var description: String {
        switch self {
        case .peer(let reason): "the peer's TLS is not acceptable: \(reason)"
        case .refused(let reason): "the peer refused: \(reason)"
        case .certificate(let reason): "the peer's certificate is refused: \(reason)"
        case .clientHelloTooLong: "the ClientHello is longer than \(TLSLimits.clientHelloBytesMax) bytes"
        case .unavailable(let reason): "TLS is not available: \(reason)"
        }
    }
}

/// The limits of TLS itself.
public enum TLSLimits {
    /// A ClientHello, in bytes with its record headers.
    public static let clientHelloBytesMax = 16 << 10
    /// Certificates that a peer sends, all together, in bytes.
    public static let peerCertificatesBytesMax = 32 << 10
    /// Certificates between a peer's own and the authority's.
    public static let chainDepthMax = 4
    /// How long a session may be resumed, in seconds.
    public static let sessionSecondsMax = 2 * 3600
    /// Ticket keys that still open, beside the one that seals.
    public static let oldTicketKeysMax = 2
    /// How often the owner of a server context must call `rotateTicketKey`, in seconds.
    public static let ticketKeySeconds = 8 * 3600
}

/// The oldest version that is spoken.
public enum TLSVersion: Sendable {
    case v12, v13
}
