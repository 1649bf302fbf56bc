// SPDX-License-Identifier: Apache-2.0

import JSON
import Testing

@testable import MCP

struct EnvelopeTests {
    @Test(arguments: [
        "1", "\"x\"", "null", "true", "{}", #"{"jsonrpc":"2.0"}"#, #"{"jsonrpc":"2.0","id":1}"#,
        #"{"id":1,"method":"ping"}"#, #"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
        #"{"jsonrpc":2.0,"id":1,"method":"ping"}"#,
        #"{"jsonrpc":"2.0","id":1,"method":["ping"]}"#, #"{"jsonrpc":"2.0","id":1,"method":null}"#,
        #"{"jsonrpc":"2.0","id":1,"method":"pi\u0000ng"}"#, #"{"jsonrpc":"2.0","id":1,"method":"ping","x":1}"#,
        #"{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}"#,
        #"{"jsonrpc":"2.0","id":1,"method":"ping","error":{}}"#,
        #"{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}"#,
        #"{"jsonrpc":"2.0","id":1,"result":{},"params":{}}"#, #"{"jsonrpc":"2.0","id":1,"result":[]}"#,
        #"{"jsonrpc":"2.0","result":{}}"#, #"{"jsonrpc":"2.0","id":null,"result":{}}"#,
        #"{"jsonrpc":"2.0","error":{"code":1,"message":""}}"#, #"{"jsonrpc":"2.0","id":1,"error":"x"}"#,
        #"{"jsonrpc":"2.0","id":1,"error":{"code":"1","message":""}}"#, #"{"jsonrpc":"2.0","id":1,"error":{"code":1}}"#,
        #"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#, #"{"jsonrpc":"2.0","id":1,"method":"ping","i\u0064":2}"#,
    ])
    func `what is no JSON-RPC message is -32600`(body: String) {
        #expect(code(body) == -32600)
        #expect(code(#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#) == nil)
        #expect(code(#"{"jsonrpc":"2\u002e0","method":"ping"}"#) == nil)
    }

