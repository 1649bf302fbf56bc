// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import GatewayApp

/// `servers.NAME.http.tls` with files that hold certificates.
@Suite struct UpstreamTLSConfigurationTests {
    private static let authority = Result { try TestAuthority() }
    private static let issued = Result { try authority.get().issue("client", usage: "clientAuth") }

    private func outcome(
        _ tls: String,
        url: String = "https://h/",
        defaults: String = "{}",
        isOffline: Bool = false
    ) throws -> ConfigurationReader.Outcome {
        let server = "\"servers\": {\"git\": {\"http\": {\"url\": \"\(url)\"\(tls)}}}"
        var files = MemoryFiles([
            "gateway.json": "{\(Document.listen), \"server_defaults\": {\"http\": \(defaults)}, \(server)}"
        ])
        files.texts["ca.pem"] = try Self.authority.get().certificate
        files.texts["client.pem"] = try Self.issued.get().certificate
        files.texts["client-key.pem"] = try Self.issued.get().key
        files.now = Int(Date().timeIntervalSince1970)
        return files.outcome(isOffline: isOffline)
    }

    private func upstream(_ outcome: ConfigurationReader.Outcome) throws -> HTTPUpstreamConfiguration {
        #expect(outcome.problems.map(\.text) == [])
        guard case .http(let upstream) = try #require(outcome.configuration?.servers.first).upstream else {
            Issue.record("the server is one over HTTP")
            return ConfigurationReader.someUpstream
        }
        return upstream
    }

    private let pair = "\"client_certificate\": \"client.pem\", \"client_key\": \"client-key.pem\""

    @Test func `authorities, a certificate and a name are read`() throws {
        let whole = ", \"tls\": {\"ca\": \"ca.pem\", \(pair), \"server_name\": \"Git.Example.com\"}"
        let read = try upstream(try outcome(whole))
        #expect(read.usesTLS)
        #expect(read.tls?.serverName.map(text) == "git.example.com")
        let address = try upstream(try outcome(", \"tls\": {\"server_name\": \"::1\"}"))
        #expect(address.tls?.serverName.map(text) == "::1")
        let empty = try upstream(try outcome(", \"tls\": {}"))
        #expect(empty.tls != nil && empty.tls?.serverName == nil)
        #expect(try upstream(try outcome("")).tls == nil)
    }

    @Test func `a default is for the servers over https`() throws {
        let defaults = "{\"tls\": {\"ca\": \"ca.pem\", \"server_name\": \"a\"}}"
        #expect(try upstream(try outcome("", defaults: defaults)).tls?.serverName.map(text) == "a")
        let own = try upstream(try outcome(", \"tls\": {\"server_name\": \"b\"}", defaults: defaults))
        #expect(own.tls?.serverName.map(text) == "b")
        #expect(try upstream(try outcome("", url: "http://h/", defaults: defaults)).tls == nil)
    }

    @Test(arguments: [
        "\"ca\": \"nowhere.pem\"", "\"ca\": \"client-key.pem\"",
        "\"client_certificate\": \"ca.pem\", \"client_key\": \"client-key.pem\"",
        "\"client_certificate\": \"client.pem\", \"client_key\": \"ca.pem\"",
    ])
    func `what does not fit is an error, with its place and without a byte of a key`(_ member: String) throws {
        let found = try outcome(", \"tls\": {\(member)}")
        #expect(found.configuration == nil)
        #expect(found.problems.count == 1, "\(found.problems)")
        let key = text(try Self.issued.get().key).split(separator: "\n")[1]
        for problem in found.problems { #expect(!problem.text.contains(key)) }
    }

    @Test func `offline, files that are not here are warned of`() throws {
        let found = try outcome(", \"tls\": {\"ca\": \"nowhere.pem\"}", isOffline: true)
        #expect(found.problems.map(\.severity) == [.warning])
    }
}
