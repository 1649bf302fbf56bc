// SPDX-License-Identifier: Apache-2.0

import JSON
import MCP
import Testing

struct EditTests {
    static let bodies = [
        #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"id":1,"y":[1.0,-0,1e2]}}}"#,
        #"{"id":"a\u0062","params":{"name":"x","arguments":{"s":"a/b\n"}},"method":"tools/call","jsonrpc":"2.0"}"#,
        "{ \"method\" : \"ping\" ,\r\n \"jsonrpc\" : \"2.0\" , \"id\" : -5 }",
        "{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\",\"params\":{\"name\":\"\u{2028}\"},\"\\u0069d\" : \"\u{85}\"}",
    ]

    @Test(arguments: bodies, ["7", "\"abc\"", "18446744073709551615"])
    func `a request goes out with another id and is otherwise the same`(body: String, id: String) throws {
        let original = try request(body)
        var out: [UInt8] = []
        original.appendMinified(to: &out, withID: bytes(id))
        let line = text(out)
        #expect(!line.contains { $0 == "\n" || $0 == "\r" || $0 == "\r\n" })
        let sent = try JSONDocument(out).root
        #expect(sent["id"]?.raw == bytes(id))
        for (name, value) in original.json.members where !name.equals("id") {
            let same = try #require(sent.member(name.string ?? []))
            #expect(areSame(same, value))
        }
        #expect(sent.count == original.json.count)
        // The id of the first put back, it is what was minified.
        var back: [UInt8] = []
        sent.appendMinified(to: &back, edits: [JSONEdit(try #require(sent["id"]), becomes: original.id.text)])
        var minified: [UInt8] = []
        original.json.appendMinified(to: &minified)
        #expect(back == minified)
    }

    @Test func `a progress token can be exchanged with the id, in either order`() throws {
        for body in [
            #"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"a":1,"progressToken":1}}}"#,
            #"{"params":{"_meta":{"a":1,"progressToken":1}},"jsonrpc":"2.0","method":"ping","id":1}"#,
        ] {
            let original = try request(body)
            var out: [UInt8] = []
            original.appendMinified(to: &out, withID: bytes("8"), progressToken: bytes("\"t\""))
            #expect(
                text(out) == body.replacing("\"id\":1", with: "\"id\":8").replacing("Token\":1", with: "Token\":\"t\"")
            )
        }
        var out: [UInt8] = []
        try request(call("ping", "{}")).appendMinified(to: &out, withID: bytes("8"), progressToken: bytes("9"))
        #expect(text(out) == call("ping", "{}", id: "8"), "a token that is not there is not made up")
    }

    @Test(arguments: [
        (#"{"jsonrpc":"2.0","id":1,"result":{"id":1}}"#, #"{"jsonrpc":"2.0","id":"x","result":{"id":1}}"#),
        ("{\"result\": { } , \"id\": 1, \"jsonrpc\":\"2.0\"}", #"{"result":{},"id":"x","jsonrpc":"2.0"}"#),
        (
            #"{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"m"}}"#,
            #"{"jsonrpc":"2.0","id":"x","error":{"code":1,"message":"m"}}"#
        ),
        (
            #"{ "jsonrpc":"2.0","error":{"code":1,"message":"m"}}"#,
            #"{"id":"x","jsonrpc":"2.0","error":{"code":1,"message":"m"}}"#
        ),
    ])
    func `an answer goes out with another id`(line: String, sent: String) throws {
        var out = bytes("data: ")
        try answer(line).append(to: &out, withID: bytes("\"x\""))
        #expect(text(out) == "data: " + sent)
    }

    @Test func `a server's request goes out with another id`() throws {
        let line = #"{"jsonrpc":"2.0", "id":3, "method":"roots/list", "Extra":1}"#
        guard case .request(let request) = try readUpstream(line).get() else { throw NotTheMessageWanted() }
        var out: [UInt8] = []
        request.appendMinified(to: &out, withID: bytes("12"))
        #expect(text(out) == #"{"jsonrpc":"2.0","id":12,"method":"roots/list","Extra":1}"#)
    }

    @Test func `what a notification is about can be exchanged`() throws {
        let cancelled = try notification(
            #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":3, "reason":"r"}}"#
        )
        var out: [UInt8] = []
        cancelled.appendMinified(to: &out, withRequestID: bytes("44"))
        #expect(
            text(out) == #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":44,"reason":"r"}}"#
        )
        let progress = try notification(
            #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"p","progress":1.0}}"#
        )
        out = []
        progress.appendMinified(to: &out, progressToken: bytes("5"))
        #expect(
            text(out)
                == #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":5,"progress":1.0}}"#
        )
        out = []
        progress.appendMinified(to: &out)
        #expect(out == progress.json.raw)
    }
}
