// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import TLS

/// The calculator behind a listener of TLS and one without.
struct SecureGateway {
    let authority: TestAuthority
    let gateway: GatewayProcess
    let full: TestKey
    let tls: ClientTLS

    init(
        _ more: JSONTree = [:],
        limits: JSONTree = [:],
        names: String = "DNS:localhost,IP:127.0.0.1,DNS:other.test"
    ) throws {
        authority = try TestAuthority()
        var setup = GatewaySetup()
        setup.addServer("calculator", stdio: Places.calculator)
        full = try setup.addKey("full", allow: ["tools": ["*"]])
        setup.limits = limits
        setup.changes = ["allowed_hosts": ["localhost", "127.0.0.1", "other.test"]]
        let authorityPath =
            more["client_certificate"].isNull ? [:] : ["client_ca": JSONTree.string(authority.path)] as JSONTree
        setup.addTLS(try authority.issue("server", names: names), more.merging(authorityPath))
        gateway = try GatewayProcess(setup)
        tls = try ClientTLS(trusting: authority.certificate)
    }

    func session(_ tls: ClientTLS? = nil) -> MCPSession {
        let session = MCPSession(port: gateway.tlsPort, path: "/calculator/mcp", key: full.key)
        session.tls = tls ?? self.tls
        session.extraFields = [("Host", "localhost")]
        return session
    }

    func connect(_ tls: ClientTLS? = nil, resuming: TLSResumption? = nil) throws -> RawConnection {
        try RawConnection(port: gateway.tlsPort, tls: tls ?? self.tls, resuming: resuming)
    }

    /// Any request: what counts is that it is answered.
    func ask(_ connection: RawConnection, host: String = "localhost") throws -> HTTPAnswer {
        try connection.send(RequestText("GET", "/nowhere", [("Host", host)]).bytes)
        return try connection.readAnswer()
    }

    /// The reasons of failed handshakes in the log.
    var failures: [String] {
        gateway.process.errors.split(separator: "\n").compactMap { try? JSONTree(reading: String($0)) }
            .filter { $0["event"].text == "tls_failed" }.compactMap { $0["reason"].text }
    }
}

@Suite struct `TLS` {
    @Test func `a session works over TLS as it does without, and the log says so`() throws {
        let run = try SecureGateway()
        let session = run.session()
        try session.open()
        let answer = try session.call("add", ["a": 2, "b": 3])
        #expect(answer.result["content"][0]["text"].text == "5")
        #expect(run.gateway.process.errors.contains("listening https://127.0.0.1:\(run.gateway.tlsPort)\n"))
        #expect(run.gateway.process.errors.contains("listening http://127.0.0.1:\(run.gateway.port)\n"))
    }

    @Test func `requests that are sent ahead, large ones and byte by byte are all answered`() throws {
        let run = try SecureGateway()
        let connection = try run.connect()
        let request = RequestText("GET", "/nowhere", [("Host", "localhost")]).bytes
        try connection.send(request + request + request)
        for _ in 0..<3 { #expect(try connection.readAnswer().status == 404) }
        try connection.sendByteByByte(request)
        #expect(try connection.readAnswer().status == 404)
        let session = run.session()
        try session.open()
        let text = String(repeating: "x", count: 1 << 20)
        let large = try session.call("add", ["a": 2, "b": .string(text)])
        #expect(large.head.status == 200)
    }

    @Test func `a name that differs from the one of the handshake is misdirected`() throws {
        let run = try SecureGateway()
        let connection = try run.connect()
        #expect(try run.ask(connection, host: "localhost").status == 404)
        #expect(try run.ask(connection, host: "LOCALHOST:\(run.gateway.tlsPort)").status == 404)
        expectRefused(try run.ask(connection, host: "other.test"), 421, code: 421)
        // Without a name in the handshake, any allowed one.
        let unnamed = try run.connect(try ClientTLS(trusting: run.authority.certificate, host: "127.0.0.1"))
        #expect(try run.ask(unnamed, host: "other.test").status == 404)
        expectRefused(try run.ask(unnamed, host: "evil.test"), 421, code: 421)
        let named = try run.connect(try ClientTLS(trusting: run.authority.certificate, host: "other.test"))
        #expect(try run.ask(named, host: "other.test").status == 404)
    }

    @Test func `a name that nobody knows gets the certificate that is there`() throws {
        let run = try SecureGateway()
        #expect(throws: TLSError.self) {
            try run.connect(try ClientTLS(trusting: run.authority.certificate, host: "unknown.test"))
        }
        let seen = try TestAuthority.openssl([
            "s_client", "-connect", "127.0.0.1:\(run.gateway.tlsPort)", "-servername", "unknown.test", "-CAfile",
            run.authority.path, "-verify_return_error", "-brief",
        ])
        #expect(seen.isEmpty)
    }

