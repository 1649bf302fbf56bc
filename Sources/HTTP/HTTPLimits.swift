// SPDX-License-Identifier: Apache-2.0

/// What one request may cost before it is refused. Every figure counts bytes unless its name says otherwise.
public struct HTTPLimits: Equatable, Sendable {
    /// The request line without its CRLF; more is 414.
    public var requestLineBytes = 8192
    /// A method; more is 501 (RFC 9112, section 3).
    public var methodBytes = 32
    /// All field lines of a head with their CRLFs, without the empty line behind them; more is 431.
    /// Values over 16 MiB count as 16 MiB.
    public var headerBytes = 16384
    /// Field lines in a head, and again in a trailer section; more is 431.
    public var headers = 100
    /// Empty lines in front of a request line (RFC 9112, section 2.2); more is 400.
    public var leadingEmptyLines = 2
    /// The content of a request, chunk framing not counted; more is 413.
    public var bodyBytes = 4 << 20
    /// Hexadecimal digits of one chunk size; more is 400.
    public var chunkSizeDigits = 16
    /// The extensions of one chunk, from `;` to the CR; more is 400.
    public var chunkExtensionBytes = 256
    /// The extensions of all chunks of a message; more is 400.
    public var messageExtensionBytes = 16384
    /// All trailer lines of a message with their CRLFs; more is 431. Values over 16 MiB count as 16 MiB.
    public var trailerBytes = 16384

    public init() {}

    /// The defaults but for the three limits that the configuration names.
    public init(headerBytes: Int, headers: Int, bodyBytes: Int) {
        self.headerBytes = headerBytes
        self.headers = headers
        self.bodyBytes = bodyBytes
    }
}
