// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite struct `First requests` {
    @Test func `a full key initializes, lists and calls`() throws {
        let run = try CalculatorGateway()
        let session = run.gateway.session("calculator", run.full)
        let result = try session.open()
        #expect(result["protocolVersion"].text == "2025-11-25")
        #expect(result["serverInfo"]["name"].text == "calculator-server")
        #expect(result["capabilities"].has("tools"))
        #expect(try session.tools().sorted() == ["add", "divide", "multiply", "subtract"])
        let sum = try session.call("add", ["a": 2, "b": 3])
        #expect(sum.status == 200)
        #expect(sum.toolText == "5", "\(sum)")
        #expect(sum.result["structuredContent"]["result"].int == 5)
        let quotient = try session.call("divide", ["a": 9, "b": 3])
        #expect(quotient.toolText == "3", "\(quotient)")
    }

    @Test func `a limited key sees and calls only its tools`() throws {
        let run = try CalculatorGateway()
        let session = try run.gateway.open("calculator", run.limited)
        #expect(try session.tools() == ["add"])
        #expect(try session.call("add", ["a": 1, "b": 1]).toolText == "2")
        let denied = try session.call("divide", ["a": 4, "b": 2], id: "call-7")
        expectMasked(denied, meant: 400, code: -32602, message: "Unknown tool: divide")
        #expect(denied.response["id"] == "call-7")
        #expect(denied.head.mediaType == "application/json")
    }

    @Test func `a denied tool answers as one that does not exist`() throws {
        let run = try CalculatorGateway()
        let session = try run.gateway.open("calculator", run.limited)
        let denied = try session.call("divide", ["a": 4, "b": 2], id: 1)
        let unknown = try session.call("nonsuch", [:], id: 1)
        expectMasked(unknown, meant: 400, code: -32602, message: "Unknown tool: nonsuch")
        #expect(denied.response.json.replacing("divide", with: "nonsuch").count == unknown.response.json.count)
        #expect(denied.head.fields.map(\.name).sorted() == unknown.head.fields.map(\.name).sorted())
    }

    @Test func `names are compared byte for byte`() throws {
        let run = try CalculatorGateway()
        let session = try run.gateway.open("calculator", run.limited)
        #expect(try session.call("add", ["a": 1, "b": 1]).toolText == "2")
        for name in ["Add", "ADD", "add ", " add", "a\u{0301}dd", "add\u{200b}", "\u{ff41}dd", ""] {
            let answer = try session.call(name, ["a": 1, "b": 1])
            #expect(answer.code == -32602, "\(name): \(answer)")
            #expect(answer.meantStatus == 400, "\(name): \(answer)")
        }
    }

    @Test func `explain says that permission is denied and why`() throws {
        let noDivision: JSONTree = [
            "id": "no-division", "deny": ["tools": ["divide"]], "to": "anyone", "message": "Division needs a ticket.",
        ]
        let run = try CalculatorGateway(["denials": "explain"], access: [noDivision])
        let session = try run.gateway.open("calculator", run.full)
        #expect(try session.call("multiply", ["a": 2, "b": 4]).toolText == "8")
        let denied = try session.call("divide", ["a": 4, "b": 2])
        expectMasked(denied, meant: 403, code: 403)
        let message = try #require(denied.error["message"].text)
        #expect(message.contains("Permission denied: divide"))
        #expect(denied.error.json.contains("Division needs a ticket."))
        #expect(try session.tools().sorted() == ["add", "multiply", "subtract"])
    }

    @Test func `error_status http sends the status that is meant`() throws {
        let run = try CalculatorGateway(["error_status": "http"])
        let session = try run.gateway.open("calculator", run.limited)
        let denied = try session.call("divide", ["a": 4, "b": 2])
        expectMasked(denied, meant: 400, code: -32602, message: "Unknown tool: divide", sent: 400)
        #expect(try session.call("add", ["a": 4, "b": 2]).toolText == "6")
    }

    @Test func `a caller with no right on a server gets 403 and starts nothing`() throws {
        let server = try ScriptedServer()
        var setup = GatewaySetup()
        setup.addServer("scripted", stdio: server.stdio())
        setup.addServer("other", stdio: server.stdio())
        let outsider = try setup.addKey("outsider", allow: ["tools": ["safe"]], servers: ["other"])
        let insider = try setup.addKey("insider", allow: ["tools": ["safe"]], servers: ["scripted"])
        let gateway = try GatewayProcess(setup)
        let refused = try gateway.session("scripted", outsider).initialize()
        #expect(refused.status == 403, "\(refused)")
        #expect(refused.code == 403)
        #expect(refused.error["message"].text == "No access to this server")
        #expect(refused.head.value("www-authenticate") == nil)
        #expect(server.starts == 0)
        try gateway.session("scripted", insider).open()
        #expect(server.starts == 1)
    }

    @Test func `a session answers on many connections, whatever loop they land on`() throws {
        let run = try CalculatorGateway()
        let session = try run.gateway.open("calculator", run.full)
        for number in 0..<40 {
            let answer = try session.startCall("add", ["a": JSONTree(number), "b": 1]).finish()
            #expect(answer.toolText == String(number + 1), "\(answer)")
        }
    }

    @Test(arguments: ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
    func `every handshake version is agreed`(_ version: String) throws {
        let run = try CalculatorGateway()
        let session = run.gateway.session("calculator", run.full, version: version)
        #expect(try session.open()["protocolVersion"].text == version)
        #expect(try session.call("subtract", ["a": 7, "b": 3]).toolText == "4")
    }

    @Test func `ids come back as they were sent`() throws {
        let run = try CalculatorGateway()
        let session = try run.gateway.open("calculator", run.full)
        let ids: [JSONTree] = [
            .number("0"), .number("-1"), .number("9007199254740993"), "1", "", "caf\u{e9}", "a\"b\\c", "\u{1F600}",
        ]
        for id in ids {
            #expect(try session.call("add", ["a": 1, "b": 2], id: id).response["id"] == id)
            #expect(try session.call("nonsuch", [:], id: id).response["id"] == id)
        }
    }

    @Test func `answers are not to be stored and carry a request id each`() throws {
        let run = try CalculatorGateway()
        let session = try run.gateway.open("calculator", run.full)
        let first = try session.call("add", ["a": 1, "b": 2])
        let second = try session.call("add", ["a": 1, "b": 2])
        #expect(first.head.value("cache-control")?.contains("no-store") == true)
        #expect(first.requestID != nil)
        #expect(first.requestID != second.requestID)
    }

    @Test func `a client cannot choose its request id`() throws {
        let run = try CalculatorGateway()
        let session = try run.gateway.open("calculator", run.full)
        session.extraFields = [("X-Request-Id", "chosen-by-client")]
        let answer = try session.call("add", ["a": 1, "b": 2])
        #expect(answer.toolText == "3")
        #expect(answer.requestID != "chosen-by-client")
    }
}
