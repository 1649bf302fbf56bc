// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import TestSupport
import Testing

@testable import TLS

@Suite struct `Handshakes` {
    @Test func `both sides agree and talk`() throws {
        let pair = try Pair(try Fixture.server(), try Fixture.client())
        #expect(pair.client.state == .handshaking)
        try pair.run()
        #expect(pair.client.state == .open && pair.server.state == .open)
        #expect(try pair.talk())
        #expect(pair.server.version == "TLSv1.3")
        #expect(pair.server.serverName == Array("localhost".utf8))
        #expect(pair.server.applicationProtocol == Array("http/1.1".utf8))
        #expect(pair.client.applicationProtocol == Array("http/1.1".utf8))
        #expect(!pair.server.isResumed && !pair.client.isResumed)
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func `a flight may be split at every offset`(_ version: Int32) throws {
        let (server, client) = (try Fixture.server(), try Fixture.client())
        client.limit(to: version)
        let whole = try Pair(server, client)
        try whole.run()
        #expect(try whole.talk())
        // Longer than the longest flight.
        for offset in stride(from: 1, to: 1400, by: 1) {
            let pair = try Pair(server, client)
            let split: ([UInt8]) -> [ArraySlice<UInt8>] = { bytes in
                offset < bytes.count ? [bytes[..<offset], bytes[offset...]] : [bytes[...]]
            }
            try pair.run(pieces: split)
            guard pair.client.state == .open, pair.server.state == .open, try pair.talk(pieces: split) else {
                Issue.record("split at \(offset)")
                return
            }
        }
        let pair = try Pair(server, client)
        try pair.run { bytes in bytes.indices.map { bytes[$0...$0] } }
        #expect(try pair.talk { bytes in bytes.indices.map { bytes[$0...$0] } })
    }

    @Test func `a client that guesses the wrong group is asked again`() throws {
        let client = try Fixture.client()
        client.setGroups("P-521:P-256")
        let pair = try Pair(try Fixture.server(), client)
        let first = pair.toServer
        pair.toServer = []
        try pair.giveServer(first)
        // HelloRetryRequest: the random of a ServerHello that RFC 8446, section 4.1.3, reserves for it.
        #expect(pair.toClient[11..<15].elementsEqual([0xCF, 0x21, 0xAD, 0x74]))
        try pair.run()
        #expect(try pair.talk())
    }

    @Test(arguments: [
        (TLSVersion.v12, TLS1_2_VERSION, true), (.v13, TLS1_3_VERSION, true), (.v13, TLS1_2_VERSION, false),
    ])
    func `a server speaks nothing older than it is told`(_ minimum: TLSVersion, _ newest: Int32, _ works: Bool) throws {
        let client = try Fixture.client()
        client.limit(to: newest)
        let result = failure(try Pair(try Fixture.server(minimum: minimum), client))
        if works { #expect(result == nil) } else { #expect(result == .peer("unsupported protocol")) }
    }

    @Test(arguments: [(0x0301, false), (0x0302, false), (0x0303, true)] as [(UInt16, Bool)])
    func `TLS 1_1 and older are refused with an alert`(_ version: UInt16, _ works: Bool) throws {
        let server = try TLSSession(server: try Fixture.server())
        var (plain, output): ([UInt8], [UInt8]) = ([], [])
        let hello = Hello(version: version).record
        if works {
            #expect(try server.receive(hello.span, plaintext: &plain, output: &output) == .handshaking)
            // ServerHello
            #expect(output[0] == 22 && output[5] == 2)
        } else {
            #expect(throws: TLSError.self) {
                try server.receive(hello.span, plaintext: &plain, output: &output)
            }
            // > RFC 5246, section 7.2.2: protocol_version(70), always fatal.
            #expect(Array(output.suffix(2)) == [2, 70])
        }
    }

    @Test(
        arguments: [
            ("TLS_RSA_WITH_AES_128_GCM_SHA256", 0x009C, false), ("ECDHE_ECDSA_AES_128_CBC", 0xC023, false),
            ("DHE_RSA_AES_128_GCM", 0x009E, false), ("ECDHE_ECDSA_AES_128_CCM", 0xC0AC, false),
            ("ECDHE_ECDSA_AES_128_GCM", 0xC02B, true), ("ECDHE_ECDSA_CHACHA20", 0xCCA9, true),
        ] as [(String, UInt16, Bool)]
    )
    func `only ephemeral keys and authenticated ciphers are taken`(_ name: String, _ suite: UInt16, _ works: Bool)
        throws
    {
        let server = try TLSSession(server: try Fixture.server())
        var (plain, output): ([UInt8], [UInt8]) = ([], [])
        let hello = Hello(version: 0x0303, suite: suite).record
        guard !works else {
            #expect(try server.receive(hello.span, plaintext: &plain, output: &output) == .handshaking)
            return
        }
        #expect(throws: TLSError.peer("no shared cipher")) {
            try server.receive(hello.span, plaintext: &plain, output: &output)
        }
    }

