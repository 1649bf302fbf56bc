// SPDX-License-Identifier: Apache-2.0

public import HTTP
public import Reactor

/// One HTTP server as all loops see it: where it is, what every request to it has in common, and its limits.
public struct HTTPOrigin: Sendable {
    public let template: RequestTemplate
    let resolver: HostResolver
    let port: UInt16
    let limits: OriginLimits

    public init(template: RequestTemplate, resolver: HostResolver, port: UInt16, limits: OriginLimits) {
        self.template = template
        self.resolver = resolver
        self.port = port
        self.limits = limits
    }
}
