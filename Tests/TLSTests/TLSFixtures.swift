// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import TestSupport

@testable import TLS

/// What the tests of this module share: made once, since openssl takes a while.
enum Fixture {
    static let authority = Result { try TestAuthority() }
    static let otherAuthority = Result { try TestAuthority("Another authority") }
    static let good = Result { try authority.get().issue("server") }
    static let expired = Result { try authority.get().issue("expired", days: -1) }
    static let client = Result { try authority.get().issue("client", usage: "clientAuth") }

    static func server(
        _ issued: Result<TestAuthority.Issued, any Error> = good,
        minimum: TLSVersion = .v12,
        clients: TLSClientCertificates = .none
    ) throws -> TLSServerContext {
        let files = try issued.get()
        let identity = try TLSIdentity(certificates: files.certificate, key: files.key)
        return try TLSServerContext(identity: identity, minimum: minimum, clientCertificates: clients)
    }

    static func client(
        trusting other: Result<TestAuthority, any Error> = authority,
        identity: Result<TestAuthority.Issued, any Error>? = nil
    ) throws -> TLSClientContext {
        let own = try identity.map { try $0.get() }.map { try TLSIdentity(certificates: $0.certificate, key: $0.key) }
        return try TLSClientContext(authorities: try TLSAuthorities(try other.get().certificate), identity: own)
    }
}

extension TLSClientContext {
    /// Speaks nothing newer.
    func limit(to version: Int32) {
        SSL_CTX_ctrl(library.pointer, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(version), nil)
    }

    /// Offers these protocols; none: does without ALPN.
    func offer(_ names: [String]) {
        let list = names.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        SSL_CTX_set_alpn_protos(library.pointer, list.isEmpty ? nil : list, UInt32(list.count))
    }

    func setGroups(_ list: String) {
        list.withCString { text in
            _ = SSL_CTX_ctrl(library.pointer, SSL_CTRL_SET_GROUPS_LIST, 0, UnsafeMutableRawPointer(mutating: text))
        }
    }
}

/// A client and a server with nothing but arrays between them.
final class Pair {
    let client: TLSSession
    let server: TLSSession
    /// What each side has received in the clear.
    private(set) var atClient: [UInt8] = []
    private(set) var atServer: [UInt8] = []
    /// On its way.
    var toServer: [UInt8] = []
    var toClient: [UInt8] = []

    init(
        _ server: TLSServerContext,
        _ client: TLSClientContext,
        host: String = "localhost",
        resuming: TLSResumption? = nil
    )
        throws
    {
        self.server = try TLSSession(server: server)
        self.client = try TLSSession(client: client, host: Array(host.utf8), resuming: resuming)
        try self.client.receive(Span(), plaintext: &atClient, output: &toServer)
    }

    /// Carries everything over in pieces until nobody has anything to say.
    func run(pieces: ([UInt8]) -> [ArraySlice<UInt8>] = { [$0[...]] }) throws {
        while !toServer.isEmpty || !toClient.isEmpty {
            let forServer = toServer
            toServer = []
            for piece in pieces(forServer) { try giveServer(Array(piece)) }
            let forClient = toClient
            toClient = []
            for piece in pieces(forClient) { try giveClient(Array(piece)) }
        }
    }

    func giveServer(_ bytes: [UInt8]) throws(TLSError) {
        try server.receive(bytes.span, plaintext: &atServer, output: &toClient)
    }

    func giveClient(_ bytes: [UInt8]) throws(TLSError) {
        try client.receive(bytes.span, plaintext: &atClient, output: &toServer)
    }

    /// A message in each direction.
    func talk(pieces: ([UInt8]) -> [ArraySlice<UInt8>] = { [$0[...]] }) throws -> Bool {
        let (question, answer) = (Array("question".utf8), Array("answer".utf8))
        (atClient, atServer) = ([], [])
        try client.write(question.span, output: &toServer)
        try run(pieces: pieces)
        try server.write(answer.span, output: &toClient)
        try run(pieces: pieces)
        return atServer == question && atClient == answer
    }
}

/// Why a handshake fails, and on which side first; nil where it does not.
func failure(_ pair: Pair) -> TLSError? {
    do {
        try pair.run()
        return try pair.talk() ? nil : .peer("the bytes are others")
    } catch {
        return error as? TLSError
    }
}
