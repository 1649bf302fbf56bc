// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTP

/// What a head says of the content that comes and of the content that may come back.
struct ContentFieldTests {
    private func head(_ lines: String, version: String = "1.1") throws -> RequestHead {
        var parser = RequestParser()
        let bytes = Array("POST / HTTP/\(version)\r\nHost: gw.test\r\n\(lines)\r\n".utf8)
        var offset = 0
        guard case .head(let head) = try parser.next(bytes.span, offset: &offset) else {
            throw HTTPError(400, "no head")
        }
        return head
    }

    @Test(arguments: [
        ("", true, true),  // says nothing: reads everything
        ("Accept: application/json\r\n", true, false),
        ("Accept: text/event-stream\r\n", false, true),
        ("Accept: application/json, text/event-stream\r\n", true, true),
        ("accept: APPLICATION/JSON;q=0.5 ,\ttext/Event-Stream ; q=1\r\n", true, true),
        ("Accept: application/json\r\nAccept: text/event-stream\r\n", true, true),
        ("Accept: */*\r\n", true, true),
        ("Accept: application/*\r\n", true, false),
        ("Accept: text/*\r\n", false, true),
        ("Accept: ,, application/json,\r\n", true, false),
        ("Accept: application/jsonx, text/event-streams, application/jso\r\n", false, false),
        ("Accept:\r\n", false, false),
        ("Accept: ;application/json\r\n", false, false),
    ])
    func `a client reads what it names`(_ lines: String, _ json: Bool, _ events: Bool) throws {
        #expect(try head(lines).acceptedTypes == RequestHead.AcceptedTypes(json: json, events: events))
        #expect(try head(lines, version: "1.0").acceptedTypes == RequestHead.AcceptedTypes(json: json, events: false))
    }

    @Test(arguments: [
        ("Content-Type: application/json\r\n", true),
        ("content-type:APPLICATION/JSON\r\n", true),
        ("Content-Type: application/json;charset=utf-8\r\n", true),
        ("Content-Type: application/json ; Charset=\"UTF-8\"\r\n", true),
        ("", false),
        ("Content-Type:\r\n", false),
        ("Content-Type: application/json;\r\n", false),  // an empty parameter
        ("Content-Type: application/json; charset=utf-16\r\n", false),
        ("Content-Type: application/json; charset=utf-8; v=1\r\n", false),
        ("Content-Type: application/json-rpc\r\n", false),
        ("Content-Type: text/plain, application/json\r\n", false),
        ("Content-Type: ;application/json\r\n", false),
    ])
    func `content is JSON only in so many words`(_ lines: String, _ isJSON: Bool) throws {
        #expect(try head(lines).hasJSONContent == isJSON)
    }

    @Test func `a value can be had without a copy`() throws {
        let head = try head("X-API-Key:  abc \r\nAccept:\r\n")
        let key = head.span(.apiKey)?.equals("abc")
        let (accept, cookie) = (head.span(.accept)?.isEmpty, head.span(.cookie) == nil)
        #expect(key == true && accept == true && cookie)
        let host = head.hostSpan.equals("gw.test")
        #expect(host)
    }
}
