// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import TLS

@Suite struct `Certificates and keys` {
    private let good: TestAuthority.Issued
    private let authority: TestAuthority

    init() throws {
        authority = try Fixture.authority.get()
        good = try Fixture.good.get()
    }

    private func problem(_ certificate: [UInt8], _ key: [UInt8]) -> TLSIdentityError? {
        do {
            _ = try TLSIdentity(certificates: certificate, key: key)
            return nil
        } catch {
            return error
        }
    }

    @Test func `what belongs together is read`() throws {
        #expect(problem(good.certificate, good.key) == nil)
        #expect(problem(good.certificate + authority.certificate, good.key) == nil)
        #expect(problem(Array("a comment\n".utf8) + good.certificate, good.key) == nil)
        let read = try TLSIdentity(certificates: good.certificate, key: good.key)
        #expect(!read.isSelfSigned)
        #expect(read.notAfter - read.notBefore == 30 * 86_400)
        let rsa = try authority.issue("rsa", keyOptions: TestAuthority.newRSAKey(bits: 2048))
        #expect(problem(rsa.certificate, rsa.key) == nil)
    }

    @Test func `what does not is told apart`() throws {
        let other = try Fixture.client.get()
        let cut = Array(good.certificate.dropLast(200)) + Array("\n-----END CERTIFICATE-----\n".utf8)
        #expect(problem([], good.key) == .noCertificate)
        #expect(problem(Array("no certificate".utf8), good.key) == .noCertificate)
        #expect(problem(good.key, good.key) == .noCertificate)
        #expect(problem(cut, good.key) == .unreadableCertificate(1))
        #expect(problem(good.certificate + cut, good.key) == .unreadableCertificate(2))
        #expect(problem(good.certificate, []) == .noKey)
        #expect(problem(good.certificate, good.certificate) == .noKey)
        #expect(problem(good.certificate, other.key) == .otherKey)
        #expect(problem(good.certificate + other.certificate, good.key) == .wrongOrder(2))
        #expect(problem(authority.certificate + good.certificate, good.key) == .wrongOrder(2))
    }

    @Test func `weak keys and encrypted ones are refused`() throws {
        let weak = try authority.issue("weak", keyOptions: TestAuthority.newRSAKey(bits: 1024))
        #expect(problem(weak.certificate, weak.key) == .weakKey(bits: 1024))
        let small = try authority.issue(
            "small",
            keyOptions: ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp224r1"]
        )
        #expect(problem(small.certificate, small.key) == .weakKey(bits: 224))
        for form in [["pkcs8", "-topk8"], ["ec", "-aes256"]] {
            let path = authority.folder.file("locked.key")
            try TestAuthority.openssl(form + ["-in", good.keyPath, "-passout", "pass:secret", "-out", path])
            #expect(problem(good.certificate, authority.folder.read("locked.key")) == .encryptedKey, "\(form)")
        }
    }

    @Test func `authorities are certificates`() throws {
        _ = try TLSAuthorities(authority.certificate + authority.certificate)
        #expect(throws: TLSIdentityError.noCertificate) { try TLSAuthorities([]) }
        #expect(throws: TLSIdentityError.noCertificate) { try TLSAuthorities(good.key) }
    }
}
