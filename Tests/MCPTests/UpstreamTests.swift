// SPDX-License-Identifier: Apache-2.0

import MCP
import Testing

struct UpstreamTests {
    @Test func `an answer is read with whatever else it holds`() throws {
        let response = try answer(
            #"{"jsonrpc":"2.0","id":"7","result":{"Name":1,"content":[]},"extra":true,"resultType":"complete"}"#
        )
        #expect(response.id?.text == bytes("\"7\""))
        #expect(response.result?.count == 2)
        #expect(response.error == nil)
    }

    @Test(arguments: [
        (#"{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"x"}}"#, "1"),
        (#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"}}"#, nil),
        (#"{"jsonrpc":"2.0","error":{"code":-32700}}"#, nil),
    ])
    func `an error may lack the id of what could not be read`(line: String, id: String?) throws {
        let response = try answer(line)
        #expect(response.id?.text == id.map { bytes($0) })
        #expect(response.error != nil)
    }

    @Test func `a server's request is read`() throws {
        let line =
            #"{"jsonrpc":"2.0","id":5,"method":"sampling/createMessage","#
            + #""params":{"Name":1,"_meta":{"progressToken":9}}}"#
        guard case .request(let request) = try readUpstream(line).get() else { throw NotTheMessageWanted() }
        #expect(request.call == MCPCall(method: .samplingCreateMessage, target: .none))
        #expect(request.progressToken == bytes("9"))
        let task = #"{"jsonrpc":"2.0","id":5,"method":"tasks/get","params":{"taskId":"t"}}"#
        guard case .request(let request) = try readUpstream(task).get() else { throw NotTheMessageWanted() }
        #expect(request.call.target == .task(bytes("t")))
    }

    @Test func `notifications give what they are about`() throws {
        func notification(_ method: String, _ params: String) throws -> MCPNotification {
            let line = #"{"jsonrpc":"2.0","method":"\#(method)","params":\#(params)}"#
            guard case .notification(let read) = try readUpstream(line).get() else { throw NotTheMessageWanted() }
            return read
        }
        #expect(try notification("notifications/cancelled", #"{"requestId":4}"#).cancelledID == RequestID(number: 4))
        #expect(try notification("notifications/progress", #"{"progressToken":"p"}"#).progressToken == bytes("\"p\""))
        #expect(try notification("notifications/resources/updated", #"{"uri":"u:\u0061"}"#).uri == bytes("u:a"))
        #expect(try notification("notifications/message", #"{"uri":"u:"}"#).uri == nil)
        #expect(try notification("notifications/message", "[]").method == .notificationMessage)
    }

    @Test(arguments: [
        "", "log line", "[]", "{}", #"[{"jsonrpc":"2.0","method":"x"}]"#, #"{"id":1,"result":{}}"#,
        #"{"jsonrpc":"2.0","id":1.0,"result":{}}"#, #"{"jsonrpc":"2.0","result":{}}"#,
        #"{"jsonrpc":"2.0","id":null,"result":{}}"#, #"{"jsonrpc":"2.0","id":null,"method":"x"}"#,
        #"{"jsonrpc":"2.0","id":1,"result":{},"error":{}}"#, #"{"jsonrpc":"2.0","id":1,"result":{},"method":"x"}"#,
        #"{"jsonrpc":"2.0","id":1,"error":7}"#, #"{"jsonrpc":"2.0","id":1,"result":{"a":1,"a":2}}"#,
        // A client that matches names without case would see a request here.
        #"{"jsonrpc":"2.0","id":1,"result":{},"Method":"sampling/createMessage"}"#,
    ])
    func `a line that is no message is refused`(line: String) {
        #expect(code(readUpstream(line)) != nil)
    }
}
