// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The calculator behind a gateway, with a key for everything and a key for addition.
struct CalculatorGateway {
    let gateway: GatewayProcess
    let full: TestKey
    let limited: TestKey

    init(_ server: JSONTree = [:], limits: JSONTree = [:], access: [JSONTree] = []) throws {
        var setup = GatewaySetup()
        setup.addServer("calculator", stdio: Places.calculator, server)
        full = try setup.addKey("full", allow: ["tools": ["*"]])
        limited = try setup.addKey("limited", allow: ["tools": ["add"]])
        setup.limits = limits
        setup.access += access
        gateway = try GatewayProcess(setup)
    }
}

/// The scripted server behind a gateway, with a key for everything and a key for the tool `safe`.
struct ScriptedGateway {
    let server: ScriptedServer
    let gateway: GatewayProcess
    let full: TestKey
    let limited: TestKey

    static let everything: JSONTree = ["tools": ["*"], "prompts": ["*"], "resources": ["**"]]

    /// - Parameters:
    ///   - arguments: of the server.
    ///   - stdio: put over the entry of the process.
    ///   - entry: put over the entry of the server.
    init(
        _ arguments: [String] = [],
        stdio: JSONTree = [:],
        entry: JSONTree = [:],
        limits: JSONTree = [:],
        access: [JSONTree] = [],
        changes: JSONTree = [:]
    ) throws {
        server = try ScriptedServer()
        var setup = GatewaySetup()
        setup.addServer("scripted", stdio: server.stdio(arguments, stdio), entry)
        full = try setup.addKey("full", allow: Self.everything)
        limited = try setup.addKey("limited", allow: ["tools": ["safe"]])
        setup.limits = limits
        setup.access += access
        setup.changes = changes
        gateway = try GatewayProcess(setup)
    }

    /// A full session.
    func open(version: String = "2025-11-25", capabilities: JSONTree = [:]) throws -> MCPSession {
        let session = gateway.session("scripted", full, version: version)
        session.capabilities = capabilities
        try session.open()
        return session
    }

    /// The file whose coming ends a call of the tool `wait`.
    func gate(_ name: String = "gate") -> String { server.folder.file(name) }

    func openGate(_ name: String = "gate") throws { try server.folder.write(name, "go") }
}

/// What every error of the gateway to a legacy request has: sent as 200, meant otherwise.
func expectMasked(
    _ answer: MCPAnswer,
    meant: Int,
    code: Int,
    message: String? = nil,
    sent: Int = 200,
    place: SourceLocation = #_sourceLocation
) {
    #expect(answer.status == sent, "\(answer)", sourceLocation: place)
    #expect(answer.code == code, "\(answer)", sourceLocation: place)
    if let message { #expect(answer.error["message"].text == message, sourceLocation: place) }
    #expect(answer.head.value("gatehouse-status") == String(meant), "\(answer)", sourceLocation: place)
    let proxyStatus = answer.head.value("proxy-status") ?? ""
    #expect(proxyStatus.hasPrefix("gatehouse; error="), "\(answer)", sourceLocation: place)
    #expect(answer.requestID != nil, "\(answer)", sourceLocation: place)
    #expect(answer.error["data"]["requestId"].text == answer.requestID, "\(answer)", sourceLocation: place)
}

/// An error that has the same HTTP status and JSON-RPC code in both eras.
func expectRefused(
    _ answer: HTTPAnswer,
    _ status: Int,
    code: Int? = nil,
    _ comment: String = "",
    _ place: SourceLocation = #_sourceLocation
) {
    #expect(answer.status == status, "\(comment) \(answer)", sourceLocation: place)
    #expect(answer.head.value("x-request-id") != nil, "\(comment) \(answer)", sourceLocation: place)
    guard let code else { return }
    #expect(answer.json["error"]["code"].int == code, "\(comment) \(answer)", sourceLocation: place)
    #expect(answer.json["jsonrpc"].text == "2.0", "\(comment) \(answer)", sourceLocation: place)
}
