// SPDX-License-Identifier: Apache-2.0

public import HTTP
public import Reactor
public import TLS

/// How a server is known to be the right one.
public struct OriginTLS: Sendable {
    let context: TLSClientContext
    let host: [UInt8]

    /// - Parameter host: the name, or the address without brackets, that its certificate must be for.
    public init(context: TLSClientContext, host: [UInt8]) {
        self.context = context
        self.host = host
    }
}

/// One HTTP server as all loops see it: where it is, what every request to it has in common, and its limits.
public struct HTTPOrigin: Sendable {
    public let template: RequestTemplate
    let resolver: HostResolver
    let port: UInt16
    /// Nil for a server that is spoken to in the clear.
    let tls: OriginTLS?
    let limits: OriginLimits

    public init(
        template: RequestTemplate,
        resolver: HostResolver,
        port: UInt16,
        tls: OriginTLS? = nil,
        limits: OriginLimits
    ) {
        self.template = template
        self.tls = tls
        self.resolver = resolver
        self.port = port
        self.limits = limits
    }
}
