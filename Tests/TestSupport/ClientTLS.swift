// SPDX-License-Identifier: Apache-2.0

public import TLS

/// How a test's connection does TLS.
public struct ClientTLS: Sendable {
    public let context: TLSClientContext
    public let host: String

    /// - Parameters:
    ///   - authority: PEM text of whom to trust.
    ///   - host: the name to ask for and to check.
    public init(trusting authority: [UInt8], host: String = "localhost", identity: TLSIdentity? = nil) throws {
        context = try TLSClientContext(authorities: try TLSAuthorities(authority), identity: identity)
        self.host = host
    }

    public init(_ context: TLSClientContext, host: String) {
        self.context = context
        self.host = host
    }
}

extension GatewaySetup {
    /// A listener of TLS behind the plain one.
    public mutating func addTLS(_ issued: TestAuthority.Issued, _ more: JSONTree = [:]) {
        let files: JSONTree = ["certificate": .string(issued.certificatePath), "key": .string(issued.keyPath)]
        let secure: JSONTree = ["address": "127.0.0.1:0", "tls": files.merging(more)]
        changes = changes.merging(["listen": [["address": "127.0.0.1:0"], secure]])
    }
}
