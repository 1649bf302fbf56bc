// SPDX-License-Identifier: Apache-2.0

import Bytes
import Testing

@testable import HTTP

struct RequestHeadTests {
    private func head(_ text: String, followedBy rest: String = "") throws -> RequestHead {
        var parser = RequestParser()
        var offset = 0
        let bytes = Array((text + rest).utf8)
        let event = try parser.next(bytes.span, offset: &offset)
        #expect(offset == text.utf8.count)
        guard case .head(let head)? = event else { throw HTTPError(500, "no head") }
        return head
    }

    private static let sample =
        "POST /mcp?x HTTP/1.1\r\nHost: GW.test:8443\r\nACCEPT: a/b\r\nX-Own-Thing: 1\r\naccept:\t c/d \r\n"
        + "Authorization:Bearer k\r\nx-own-thing: 2\r\nX-A-Very-Long-Name-Nobody-Knows-Of: 3\r\nX-Empty:\r\n"
        + "Content-Length: 2\r\n\r\n"

    @Test func `values are found by lower-case name`() throws {
        let head = try head(Self.sample)
        #expect(head.value("host") == Array("GW.test:8443".utf8))
        #expect(head.host == Array("gw.test:8443".utf8))
        #expect(head.value("accept") == Array("a/b".utf8))
        #expect(head.values(.accept) == [Array("a/b".utf8), Array("c/d".utf8)])
        #expect(head.count("accept") == 2)
        #expect(head.value("authorization") == Array("Bearer k".utf8))
        #expect(head.value(.authorization) == Array("Bearer k".utf8))
        let span = head.valueSpan(.authorization).array
        #expect(span == Array("Bearer k".utf8))
        let missing = head.valueSpan(.cookie).count
        #expect(missing == 0)
        #expect(head.value("x-own-thing") == [0x31])
        #expect(head.count("x-own-thing") == 2)
        #expect(head.value("x-a-very-long-name-nobody-knows-of") == [0x33])
        #expect(head.value("x-empty") == [])
        #expect(head.value("x-nothing") == nil)
        #expect(head.value("cookie") == nil)
        #expect(head.count("cookie") == 0)
        #expect(head.count("x-nothing") == 0)
        #expect(head.has(.accept) && !head.has(.cookie))
        #expect(head.values(.cookie).isEmpty)
    }

    @Test func `paths, methods and lengths are told`() throws {
        let head = try head(Self.sample, followedBy: "{}GET /")
        #expect(head.path == Array("/mcp".utf8))
        let span = head.pathSpan.array
        #expect(span == Array("/mcp".utf8))
        #expect(head.hasQuery)
        #expect(head.query == [0x78])
        #expect(head.method == .post)
        #expect(head.methodText == Array("POST".utf8))
        #expect(head.framing == .length(2))
        #expect(head.headBytes == Self.sample.utf8.count)
        #expect(head.bytes == Array(Self.sample.utf8))
    }

    @Test func `fields come in their order with their names as sent`() throws {
        let head = try head(Self.sample)
        let names = head.fields.map { Array(head.bytes[$0.name]) }
        #expect(
            names.map { String(decoding: $0, as: UTF8.self) }.prefix(4) == ["Host", "ACCEPT", "X-Own-Thing", "accept"]
        )
        let known: [KnownField?] = head.fields.prefix(4).map { $0.known }
        #expect(known == [.host, .accept, nil, .accept])
        #expect(head.fields.count == 9)
        #expect(!head.fields.contains { $0.known?.isHopByHop == true })
    }

    @Test func `the head of a large request holds nothing of its content`() throws {
        let head = try head(Self.sample, followedBy: String(repeating: "x", count: 100_000))
        #expect(head.bytes.count == head.headBytes)
        #expect(head.bytes.capacity < 4096)
    }

    @Test func `a refusal names its reason`() {
        let error = trace("GET / HTTP/1.1\r\n\r\n").error
        #expect(error == HTTPError(400, "no Host"))
        #expect(error != HTTPError(400, "invalid Host"))
        #expect(error != HTTPError(431, "no Host"))
    }
}