    @Test func `the gateway ends connections in an orderly way`() throws {
        let run = try SecureGateway(limits: ["keep_alive": "200ms"])
        let connection = try run.connect()
        #expect(try run.ask(connection).status == 404)
        _ = try connection.drain()
        #expect(connection.secure?.state == .ended)
        // Also one that it refuses.
        let refused = try run.connect()
        try refused.send("nonsense\r\n\r\n")
        #expect(try refused.readAnswer().status == 400)
        _ = try refused.drain()
        #expect(refused.secure?.state == .ended)
    }

    @Test func `a client that says it ends still gets its answer`() throws {
        let run = try SecureGateway()
        let connection = try run.connect()
        try connection.send(RequestText("GET", "/nowhere", [("Host", "localhost")]).bytes)
        try connection.endSecure()
        #expect(try connection.readAnswer().status == 404)
        _ = try connection.drain()
        #expect(connection.secure?.state == .ended)
    }

    @Test func `sessions of TLS are resumed on every loop`() throws {
        let run = try SecureGateway()
        let first = try run.connect()
        #expect(try run.ask(first).status == 404)
        let ticket = try #require(first.secure?.resumption)
        for _ in 0..<16 {
            let next = try run.connect(resuming: ticket)
            #expect(next.secure?.isResumed == true)
            #expect(try run.ask(next).status == 404)
        }
    }

    @Test func `plain HTTP on a port of TLS is closed, TLS on a plain port refused`() throws {
        let run = try SecureGateway()
        let plain = try RawConnection(port: run.gateway.tlsPort)
        try plain.send(RequestText("GET", "/nowhere", [("Host", "localhost")]).bytes)
        let answer = try plain.drain()
        #expect(!answer.starts(with: Array("HTTP".utf8)))
        #expect(eventually { run.failures.contains { $0.contains("http request") } })
        #expect(throws: (any Error).self) { try RawConnection(port: run.gateway.port, tls: run.tls) }
        let crossed = try RawConnection(port: run.gateway.port)
        try crossed.send([22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3] + [UInt8](repeating: 7, count: 200))
        #expect(try crossed.readAnswer().status == 400)
        #expect(try run.ask(run.connect()).status == 404)
    }

    @Test func `a ClientHello over its limit is refused`() throws {
        let run = try SecureGateway()
        let connection = try RawConnection(port: run.gateway.tlsPort)
        // The beginning of a ClientHello of 60,000 bytes.
        let head: [UInt8] = [1, 0, 0xEA, 0x60]
        connection.offer([22, 3, 1, 0x40, 0] + head + [UInt8](repeating: 3, count: 16_380))
        connection.offer([22, 3, 1, 0x40, 0] + [UInt8](repeating: 3, count: 16_384))
        _ = try connection.drain()
        #expect(eventually { run.failures.contains { $0.contains("longer than 16384 bytes") } })
    }

