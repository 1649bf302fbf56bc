// SPDX-License-Identifier: Apache-2.0

import Bytes
import Testing

@testable import Identity

/// What an upstream is told of its caller.
@Suite struct ForwardedIdentityTests {
    private func fields(_ subject: String, _ roles: [String]) -> [String] {
        let principal = Principal(kind: .apiKey, id: bytes("k"), subject: bytes(subject))
        let caller = Authenticated(principal: principal, roles: roles.map { bytes($0) })
        return caller.forwardedFields.map { "\($0.name): \(String(decoding: $0.value, as: UTF8.self))" }
    }

    @Test func `subject and roles are told, each name encoded, roles joined by commas`() {
        #expect(
            fields("ci-bot", ["reader", "a,b", "größe"]) == [
                "X-Gatehouse-Subject: ci-bot", "X-Gatehouse-Roles: reader,a%2Cb,gr%C3%B6%C3%9Fe",
            ]
        )
        #expect(fields("x", []) == ["X-Gatehouse-Subject: x"])
    }

    @Test func `nothing in a name can end the line, begin another or look encoded`() {
        #expect(
            fields("a\r\nX-Admin: 1\t%2C \u{0}~._-", [""]) == [
                "X-Gatehouse-Subject: a%0D%0AX-Admin%3A%201%09%252C%20%00~._-", "X-Gatehouse-Roles: ",
            ]
        )
    }

    @Test func `of the unauthenticated nothing is told`() {
        let nobody = Authenticated(principal: Principal(anonymousAt: IPAddress(v4: 1)), roles: [])
        #expect(nobody.forwardedFields.isEmpty)
    }
}
