// SPDX-License-Identifier: Apache-2.0

import Bytes
import Testing

@testable import Identity

/// Parts of tokens: `{"alg":"RS256"}` and a few that are nearly so.
private let rs256 = "eyJhbGciOiJSUzI1NiJ9"

@Suite struct CredentialFormTests {
    private static let known = generated("ci")
    private static let text = String(decoding: known, as: UTF8.self)
    /// Imported keys whose texts come near another form.
    private static let imported = [
        "plain", "a.b.c", "SG.abc.def", "a.b.c.d", "a.b.c.d.e.f", "eyJhbGciOjI1Nn0.e30.c2ln", "x=y&z", "GHK_ci",
        "Bearer",
        rs256 + ".e30", rs256 + ".e30.", rs256 + "..c2ln", rs256 + ".e30.c2ln=", "no~such/thing+really==",
    ]

    private static func authenticator() throws -> Authenticator {
        // All under one salt, each with an id of its own; the last is a JWT that somebody hashed by hand.
        var entries = imported.enumerated().map { entry("i\($0.offset)", bytes($0.element)) }
        entries.append(entry("jwt", bytes(rs256 + ".e30.c2ln")))
        entries.append(entry("jwe", bytes("a.b.c.d.e")))
        entries.append(entry("ci", known))
        return try Authenticator(keys: entries)
    }

    @Test(arguments: [
        // The scheme.
        ("", "emptyCredential"), ("   ", "emptyCredential"), ("Bearer", "emptyCredential"),
        ("Bearer ", "emptyCredential"), ("bearer \t ", "emptyCredential"), ("Basic dTpw", "otherScheme"),
        ("Digest x", "otherScheme"), ("Negotiate", "otherScheme"), ("Bearerx y", "otherScheme"),
        ("Bearer\tplain", "otherScheme"), ("plain", "otherScheme"), (text, "otherScheme"),
        ("DPoP plain", "possessionToken"), ("dpop", "possessionToken"), ("DPOP \(rs256).e30.c2ln", "possessionToken"),
        ("Bearer plain", "key:i0"), ("bearer plain", "key:i0"), ("BEARER plain", "key:i0"),
        ("bEaReR   plain", "key:i0"),
        (" \tBearer plain\t ", "key:i0"), ("Bearer Bearer", "key:i8"),
        // The bytes.
        ("Bearer plain plain", "unsafeBytes"), ("Bearer plain,", "unknownKey"), ("Bearer pl\u{7F}ain", "unsafeBytes"),
        ("Bearer pläin", "unsafeBytes"), ("Bearer \tplain", "unsafeBytes"), ("Bearer pl\u{0}ain", "unsafeBytes"),
        ("Bearer plain, Bearer plain", "unsafeBytes"), ("Bearer \"plain\"", "unknownKey"),
        // Form 1.
        ("Bearer \(text)", "key:ci"), ("Bearer ghk_", "malformedKey"), ("Bearer ghk_plain", "malformedKey"),
        ("Bearer \(text)x", "malformedKey"), ("Bearer ghk_\(rs256).e30.c2ln", "malformedKey"),
        ("Bearer ghk_a.b.c.d.e", "malformedKey"), ("Bearer GHK_ci", "key:i7"),
        // Form 2: nothing of this form is ever looked up as a key.
        ("Bearer \(rs256).e30.c2ln", "token"), ("Bearer \(rs256).x-_0.AAAA", "token"),
        ("Bearer IHsiYWxnIjoibm9uZSIsIngiOjF9Cg.e30.c2ln", "token"),  // white space round the object
        // Nearly form 2.
        ("Bearer \(rs256).e30", "key:i9"), ("Bearer \(rs256).e30.", "key:i10"), ("Bearer \(rs256)..c2ln", "key:i11"),
        ("Bearer \(rs256).e30.c2ln=", "key:i12"),  // padding is no base64url
        ("Bearer eyJhbGciOjI1Nn0.e30.c2ln", "key:i5"),  // alg is a number
        ("Bearer eyJ0eXAiOiJKV1QifQ.e30.c2ln", "unknownKey"),  // no alg
        ("Bearer WyJhbGciXQ.e30.c2ln", "unknownKey"),  // an array
        ("Bearer ImFsZyI.e30.c2ln", "unknownKey"),  // a string
        ("Bearer eyJhbGciOiJhIg.e30.c2ln", "unknownKey"),  // cut short
        ("Bearer eyJhbGciOiJhIiwiYWxnIjoiYiJ9.e30.c2ln", "unknownKey"),  // alg twice
        ("Bearer eyJhIjp7ImFsZyI6IngifX0.e30.c2ln", "unknownKey"),  // alg deeper down
        ("Bearer eyJBTEciOiJ4In0.e30.c2ln", "unknownKey"),  // ALG
        ("Bearer .\(rs256).c2ln", "unknownKey"),
        // Form 3.
        ("Bearer a.b.c.d.e", "encryptedToken"), ("Bearer ....", "encryptedToken"),
        ("Bearer \(rs256)..a.b.c", "encryptedToken"),
        // Form 4.
        ("Bearer a.b.c", "key:i1"), ("Bearer SG.abc.def", "key:i2"), ("Bearer a.b.c.d", "key:i3"),
        ("Bearer a.b.c.d.e.f", "key:i4"), ("Bearer x=y&z", "key:i6"), ("Bearer no~such/thing+really==", "key:i13"),
        ("Bearer Plain", "unknownKey"), ("Bearer plai", "unknownKey"), ("Bearer plainn", "unknownKey"),
    ]) func `an Authorization line is read by its form`(line: String, expected: String) throws {
        let credentials = PresentedCredentials(authorization: [bytes(line)], apiKey: [])
        #expect(try Self.authenticator().outcome(credentials) == expected)
    }