    @Test(
        arguments: [
            ([], nil), (["http/1.1"], "http/1.1"), (["h2", "http/1.1"], "http/1.1"), (["http/1.1", "h2"], "http/1.1"),
        ] as [([String], String?)]
    )
    func `of the offered protocols HTTP_1_1 is chosen`(_ offered: [String], _ chosen: String?) throws {
        let client = try Fixture.client()
        client.offer(offered)
        let pair = try Pair(try Fixture.server(), client)
        try pair.run()
        #expect(pair.server.applicationProtocol == chosen.map { Array($0.utf8) })
        #expect(try pair.talk())
    }

    @Test(arguments: [["h2"], ["http/1.0"], ["http/1.1x"], ["http/1."]])
    func `no protocol in common ends with an alert`(_ offered: [String]) throws {
        let client = try Fixture.client()
        client.offer(offered)
        let pair = try Pair(try Fixture.server(), client)
        let hello = pair.toServer
        pair.toServer = []
        #expect(throws: TLSError.peer("no application protocol")) { try pair.giveServer(hello) }
        let alert = pair.toClient
        #expect(throws: TLSError.refused("tlsv1 alert no application protocol")) { try pair.giveClient(alert) }
    }

    @Test func `names that are no name of the server are refused by the client`() throws {
        let server = try Fixture.server()
        for host in ["localhost", "127.0.0.1", "LOCALHOST"] {
            #expect(failure(try Pair(server, try Fixture.client(), host: host)) == nil, "\(host)")
        }
        for host in ["example.com", "localhost.example.com", "127.0.0.2", "::1"] {
            guard case .certificate(let reason) = failure(try Pair(server, try Fixture.client(), host: host)) else {
                Issue.record("\(host) passed")
                continue
            }
            #expect(reason.contains("mismatch"))
        }
        #expect(throws: TLSError.self) { try Pair(server, try Fixture.client(), host: "") }
        #expect(throws: TLSError.self) { try Pair(server, try Fixture.client(), host: "local\0host") }
    }

    @Test func `an address is asked for without a server name`() throws {
        let pair = try Pair(try Fixture.server(), try Fixture.client(), host: "127.0.0.1")
        try pair.run()
        #expect(pair.server.serverName == nil)
    }

    @Test func `certificates of others, and old ones, are refused by the client`() throws {
        #expect(failure(try Pair(try Fixture.server(), try Fixture.client())) == nil)
        let stranger = try Pair(try Fixture.server(), try Fixture.client(trusting: Fixture.otherAuthority))
        #expect(failure(stranger) == .certificate("unable to get local issuer certificate"))
        let old = try Pair(try Fixture.server(Fixture.expired), try Fixture.client())
        #expect(failure(old) == .certificate("certificate has expired"))
        // The server learns why.
        let alert = old.toServer
        #expect(throws: TLSError.refused("sslv3 alert certificate expired")) { try old.giveServer(alert) }
    }

    @Test func `a certificate for clients is none for servers`() throws {
        guard case .certificate = failure(try Pair(try Fixture.server(Fixture.client), try Fixture.client())) else {
            Issue.record("it passed")
            return
        }
    }

    @Test func `a self-signed certificate is for the loopback names and the given ones`() throws {
        let identity = try TLSIdentity.selfSigned(
            hosts: ["localhost", "127.0.0.1", "::1", "mcp.example.com"].map { Array($0.utf8) },
            now: Int(time(nil))
        )
        #expect(identity.isSelfSigned)
        #expect(identity.notAfter - identity.notBefore < 366 * 86_400)
        let server = try TLSServerContext(identity: identity)
        let client = try Fixture.client()
        try client.library.trust(identity.certificates)
        for host in ["localhost", "127.0.0.1", "::1", "mcp.example.com"] {
            #expect(failure(try Pair(server, client, host: host)) == nil, "\(host)")
        }
        #expect(failure(try Pair(server, client, host: "example.com")) != nil)
        #expect(failure(try Pair(server, try Fixture.client())) == .certificate("self-signed certificate"))
    }
}

/// A ClientHello written by hand, as old or as odd as one wants.
struct Hello {
    var version: UInt16
    var suite: UInt16 = 0xC02B
    var paddingBytes = 0

    var record: [UInt8] {
        var body: [UInt8] = [UInt8(version >> 8), UInt8(version & 0xFF)] + [UInt8](repeating: 7, count: 32)
        body += [0, 0, 2, UInt8(suite >> 8), UInt8(suite & 0xFF), 1, 0]
        // supported_groups: P-256; ec_point_formats: uncompressed; signature_algorithms; padding.
        var extensions: [UInt8] = [0, 10, 0, 4, 0, 2, 0, 23] + [0, 11, 0, 2, 1, 0]
        extensions += [0, 13, 0, 6, 0, 4, 4, 3, 4, 1]
        extensions += [0, 21, UInt8(paddingBytes >> 8), UInt8(paddingBytes & 0xFF)]
        extensions += [UInt8](repeating: 0, count: paddingBytes)
        body += [UInt8(extensions.count >> 8), UInt8(extensions.count & 0xFF)] + extensions
        let message = [1, UInt8(body.count >> 16), UInt8(body.count >> 8 & 0xFF), UInt8(body.count & 0xFF)] + body
        var records: [UInt8] = []
        for start in stride(from: 0, to: message.count, by: 16_384) {
            let part = message[start..<min(start + 16_384, message.count)]
            records += [22, 3, 1, UInt8(part.count >> 8), UInt8(part.count & 0xFF)] + part
        }
        return records
    }
}
