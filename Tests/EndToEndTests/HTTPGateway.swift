// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// A scripted HTTP server behind a gateway: `scripted` sends errors as old clients want them, `strict` as
/// HTTP statuses.
struct HTTPGateway {
    let upstream: ScriptedUpstream
    let gateway: GatewayProcess
    let full: TestKey
    let limited: TestKey

    /// - Parameters:
    ///   - http: put over the entry of the upstream.
    ///   - entry: put over the entries of both servers.
    ///   - whole: the script answers everything; otherwise only what `ScriptedUpstream.server` leaves to it.
    init(
        http: JSONTree = [:],
        entry: JSONTree = [:],
        limits: JSONTree = [:],
        access: [JSONTree] = [],
        changes: JSONTree = [:],
        environment: [String: String] = [:],
        path: String = "/mcp",
        whole: Bool = false,
        atHead: Bool = false,
        _ script: @escaping ScriptedUpstream.Script
    ) throws {
        upstream = try ScriptedUpstream(atHead: atHead, whole ? script : ScriptedUpstream.server(script))
        var setup = GatewaySetup()
        setup.addServer("scripted", http: upstream.http(http, path: path), entry)
        setup.addServer("strict", http: upstream.http(http, path: path), entry.merging(["error_status": "http"]))
        full = try setup.addKey("full", allow: ScriptedGateway.everything)
        limited = try setup.addKey("limited", allow: ["tools": ["safe"], "resources": ["file:///public/*"]])
        setup.limits = limits
        setup.access += access
        setup.changes = changes
        gateway = try GatewayProcess(setup, environment: environment)
    }

    func open(_ server: String = "scripted", version: String = "2025-11-25") throws -> MCPSession {
        try gateway.open(server, full, version: version)
    }
}
