// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTP

struct SSEWriterTests {
    private func event(_ message: String, event: StaticString? = nil, id: String? = nil) -> String {
        var out: [UInt8] = []
        SSEWriter.append(message: Array(message.utf8), event: event, id: id.map { Array($0.utf8) }, to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    @Test(arguments: [
        ("{}", "data: {}\n\n"), ("", "data: \n\n"), ("a\nb", "data: a\ndata: b\n\n"), ("a\rb", "data: a\ndata: b\n\n"),
        ("a\r\nb", "data: a\ndata: b\n\n"), ("a\n\nb", "data: a\ndata: \ndata: b\n\n"),
        ("a\n\rb", "data: a\ndata: \ndata: b\n\n"),
        ("a\n", "data: a\ndata: \n\n"), ("\r", "data: \ndata: \n\n"), ("\r\n", "data: \ndata: \n\n"),
        (" a", "data:  a\n\n"),
        ("a\rdata: b", "data: a\ndata: data: b\n\n"),
        ("a\r\revent: x\r\r", "data: a\ndata: \ndata: event: x\ndata: \ndata: \n\n"),
        ("\u{2028}", "data: \u{2028}\n\n"),
    ])
    func `every line of a payload is a data line`(_ message: String, _ want: String) {
        #expect(event(message) == want)
    }

    @Test func `type and id come before the data`() {
        #expect(event("{}", event: "message", id: "7") == "event: message\nid: 7\ndata: {}\n\n")
        #expect(event("", id: "7-1") == "id: 7-1\ndata: \n\n")
        #expect(event("x", event: "endpoint") == "event: endpoint\ndata: x\n\n")
    }

    @Test func `no id can write a line of its own`() {
        #expect(event("x", id: "a\r\ndata: b\nc\0") == "id: adata: bc\ndata: x\n\n")
    }

    @Test func `a comment is no event`() {
        var out: [UInt8] = []
        SSEWriter.appendComment(to: &out)
        #expect(out == Array(":\n\n".utf8))
    }
}
