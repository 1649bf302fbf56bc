// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite struct `The calculator server` {
    @Test func `says on standard error that it runs, and ends with its input`() throws {
        let silent = try Conversation("")
        #expect(silent.status == 0)
        #expect(silent.answers.isEmpty)
        #expect(silent.standardError.hasPrefix("calculator-server "))
    }

    @Test(arguments: [
        ("2024-11-05", "2024-11-05"), ("2025-03-26", "2025-03-26"), ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"), ("2026-07-28", "2025-11-25"), ("1999-01-01", "2025-11-25"), ("", "2025-11-25"),
    ])
    func `agrees on a version that it speaks`(asked: String, agreed: String) throws {
        let run = try Conversation(version: asked, [])
        #expect(run.answers.count == 1)
        #expect(run.answers.first?.result?["protocolVersion"] as? String == agreed)
    }

    @Test(arguments: [("2024-11-05", false, false), ("2025-03-26", false, true), ("2025-06-18", true, true)])
    func `lists its tools in the form of the version`(version: String, titles: Bool, annotations: Bool) throws {
        let run = try Conversation(version: version, [Conversation.request(1, "tools/list")])
        let tools = try #require(run.answers.last?.result?["tools"] as? [[String: Any]])
        #expect(tools.compactMap { $0["name"] as? String } == ["add", "subtract", "multiply", "divide"])
        for tool in tools {
            let schema = try #require(tool["inputSchema"] as? [String: Any])
            #expect(schema["required"] as? [String] == ["a", "b"])
            #expect((tool["title"] != nil) == titles)
            #expect((tool["outputSchema"] != nil) == titles)
            #expect((tool["annotations"] != nil) == annotations)
        }
    }

    @Test(arguments: [
        ("add", #"{"a":2,"b":3}"#, "5"), ("add", #"{"b":0.5,"a":-3}"#, "-2.5"),
        ("subtract", #"{"a":1,"b":0.9}"#, "0.09999999999999998"),
        ("multiply", #"{"a":1e3,"b":1E-3}"#, "1"), ("multiply", #"{"a":0,"b":-1}"#, "0"),
        ("divide", #"{"a":1,"b":3}"#, "0.3333333333333333"),
        ("divide", #"{"a":10,"b":4}"#, "2.5"), ("add", #"{"a":9007199254740992,"b":2}"#, "9007199254740994"),
        ("multiply", #"{"a":1e100,"b":1e100}"#, "1e+200"), ("add", #"{"a":4e18,"b":4e18}"#, "8000000000000000000"),
        ("subtract", #"{"a":-4e18,"b":6e18}"#, "-1e+19"),
    ])
    func `calculates`(tool: String, arguments: String, expected: String) throws {
        let run = try Conversation([Conversation.call(tool, arguments)])
        let answer = try #require(run.answers.last)
        #expect(answer.text == expected)
        #expect(answer.isToolError == false)
        // In the text: Foundation's reader does not give back the last digit.
        #expect(run.standardOutput.contains(#""structuredContent":{"result":\#(expected)}"#))
    }

    @Test func `leaves structured content out before 2025-06-18`() throws {
        let run = try Conversation(version: "2025-03-26", [Conversation.call("add", #"{"a":1,"b":1}"#)])
        #expect(run.answers.last?.text == "2")
        #expect(run.answers.last?.result?["structuredContent"] == nil)
    }

    @Test(arguments: [
        ("divide", #"{"a":1,"b":0}"#), ("divide", #"{"a":1,"b":-0.0}"#),  // division by zero
        ("multiply", #"{"a":1e200,"b":1e200}"#), ("add", #"{"a":1e400,"b":1}"#),  // out of range
        ("add", #"{"a":1}"#), ("add", #"{"a":1,"b":2,"c":3}"#), ("add", #"{"a":1,"c":3}"#), ("add", "{}"),
        ("add", "[1,2]"),
        ("add", #"{"a":"1","b":2}"#), ("add", #"{"a":null,"b":2}"#), ("add", #"{"a":true,"b":2}"#),
    ])
    func `answers wrong input with a tool error`(tool: String, arguments: String) throws {
        let run = try Conversation([Conversation.call(tool, arguments), Conversation.call("add", #"{"a":1,"b":1}"#)])
        try #require(run.answers.count == 3)
        #expect(run.answers[1].isToolError == true)
        #expect(run.answers[1].text?.isEmpty == false)
        #expect(run.answers[2].text == "2")
    }

    @Test(arguments: [
        (Conversation.request(7, "no/such"), -32601), (Conversation.request(7, "resources/list"), -32601),
        (Conversation.request(7, "tools/call", #"{"name":"power","arguments":{}}"#), -32602),
        (Conversation.request(7, "tools/call", #"{"arguments":{}}"#), -32602),
        (Conversation.request(7, "tools/call", "[]"), -32602),
        (Conversation.request(7, "tools/list", #"{"cursor":"1"}"#), -32602),
        (Conversation.request(7, "initialize"), -32602),
        ("{", -32700), ("nonsense", -32700), (#"{"jsonrpc":"2.0","id":7,"method":"ping"} x"#, -32700),
        ("[]", -32600), ("1", -32600), (#"{"id":7,"method":"ping"}"#, -32600),
        (#"{"jsonrpc":"1.0","id":7,"method":"ping"}"#, -32600),
        (#"{"jsonrpc":"2.0","id":7}"#, -32600), (#"{"jsonrpc":"2.0","id":[7],"method":"ping"}"#, -32600),
        (#"{"jsonrpc":"2.0","id":7,"method":7}"#, -32600), (#"[{"jsonrpc":"2.0","id":7,"method":"ping"}]"#, -32600),
    ])
    func `refuses what it does not know and goes on`(line: String, code: Int) throws {
        let run = try Conversation([line, Conversation.request(8, "ping")])
        try #require(run.answers.count == 3)
        #expect(run.answers[1].errorCode == code)
        #expect(run.answers[2]["id"] as? Int == 8)
        #expect(run.answers[2].result?.isEmpty == true)
    }

    @Test func `serves tools only after initialize, and ping always`() throws {
        let lines = ["ping", "tools/list", "tools/call"].enumerated().map { Conversation.request($0, $1) + "\n" }
        let run = try Conversation(lines.joined())
        #expect(run.answers.map(\.errorCode) == [nil, -32600, -32600])
    }

    @Test func `says nothing to notifications, answers and empty lines`() throws {
        let run = try Conversation([
            #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#,
            #"{"jsonrpc":"2.0","id":1,"result":{}}"#, #"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":""}}"#, "",
            " \r",
        ])
        #expect(run.answers.count == 1)
    }

    @Test func `gives back the id as it came`() throws {
        let ids = ["1", "-1", "\"a\\u0062\"", "12345678901234567890"]
        let run = try Conversation(ids.map { #"{"jsonrpc":"2.0","id":\#($0),"method":"ping"}"# })
        #expect(run.answers.dropFirst().map { "\($0["id"] ?? "")" } == ["1", "-1", "ab", "12345678901234567890"])
    }

    @Test func `answers batches in 2025-03-26`() throws {
        let batch = "[\(Conversation.request(1, "ping")),\(Conversation.call("add", #"{"a":1,"b":2}"#)),5]"
        let silent = #"[{"jsonrpc":"2.0","method":"notifications/initialized"}]"#
        let run = try Conversation(version: "2025-03-26", [batch, silent, "[]"])
        #expect(run.batches.count == 1)
        #expect(run.batches.first?.count == 3)
        #expect(run.batches.first?.last?.errorCode == -32600)
        #expect(run.answers.last?.errorCode == -32600)
    }

    @Test func `reads a line of a mebibyte and refuses one of a byte more`() throws {
        let ping = Conversation.request(1, "ping")
        let longest = ping + String(repeating: " ", count: (1 << 20) - ping.utf8.count)
        let run = try Conversation([longest, longest + " ", Conversation.request(2, "ping")])
        try #require(run.answers.count == 4)
        #expect(run.answers.map { $0["id"] as? Int } == [0, 1, nil, 2])
        #expect(run.answers[2].errorCode == -32700)
    }

    @Test func `reads a last line without a line feed`() throws {
        let run = try Conversation(Conversation.request(1, "ping"))
        #expect(run.answers.count == 1)
        #expect(run.status == 0)
    }
}
