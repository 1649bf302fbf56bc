// SPDX-License-Identifier: Apache-2.0

import Bytes
import HTTP
import Identity
import JSON
import Policy
import Sessions

/// A server as requests meet it.
final class Route: Sendable {
    /// Its place in the configuration, and the policy's name for it.
    let index: Int
    let server: ServerConfiguration
    let upstream: Upstream

    init(index: Int, server: ServerConfiguration, upstream: Upstream) {
        self.index = index
        self.server = server
        self.upstream = upstream
    }

    enum Upstream: Sendable {
        case stdio(StdioServer)
        case http(HTTPServer)
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
    private let routes: [[UInt8]: Route]

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
        var routes: [[UInt8]: Route] = [:]
        for (index, server) in configuration.servers.enumerated() {
            routes[server.path] = Route(index: index, server: server, upstream: servers[index])
        }
        self.routes = routes
    }

    /// The HTTP servers of all endpoints.
    var httpServers: [HTTPServer] { routes.values.compactMap(\.http) }

    /// The endpoint at exactly this path.
    func route(_ path: [UInt8]) -> Route? { routes[path] }

    /// Whether what this address says of others is believed.
    func trustsProxy(_ address: IPAddress) -> Bool {
        configuration.trustedProxies.contains { $0.contains(address) }
    }

    /// Whether `Host` (lower case, perhaps with a port) is one of `allowed_hosts`.
    func allows(host: [UInt8]) -> Bool {
        guard let named = HostName(host) else { return false }
        return configuration.allowedHosts.contains { allowed in
            allowed.host == named.host && (allowed.port == nil || allowed.port == named.port)
        }
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
        let afterBracket = text.lastIndex(of: 0x5D) ?? 0
        guard let colon = text[afterBracket...].lastIndex(of: 0x3A) else {
            (host, port) = (text, nil)
            return
        }
        host = Array(text[..<colon])
        let digits = Array(text[(colon + 1)...])
        guard !digits.isEmpty else {
            port = nil
            return
        }
        guard let number = DecimalText.parse(digits.span), let port = UInt16(exactly: number) else { return nil }
        self.port = port
    }
}
