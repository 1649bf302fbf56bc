// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A certificate authority of the tests, made with the openssl program, and what it issues.
public final class TestAuthority: Sendable {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// A certificate and its key, as files and as PEM texts.
    public struct Issued: Sendable {
        public let certificatePath: String
        public let keyPath: String
        public let certificate: [UInt8]
        public let key: [UInt8]
    }

    public let folder: TemporaryFolder
    /// The authority's own certificate.
    public let path: String
    public let certificate: [UInt8]

    public init(_ name: String = "Test authority") throws {
        folder = try TemporaryFolder()
        path = folder.file("ca.pem")
        try Self.openssl(Self.newCurveKey + ["-out", folder.file("ca.key")])
        try Self.openssl([
            "req", "-x509", "-new", "-key", folder.file("ca.key"), "-days", "30", "-subj", "/CN=\(name)", "-addext",
            "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign", "-out", path,
        ])
        certificate = folder.read("ca.pem")
    }

    /// - Parameters:
    ///   - names: as in `subjectAltName`: `DNS:localhost`, `IP:127.0.0.1`.
    ///   - days: from now; negative: it has expired.
    ///   - keyOptions: arguments of openssl that make the key.
    public func issue(
        _ name: String,
        names: String = "DNS:localhost,IP:127.0.0.1",
        days: Int = 30,
        usage: String = "serverAuth",
        keyOptions: [String] = TestAuthority.newCurveKey
    ) throws -> Issued {
        let (key, request, certificate) = (folder.file(name + ".key"), folder.file(name + ".csr"), name + ".pem")
        try Self.openssl(keyOptions + ["-out", key])
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
        try Self.openssl(["req", "-new", "-key", key, "-subj", "/CN=\(name)", "-out", request])
        let extensions = try folder.write(
            name + ".extensions",
            "subjectAltName=\(names)\nextendedKeyUsage=\(usage)\nkeyUsage=critical,digitalSignature\n"
                + "basicConstraints=critical,CA:FALSE\n"
        )
        try Self.openssl([
            "x509", "-req", "-in", request, "-CA", path, "-CAkey", folder.file("ca.key"), "-CAcreateserial", "-days",
            "\(days)", "-sha256", "-extfile", extensions, "-out", folder.file(certificate),
        ])
        return Issued(
            certificatePath: folder.file(certificate),
            keyPath: key,
            certificate: folder.read(certificate),
            key: folder.read(name + ".key")
        )
    }

    public static let newCurveKey = ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]

    public static func newRSAKey(bits: Int) -> [String] {
        ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:\(bits)"]
    }

    @discardableResult
    public static func openssl(_ arguments: [String]) throws -> String {
        let result = try Command.run("/usr/bin/env", ["openssl"] + arguments)
        guard result.code == 0 else {
            throw Failure(description: "openssl \(arguments.first ?? ""): \(result.errors)")
        }
        return result.output
    }
}