    @Test func `half-open handshakes end by themselves and hinder nobody`() throws {
        let run = try SecureGateway()
        let silent = try (0..<200).map { index in
            let connection = try RawConnection(port: run.gateway.tlsPort)
            // Half of them begin a ClientHello.
            if index % 2 == 0 { try connection.send([22, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3]) }
            return connection
        }
        #expect(try run.ask(run.connect()).status == 404)
        // `SecureChannel.handshakeTimeout`; the connections wait 20 s for an end.
        for connection in silent { #expect(try connection.drain().isEmpty) }
        #expect(eventually { run.failures.contains { $0.contains("no handshake in time") } })
    }

    @Test func `a client that asks for keys and never reads the answers is dropped`() throws {
        let run = try SecureGateway()
        let connection = try run.connect()
        let session = try #require(connection.secure)
        var isOpen = true
        // `SecureChannel.controlBytesMax`, behind what the system keeps for the two sockets.
        for _ in 0..<4000 where isOpen {
            var updates: [UInt8] = []
            for _ in 0..<100 { session.askForKeyUpdate(output: &updates) }
            isOpen = (try? connection.sendRaw(updates)) != nil
        }
        #expect(!isOpen)
        let patient = try run.connect()
        for _ in 0..<200 {
            var update: [UInt8] = []
            patient.secure?.askForKeyUpdate(output: &update)
            try patient.sendRaw(update)
        }
        #expect(try run.ask(patient).status == 404)
    }

    @Test func `an old version and a renegotiation are refused`() throws {
        let run = try SecureGateway()
        let client = ["s_client", "-connect", "127.0.0.1:\(run.gateway.tlsPort)", "-CAfile", run.authority.path]
        let old = try Command.run("/usr/bin/env", ["openssl"] + client + ["-tls1_1", "-cipher", "ALL@SECLEVEL=0"])
        #expect(old.code != 0)
        let good = try Command.run("/usr/bin/env", ["openssl"] + client + ["-tls1_2", "-brief"])
        #expect(good.code == 0, "\(good.errors)")
        let again = try Command.run("/usr/bin/env", ["openssl"] + client + ["-tls1_2"], input: "R\nGET /\r\n")
        #expect(again.errors.contains("no renegotiation"), "\(again.errors)")
    }

    @Test func `a minimum of 1_3 refuses 1_2`() throws {
        let run = try SecureGateway(["minimum_version": "1.3"])
        let client = ["openssl", "s_client", "-connect", "127.0.0.1:\(run.gateway.tlsPort)", "-brief"]
        #expect(try Command.run("/usr/bin/env", client + ["-tls1_2"]).code != 0)
        #expect(try Command.run("/usr/bin/env", client + ["-tls1_3"]).code == 0)
        #expect(try run.ask(run.connect()).status == 404)
    }

    @Test func `where client certificates are required, nobody gets through without one`() throws {
        let run = try SecureGateway(["client_certificate": "required"])
        let none = try run.connect()
        #expect(throws: (any Error).self) { try run.ask(none) }
        let issued = try run.authority.issue("client", usage: "clientAuth")
        let identity = try TLSIdentity(certificates: issued.certificate, key: issued.key)
        let known = try run.connect(try ClientTLS(trusting: run.authority.certificate, identity: identity))
        #expect(try run.ask(known).status == 404)
        let issuedElsewhere = try TestAuthority("Elsewhere").issue("client", usage: "clientAuth")
        let stranger = try TLSIdentity(certificates: issuedElsewhere.certificate, key: issuedElsewhere.key)
        let refused = try run.connect(try ClientTLS(trusting: run.authority.certificate, identity: stranger))
        #expect(throws: (any Error).self) { try run.ask(refused) }
    }

    @Test func `a self-signed certificate is enough for a trial`() throws {
        var setup = GatewaySetup()
        setup.addServer("calculator", stdio: Places.calculator)
        let key = try setup.addKey("full", allow: ["tools": ["*"]])
        setup.changes = ["listen": [["address": "127.0.0.1:0", "tls": ["certificate": "self-signed"]]]]
        let gateway = try GatewayProcess(setup)
        #expect(gateway.tlsPort == gateway.port)
        let seen = try Command.run(
            "/usr/bin/env",
            [
                "curl", "-sk", "-o", "/dev/null", "-w", "%{http_code}", "-H", "X-API-Key: \(key.key)",
                "https://localhost:\(gateway.tlsPort)/nowhere",
            ]
        )
        #expect(seen.output == "404", "\(seen.errors)")
    }
}
