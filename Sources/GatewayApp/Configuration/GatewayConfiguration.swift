// SPDX-License-Identifier: Apache-2.0

import Bytes
import HTTP
import Identity
import Policy
import TLS
import Telemetry

/// The configuration after it has been read and checked: no key is missing, no value is wrong, every default is filled
/// in. Durations are in nanoseconds, sizes in bytes.
struct GatewayConfiguration: Sendable {
    var publicURL: PublicURL
    /// False: `publicURL` is the first listener's address, and its port is the configured one, which may be 0.
    var publicURLIsGiven: Bool
    var listeners: [ListenerConfiguration]
    /// Where `/healthz` and `/readyz` are; nil: nowhere.
    var admin: ListenAddress?
    /// Event loops; 0: one per available core.
    var threads: Int
    var allowedHosts: [AllowedHost]
    /// What `Origin` may be, byte for byte.
    var allowedOrigins: [[UInt8]]
    /// Whose word on a client's address is believed.
    var trustedProxies: [AddressRange]
    var keys: [APIKeyEntry]
    var servers: [ServerConfiguration]
    var access: [AccessRule]
    /// First seals, all open; each at least 32 bytes. Empty: a random one at start.
    var sessionKeys: [[UInt8]]
    var log: LogConfiguration
    var limits: LimitsConfiguration
    /// Hex SHA-256 over every file of the configuration.
    var hash: [UInt8]
}

/// An external origin: `https://mcp.example.com` or `http://127.0.0.1:8080`, without a path.
struct PublicURL: Hashable, Sendable {
    /// Scheme and authority, host in lower case, no trailing slash.
    var origin: [UInt8]
    /// The host without port, in lower case; IPv6 in brackets, as in `Host`.
    var host: [UInt8]
}

/// Whether a listener does TLS.
enum ListenerTLS: Sendable {
    case none
    case ready(TLSServerContext)
    /// Its files are not on this machine, which an offline check lets pass: nothing can be served so.
    case absent

    var isWanted: Bool {
        if case .none = self { false } else { true }
    }
}

/// An address to listen on; port 0 takes a free one.
struct ListenAddress: Hashable, Sendable {
    var address: IPAddress
    var port: UInt16
}

/// One of `listen`.
struct ListenerConfiguration: Sendable {
    var address: ListenAddress
    var tls = ListenerTLS.none
    /// Every connection comes from a trusted proxy and begins with a PROXY header.
    var proxyProtocol = false
    /// The field in which trusted proxies tell a client's address; nil: none.
    var clientAddressFrom: ForwardedField?
}

/// A value that `Host` may have: host in lower case, IPv6 in brackets; nil port: any.
struct AllowedHost: Hashable, Sendable {
    var host: [UInt8]
    var port: UInt16?
}

struct ServerConfiguration: Sendable {
    enum Denials: Sendable { case hide, explain }
    enum ErrorStatus: Sendable { case compatible, http }

    var name: [UInt8]
    /// Exact, begins with `/`.
    var path: [UInt8]
    var upstream: UpstreamConfiguration
    var timeouts: TimeoutConfiguration
    var denials: Denials
    var errorStatus: ErrorStatus
    /// Which of `sampling`, `elicitation`, `roots` the server may ask of its client.
    var serverRequests: ServerRequests
    /// The upstream is told who calls.
    var forwardIdentity: Bool

    /// Nil of a server that is no child process.
    var stdio: StdioConfiguration? {
        if case .stdio(let stdio) = upstream { stdio } else { nil }
    }
}

struct ServerRequests: OptionSet, Sendable {
    let rawValue: UInt8
    static let sampling = ServerRequests(rawValue: 1)
    static let elicitation = ServerRequests(rawValue: 2)
    static let roots = ServerRequests(rawValue: 4)
}

struct StdioConfiguration: Sendable {
    /// As configured: a path, or a name to be found in PATH.
    var command: [UInt8]
    var arguments: [[UInt8]]
    /// Absolute.
    var directory: [UInt8]
    /// Beyond PATH, HOME, LANG, TZ and TMPDIR; secrets already read.
    var environment: [(name: [UInt8], value: [UInt8])]
    var processesMaximum: Int
    var processIdle: UInt64
    /// The account that the child runs as; nil: the gateway's own.
    var user: [UInt8]?
    /// RLIMIT_AS; nil: none.
    var memory: UInt64?
    /// RLIMIT_NOFILE.
    var openFiles: UInt64
    var startTimeout: UInt64
    var stopTimeout: UInt64
}

struct TimeoutConfiguration: Sendable {
    /// Until an HTTP upstream has taken a connection.
    var connect = Nanoseconds.seconds(2)
    /// Until the JSON-RPC response; each progress message starts it anew.
    var response = Nanoseconds.seconds(60)
    /// Silence after which a stream gets a comment.
    var streamPing = Nanoseconds.seconds(15)
    /// How long a stream may last; nil: for ever.
    var streamMaximum: UInt64?
}

/// `limits` of the configuration, with its defaults.
struct LimitsConfiguration: Sendable {
    var connections = 100_000
    /// Bytes of a request's head.
    var headerBytes = 16 << 10
    var headers = 100
    /// Bytes of a request's body.
    var body = 4 << 20
    var jsonDepth = 64
    /// Bytes of one message from an upstream.
    var responseMessage = 16 << 20
    var sessions = 100_000
    var sessionIdle = Nanoseconds.minutes(30)
    var sessionLifetime = Nanoseconds.days(7)
    var sessionsPerPrincipal = 100
    var headerTimeout = Nanoseconds.seconds(10)
    var bodyTimeout = Nanoseconds.seconds(30)
    var keepAlive = Nanoseconds.seconds(75)
    /// Part of `drain`.
    var drainDelay = Nanoseconds.seconds(5)
    var drain = Nanoseconds.seconds(20)
}
