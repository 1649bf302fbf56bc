// SPDX-License-Identifier: Apache-2.0

import Bytes
import HTTP
import Identity
import JSON
import Policy
import Sessions

/// A server as requests meet it. A class, so that passing it on costs one reference count and not one for each of its
/// parts.
final class Route: Sendable {
    /// Its place in the configuration, and the policy's name for it.
    let index: Int
    let server: ServerConfiguration
    let upstream: Upstream

    enum Upstream: Sendable {
        case stdio(StdioServer)
        case http(HTTPServer)
    }

    init(index: Int, server: ServerConfiguration, upstream: Upstream) {
        self.index = index
        self.server = server
        self.upstream = upstream
    }

    /// Whether this is the endpoint's path.
    func isAt(_ path: Span<UInt8>) -> Bool {
        let own = server.path
        return own.span.equals(path)
    }

    /// Nil for a server of another kind.
    var stdio: StdioServer? {
        if case .stdio(let server) = upstream { server } else { nil }
    }

    /// Nil for a server of another kind.
    var http: HTTPServer? {
        if case .http(let server) = upstream { server } else { nil }
    }
}

/// Everything that requests are judged by, compiled from one configuration. Immutable; every loop has the same one, and
/// an exchange keeps the one that it began with.
final class Snapshot: Sendable {
    let configuration: GatewayConfiguration
    let policy: Policy
    let authenticator: Authenticator
    let httpLimits: HTTPLimits
    let jsonLimits: JSONLimits
    let crossOrigin: CrossOrigin
    private let routes: RouteTable

    init(
        _ configuration: GatewayConfiguration,
        policy: Policy,
        authenticator: Authenticator,
        servers: [Route.Upstream]
    ) {
        self.configuration = configuration
        self.policy = policy
        self.authenticator = authenticator
        httpLimits = HTTPLimits(
            headerBytes: configuration.limits.headerBytes,
            headers: configuration.limits.headers,
            bodyBytes: configuration.limits.body
        )
        jsonLimits = JSONLimits(depthMax: configuration.limits.jsonDepth)
        crossOrigin = CrossOrigin(configuration.allowedOrigins)
        routes = RouteTable(
            configuration.servers.enumerated().map { index, server in
                Route(index: index, server: server, upstream: servers[index])
            }
        )
    }

    /// The HTTP servers of all endpoints.
    var httpServers: [HTTPServer] { routes.all.compactMap(\.http) }

    /// The endpoint at exactly this path.
    func route(_ path: Span<UInt8>) -> Route? { routes.find(path) }

    /// Whether what this address says of others is believed.
    func trustsProxy(_ address: IPAddress) -> Bool {
        configuration.trustedProxies.contains { $0.contains(address) }
    }

    /// Whether `Host` (perhaps with a port) is one of `allowed_hosts`.
    func allows(host: Span<UInt8>) -> Bool {
        guard let named = HostName.split(host) else { return false }
        let name = host.extracting(named.name)
        for allowed in configuration.allowedHosts where name.equalsIgnoringCase(allowed.host.span) {
            if allowed.port == nil || allowed.port == named.port { return true }
        }
        return false
    }

    /// Whether `Host` may name the admin address: itself, or a loopback name.
    func admits(adminHost: [UInt8]) -> Bool {
        guard let named = HostName(adminHost) else { return false }
        return HostName.loopback.contains(named.host) || named.host == configuration.admin?.address.text
    }
}

/// A `Host` taken apart.
struct HostName {
    static let loopback: [[UInt8]] = [Array("localhost"), Array("127.0.0.1"), Array("[::1]")]

    let host: [UInt8]
    let port: UInt16?

    init?(_ text: [UInt8]) {
        guard let (name, port) = Self.split(text.span) else { return nil }
        host = Array(text[name])
        self.port = port
    }

    /// Where the name stands, and the port behind it.
    static func split(_ text: Span<UInt8>) -> (name: Range<Int>, port: UInt16?)? {
        var colon = text.count
        while colon > 0, text[colon - 1] != 0x3A, text[colon - 1] != 0x5D { colon -= 1 }
        guard colon > 0, text[colon - 1] == 0x3A else { return (0..<text.count, nil) }
        let digits = text.extracting(colon...)
        guard !digits.isEmpty else { return (0..<colon - 1, nil) }
        guard let number = DecimalText.parse(digits), let port = UInt16(exactly: number) else { return nil }
        return (0..<colon - 1, port)
    }
}
