// SPDX-License-Identifier: Apache-2.0

/// What one response of an upstream may cost before it is refused. Every figure counts bytes unless its name says
/// otherwise.
public struct ResponseLimits: Equatable, Sendable {
    /// The status line without its CRLF.
    public var statusLineBytes = 1024
    /// All field lines of a head with their CRLFs, without the empty line behind them. Values over 16 MiB count as
    /// 16 MiB.
    public var headerBytes = 32768
    /// Field lines in a head, and again in a trailer section.
    public var headers = 100
    /// Interim (1xx) responses in front of the final one.
    public var interimResponses = 8
    /// The content, chunk framing not counted. No limit by default: content is passed on as it comes, and who keeps it
    /// counts what is kept.
    public var bodyBytes = Int.max
    /// Hexadecimal digits of one chunk size.
    public var chunkSizeDigits = 16
    /// The extensions of one chunk, from `;` to the CR.
    public var chunkExtensionBytes = 256
    /// The extensions of all chunks of a response.
    public var messageExtensionBytes = 16384
    /// All trailer lines with their CRLFs. Values over 16 MiB count as 16 MiB.
    public var trailerBytes = 16384

    public init() {}

    /// The same limits under the names of the scanners that both directions share.
    var shared: HTTPLimits {
        var limits = HTTPLimits(headerBytes: headerBytes, headers: headers, bodyBytes: bodyBytes)
        limits.requestLineBytes = statusLineBytes
        limits.chunkSizeDigits = chunkSizeDigits
        limits.chunkExtensionBytes = chunkExtensionBytes
        limits.messageExtensionBytes = messageExtensionBytes
        limits.trailerBytes = trailerBytes
        return limits
    }
}
