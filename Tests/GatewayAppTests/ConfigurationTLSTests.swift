// SPDX-License-Identifier: Apache-2.0

import Foundation
import TLS
import TestSupport
import Testing

@testable import GatewayApp

/// `listen[].tls` with files that hold certificates; Tests/Golden/configuration-problems.txt has what needs none.
@Suite struct ConfigurationTLSTests {
    private static let authority = Result { try TestAuthority() }
    private static let good = Result { try authority.get().issue("server", days: 90) }
    /// After the certificates were made.
    private static let now: Int = {
        _ = good
        return Int(Date().timeIntervalSince1970)
    }()

    private func files(_ tls: String, address: String = "127.0.0.1:8443", now: Int = Self.now) throws -> MemoryFiles {
        let listen = "\"listen\": [{\"address\": \"\(address)\", \"tls\": \(tls)}]"
        var files = MemoryFiles(["gateway.json": "{\(listen), \(Document.server)}"])
        let (issued, authority) = (try Self.good.get(), try Self.authority.get())
        files.texts["cert.pem"] = issued.certificate
        files.texts["key.pem"] = issued.key
        files.texts["ca.pem"] = authority.certificate
        files.now = now
        return files
    }

    private let pair = "{\"certificate\": \"cert.pem\", \"key\": \"key.pem\"}"

    @Test func `a certificate and its key make a listener of TLS`() throws {
        let outcome = try files(pair).outcome()
        #expect(outcome.problems.map(\.text) == [])
        let read = try #require(outcome.configuration)
        guard case .ready(let context) = read.listeners.first?.tls else {
            Issue.record("\(read.listeners)")
            return
        }
        #expect(context.notAfter > Self.now)
        #expect(text(read.publicURL.origin) == "https://127.0.0.1:8443")
        let standard = try #require(try files(pair, address: "127.0.0.1:443").outcome().configuration)
        #expect(text(standard.publicURL.origin) == "https://127.0.0.1")
        let plain = try #require(
            MemoryFiles(["gateway.json": "{\(Document.listen), \(Document.server)}"]).outcome().configuration
        )
        #expect(!plain.listeners.contains { $0.tls.isWanted })
    }

    @Test func `required client certificates take an authority`() throws {
        let tls =
            "{\"certificate\": \"cert.pem\", \"key\": \"key.pem\", \"client_ca\": \"ca.pem\", "
            + "\"client_certificate\": \"required\"}"
        #expect(try files(tls).lines() == [])
    }

    @Test func `plain HTTP is warned of where others can reach it, TLS is not`() throws {
        #expect(try files(pair, address: "1.2.3.4:443").lines() == [])
        let plain = MemoryFiles(["gateway.json": "{\"listen\": [{\"address\": \"1.2.3.4:80\"}], \(Document.server)}"])
        #expect(plain.lines().first?.contains("plain HTTP on an address that others can reach") == true)
    }

    @Test(arguments: [(0o600, true), (0o640, true), (0o400, true), (0o644, false), (0o660, false), (0o604, false)])
    func `a key that others can read or change is refused`(_ mode: Int, _ isGood: Bool) throws {
        var files = try files(pair)
        files.permissions["key.pem"] = UInt16(mode)
        let message =
            "gateway.json:1:85: error: \"key\": others may use \"key.pem\" (its mode is 0\(String(mode, radix: 8))); "
            + "write chmod 600 (or 640) for the file"
        #expect(files.lines() == (isGood ? [] : [message]))
    }

    @Test(arguments: [(90 - 22, nil), (90 - 20, "warning"), (91, "error"), (-2, "error")] as [(Int, String?)])
    func `dates are looked at`(_ days: Int, _ severity: String?) throws {
        let lines = try files(pair, now: Self.now + days * 86_400).lines()
        #expect(lines.count == (severity == nil ? 0 : 1))
        guard let severity else { return }
        #expect(lines.first?.hasPrefix("gateway.json:1:66: \(severity): this certificate ") == true, "\(lines)")
    }

    @Test func `files that do not belong together are told where they are named`() throws {
        var swapped = try files("{\"certificate\": \"key.pem\", \"key\": \"cert.pem\"}")
        #expect(
            swapped.lines().first?.contains(":66: error: \"certificate\": \"key.pem\" holds no certificate") == true
        )
        swapped = try files(pair)
        swapped.texts["key.pem"] = try Self.authority.get().issue("other").key
        #expect(
            swapped.lines().first?.contains("error: \"key\": \"key.pem\" holds a key that is not the certificate's")
                == true
        )
    }

    @Test func `offline, files that are not here are warned of, and nothing can be served so`() throws {
        let outcome = try files("{\"certificate\": \"x.pem\", \"key\": \"y.pem\"}").outcome(isOffline: true)
        #expect(outcome.problems.map(\.severity) == [.warning, .warning])
        guard case .absent = outcome.configuration?.listeners.first?.tls else {
            Issue.record("it could be served")
            return
        }
    }

    @Test func `a self-signed certificate is made for the public name too`() throws {
        var files = try files("{\"certificate\": \"self-signed\"}")
        files.texts["gateway.json"] = Array(
            ("{\"public_url\": \"https://mcp.example.com\", \"listen\": [{\"address\": \"127.0.0.1:1\", "
                + "\"tls\": {\"certificate\": \"self-signed\"}}], \(Document.server)}").utf8
        )
        #expect(files.lines() == [])
    }

    @Test func `no byte of a key gets into a message`() throws {
        let (certificate, key) = (try Self.good.get().certificate, try Self.good.get().key)
        var changed = try files(pair)
        for bytes in [key + key, Array(key.dropLast(60)), Array(key.dropFirst(40)), certificate] {
            changed.texts["key.pem"] = bytes
            changed.texts["cert.pem"] = bytes
            let body = String(decoding: key, as: UTF8.self).split(separator: "\n")[1].prefix(16)
            for line in changed.lines() { #expect(!line.contains(body)) }
        }
    }
}