    @Test(arguments: [
        ("", "emptyCredential"), (" \t", "emptyCredential"), ("plain", "key:i0"), (" plain\t", "key:i0"),
        ("Bearer plain", "unsafeBytes"), (text, "key:ci"), (text + "x", "malformedKey"), ("ghk_x", "malformedKey"),
        ("a.b.c.d", "key:i3"), ("nobody", "unknownKey"), ("pläin", "unsafeBytes"), ("plain plain", "unsafeBytes"),
        (rs256 + ".e31.c2ln", "unknownKey"), ("a.b.c.d.x", "unknownKey"),
    ]) func `an X-API-Key line is only ever a key`(line: String, expected: String) throws {
        #expect(try Self.authenticator().outcome(header(bytes(line))) == expected)
    }

    @Test func `the longest value is looked up and a longer one is not`() throws {
        let authenticator = try Self.authenticator()
        let longest = [UInt8](repeating: 0x61, count: KeyLimits.keyBytesMax)
        #expect(authenticator.outcome(bearer(longest)) == "unknownKey")
        #expect(authenticator.outcome(bearer(longest + [0x61])) == "tooLong")
        // A token may be longer than a key, and is still told by its form.
        #expect(authenticator.outcome(bearer(bytes(rs256 + ".e30.") + longest)) == "token")
    }

    @Test func `every byte in a value is looked up or refused, and only visible ASCII is looked up`() throws {
        let authenticator = try Self.authenticator()
        for byte in UInt8.min...UInt8.max {
            let expected = (0x21...0x7E).contains(byte) ? "unknownKey" : "unsafeBytes"
            #expect(authenticator.outcome(bearer([0x7A, byte, 0x7A])) == expected)
            #expect(authenticator.outcome(header([0x7A, byte, 0x7A])) == expected)
        }
    }

    @Test(arguments: [
        (0, 0, "anonymous"), (1, 0, "key:i0"), (0, 1, "key:i0"), (1, 1, "two"), (2, 0, "two"), (0, 2, "two"),
        (2, 2, "two"), (3, 0, "two"),
    ]) func `one credential is one, whatever it is`(authorization: Int, apiKey: Int, expected: String) throws {
        func present(_ line: String, _ key: String) throws -> String {
            try Self.authenticator().outcome(
                PresentedCredentials(
                    authorization: Array(repeating: bytes(line), count: authorization),
                    apiKey: Array(repeating: bytes(key), count: apiKey)
                )
            )
        }
        #expect(try present("Bearer plain", "plain") == expected)
        if expected == "two" { #expect(try present("Basic x", "") == "two") }
    }
}