    @Test(arguments: ["", "{", "\u{FEFF}{}", #"{"jsonrpc":"2.0","id":01,"method":"ping"}"#, "{}{}", #"{"x":"\ud800"}"#])
    func `what is no JSON is -32700 without id`(body: String) {
        guard case .failure(let error) = read(body) else {
            Issue.record("it was read")
            return
        }
        #expect(error.code == -32700)
        #expect(error.id == nil)
    }

    @Test func `an error carries the id where it could be read`() {
        func id(_ body: String) -> [UInt8]? {
            guard case .failure(let error) = read(body) else { return nil }
            return error.id?.text
        }
        #expect(id(#"{"jsonrpc":"2.0","id":"a","method":"ping","x":1}"#) == bytes("\"a\""))
        #expect(id(#"{"id":9007199254740993,"method":"ping"}"#) == bytes("9007199254740993"))
        #expect(id(#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#) == nil)
        #expect(id(#"{"jsonrpc":"2.0","method":7}"#) == nil)
    }

    @Test func `a client's answers are read`() throws {
        guard case .response(let result) = try message(#"{"jsonrpc":"2.0","id":7,"result":{"roots":[]}}"#) else {
            throw NotTheMessageWanted()
        }
        #expect(result.id == RequestID(number: 7))
        #expect(result.result?.count == 1)
        #expect(result.error == nil)
        let body = #"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"}}"#
        guard case .response(let error) = try message(body) else { throw NotTheMessageWanted() }
        #expect(error.id == nil)
        #expect(error.error?["code"]?.integer == -32700)
    }

    @Test func `every prefix of a message is refused`() {
        let body = bytes(call("tools/call", #"{"name":"x","_meta":{"progressToken":1},"arguments":{"a":[1]}}"#))
        #expect(code(read(body)) == nil)
        for length in 0..<body.count { #expect(code(read(Array(body[..<length]))) == -32700) }
    }
}

struct RequestIDTests {
    @Test(arguments: [
        "0", "1", "-1", "-0", "9007199254740993", "9223372036854775808", "-9999999999999999999", #""""#, #""a""#,
        #""\u0061\n""#, #""é""#,
    ])
    func `an id keeps its text`(id: String) throws {
        #expect(try request(call("ping", "{}", id: id)).id.text == bytes(id))
    }

    @Test(arguments: ["1.0", "1e2", "null", "{}", "[]", "true", "10000000000000000000", "-10000000000000000000"])
    func `an id that readers might not agree on is refused`(id: String) {
        #expect(code(call("ping", "{}", id: id)) == -32600)
    }

    @Test func `a string up to the limit is an id, a longer one is not`() {
        func id(_ length: Int) -> String { "\"\(String(repeating: "i", count: length))\"" }
        #expect(code(call("ping", "{}", id: id(MCPLimits.idBytesMax))) == nil)
        #expect(code(call("ping", "{}", id: id(MCPLimits.idBytesMax + 1))) == -32600)
    }

    @Test func `a string that is over the limit only as it goes out is no id`() {
        // Two bytes that go out as the six of an escape.
        func id(_ length: Int) -> String { "\"\u{85}\(String(repeating: "i", count: length - 6))\"" }
        #expect(code(call("ping", "{}", id: id(MCPLimits.idBytesMax))) == nil)
        #expect(code(call("ping", "{}", id: id(MCPLimits.idBytesMax + 1))) == -32600)
    }

    @Test func `a cancelled id is one before and after it is written`() throws {
        for length in [MCPLimits.idBytesMax, MCPLimits.idBytesMax + 1] {
            let id = "\u{2028}" + String(repeating: "i", count: length - 6)
            let text = #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"\#(id)"}}"#
            guard case .single(.notification(let first)) = try MCPReader.read(bytes(text), limits: JSONLimits()) else {
                Issue.record("no notification")
                return
            }
            var out: [UInt8] = []
            first.appendMinified(to: &out)
            guard case .single(.notification(let second)) = try MCPReader.read(out, limits: JSONLimits()) else {
                Issue.record("no notification")
                return
            }
            #expect(first.cancelledID == second.cancelledID)
            #expect((first.cancelledID != nil) == (length == MCPLimits.idBytesMax))
        }
    }

    @Test func `ids are equal by value and type`() throws {
        func id(_ text: String) throws -> RequestID { try request(call("ping", "{}", id: text)).id }
        #expect(try id(#""ab""#) == id(#""a\u0062""#))
        #expect(try id(#""ab""#).hashValue == id(#""a\u0062""#).hashValue)
        #expect(try id(#""\u2028""#) == id("\"\u{2028}\""))
        #expect(try id("0") == id("-0"))
        #expect(try id("1") != id(#""1""#))
        #expect(try id("9007199254740993") != id("9007199254740992"))
        #expect(try id("\"\u{E9}\"") != id("\"e\u{301}\""))
        #expect(try id("-5") == RequestID(number: -5))
        #expect(try id("\"\u{2028}\"").text == bytes(#""\u2028""#), "no id can break a line")
    }
}

struct BatchTests {
    private let ping = #"{"jsonrpc":"2.0","method":"ping"}"#

    private func batch(_ count: Int) -> String {
        "[" + (0..<count).map { call("ping", "{}", id: "\($0)") }.joined(separator: ",") + "]"
    }

    @Test func `a batch gives its messages in order`() throws {
        let body = "[\(call("tools/call", #"{"name":"x"}"#)), \(ping), {\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}]"
        guard case .batch(let messages) = try read(body).get() else { throw NotTheMessageWanted() }
        #expect(messages.count == 3)
        guard case .request(let first) = messages[0], case .notification = messages[1], case .response = messages[2]
        else { throw NotTheMessageWanted() }
        #expect(first.call.target == .tool(bytes("x")))
        #expect(first.json.raw == bytes(call("tools/call", #"{"name":"x"}"#)))
    }

    @Test func `an array of one message is a batch`() throws {
        guard case .batch(let messages) = try read("[\(ping)]").get() else { throw NotTheMessageWanted() }
        #expect(messages.count == 1)
    }

    @Test func `a batch up to the limit is read, a longer or empty one is refused`() {
        #expect(code(batch(MCPLimits.batchMax)) == nil)
        #expect(code(batch(MCPLimits.batchMax + 1)) == -32600)
        #expect(code("[]") == -32600)
    }

    @Test func `one bad message spoils the batch`() {
        #expect(code("[\(ping),1]") == -32600)
        #expect(code("[\(ping),[\(ping)]]") == -32600)
        #expect(code("[\(ping),\(call("tools/call", "{}"))]") == -32602)
        #expect(code("[\(call("ping", "{}", id: "\"a\"")),\(call("ping", "{}", id: #""\u0061""#))]") == -32600)
        #expect(code("[\(call("ping", "{}", id: "1")),\(call("ping", "{}", id: "\"1\""))]") == nil)
    }
}
