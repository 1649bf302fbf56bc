// SPDX-License-Identifier: Apache-2.0

import TLS

/// How a server is reached.
enum UpstreamConfiguration: Sendable {
    case stdio(StdioConfiguration)
    case http(HTTPUpstreamConfiguration)
}

/// A server behind a URL.
struct HTTPUpstreamConfiguration: Sendable {
    /// Whether the URL is `https`.
    var usesTLS: Bool
    /// What `Host` says: in lower case, IPv6 in brackets, the port only where it is not the scheme's own.
    var host: [UInt8]
    /// The host without brackets and port, for the resolver and for SNI.
    var name: [UInt8]
    var port: UInt16
    /// Path and query, byte for byte; begins with `/`.
    var target: [UInt8]
    /// Sent with every request; secrets already read.
    var headers: [(name: [UInt8], value: [UInt8])] = []
    /// Open at the same time.
    var connectionsMaximum = 256
    /// How long one may be kept that nobody uses.
    var connectionIdle = Nanoseconds.seconds(60)
    /// Nil: TLS, where there is any, as the system has it, and the name is `name`.
    var tls: UpstreamTLSConfiguration?
}

/// How a server over `https` is known to be the right one, and what it is shown.
struct UpstreamTLSConfiguration: Sendable {
    var context: TLSClientContext
    /// The name that its certificate must be for; nil: the URL's host.
    var serverName: [UInt8]?
}
