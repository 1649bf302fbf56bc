// SPDX-License-Identifier: Apache-2.0

import MCP
import Testing

@testable import Sessions

@Suite struct `What a server asks of its client` {
    private let sampling = #"{"jsonrpc":"2.0","id":"s","method":"sampling/createMessage","params":{}}"#
    private let answer = #"{"jsonrpc":"2.0","id":"s","result":{}}"#

    @Test func `is asked only if it was declared`() throws {
        var declared = Session()
        try declared.initialize(#"{"sampling":{}}"#)
        _ = try declared.call(1)
        #expect(try declared.says(sampling) == ["1: request"])
        var silent = Session()
        try silent.initialize("{}")
        _ = try silent.call(1)
        #expect(try silent.says(sampling) == ["write: gateway"])
    }

    @Test func `is asked only if the operator allows it`() throws {
        var session = Session(allowed: [.elicitation])
        try session.initialize(#"{"sampling":{},"elicitation":{}}"#)
        _ = try session.call(1)
        #expect(try session.says(sampling) == ["write: gateway"])
        #expect(
            try session.says(#"{"jsonrpc":"2.0","id":2,"method":"elicitation/create","params":{}}"#) == ["1: request"]
        )
    }

    @Test(arguments: ["tools/call", "initialize", "tasks/get", "nonsense"])
    func `is nothing but sampling, elicitation, roots and ping`(method: String) throws {
        var session = Session()
        try session.initialize(#"{"sampling":{},"elicitation":{},"roots":{}}"#)
        _ = try session.call(1)
        let line = #"{"jsonrpc":"2.0","id":3,"method":"\#(method)","params":{"name":"x","taskId":"x"}}"#
        #expect(try session.says(line) == ["write: gateway"])
        #expect(try session.says(#"{"jsonrpc":"2.0","id":3,"method":"ping"}"#) == ["1: request"])
    }

    @Test func `is answered once, and only if it was asked`() throws {
        var session = Session()
        try session.initialize(#"{"sampling":{}}"#)
        _ = try session.call(1)
        #expect(try session.answer(answer, from: 7) == ["7: failed noSuchServerRequest -"])
        _ = try session.says(sampling)
        #expect(try session.answer(answer, from: 7) == ["write: answer", "7: accepted"])
        #expect(try session.answer(answer, from: 7) == ["7: failed noSuchServerRequest -"])
    }

    @Test func `comes on the newest call's stream, otherwise on the listener's, otherwise it waits`() throws {
        var session = Session()
        try session.initialize(#"{"sampling":{}}"#)
        let ask = { (id: Int) in #"{"jsonrpc":"2.0","id":\#(id),"method":"sampling/createMessage","params":{}}"# }
        #expect(try session.says(ask(1)) == [])
        #expect(session.listen(9) == ["9: accepted", "9: request"])
        #expect(try session.says(ask(2)) == ["9: request"])
        _ = try session.call(1, on: 1)
        _ = try session.call(2, on: 2)
        #expect(try session.says(ask(3)) == ["2: request"])
        session.detach(2)
        #expect(try session.says(ask(4)) == ["1: request"])
    }

    @Test func `so many may wait for the client and no more`() throws {
        var limits = SessionCore.Limits()
        limits.serverRequestsMax = 2
        var session = Session(limits: limits)
        _ = try session.call(1)
        #expect(try session.says(#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#) == ["1: request"])
        #expect(try session.says(#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#) == ["write: gateway"])  // the same id
        #expect(try session.says(#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#) == ["1: request"])
        #expect(try session.says(#"{"jsonrpc":"2.0","id":3,"method":"ping"}"#) == ["write: gateway"])
    }

    @Test func `is taken back only if it was asked`() throws {
        var session = Session()
        _ = try session.call(1)
        let cancel = #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5}}"#
        #expect(try session.says(cancel) == ["drop: cancellation of a request that is not under way"])
        _ = try session.says(#"{"jsonrpc":"2.0","id":5,"method":"ping"}"#)
        #expect(try session.says(cancel) == ["1: notifications/cancelled"])
        #expect(try session.answer(#"{"jsonrpc":"2.0","id":5,"result":{}}"#, from: 7).first?.contains("failed") == true)
    }
}

@Suite struct `Messages that no stream is open for` {
    private let changed = #"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#

    @Test func `wait for the listener, in order`() throws {
        var session = Session()
        let log = #"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}"#
        #expect(try session.says(changed) == [])
        #expect(try session.says(log) == [])
        #expect(
            session.listen(9) == ["9: accepted", "9: notifications/tools/list_changed", "9: notifications/message"]
        )
        #expect(try session.says(changed) == ["9: notifications/tools/list_changed"])
    }

    @Test func `are dropped from the oldest on when there are too many or too long ones`() throws {
        var limits = SessionCore.Limits()
        limits.backlogMax = 2
        var session = Session(limits: limits)
        #expect(try session.says(#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#) == [])
        #expect(try session.says(changed) == [])
        #expect(try session.says(changed) == ["write: gateway"])  // the ping is answered with an error
        #expect(try session.says(changed) == ["drop: a message that no stream was open for"])
        limits.backlogBytesMax = 100
        var narrow = Session(limits: limits)
        #expect(try narrow.says(changed) == [])
        #expect(try narrow.says(changed) == ["drop: a message that no stream was open for"])
    }

    @Test func `a session has one listener, and another after it has gone`() {
        var session = Session()
        #expect(session.listen(1) == ["1: accepted"])
        #expect(session.listen(2) == ["2: failed streamTaken -"])
        #expect(!session.core.isIdle)
        session.detach(1)
        #expect(session.core.isIdle)
        #expect(session.listen(2) == ["2: accepted"])
    }

    @Test func `streams of a former owner get the answers to their own requests and nothing else`() throws {
        var session = Session()
        try session.initialize(#"{"roots":{}}"#)
        let number = try #require(try session.call(1, token: 1, on: 1))
        _ = session.listen(9)
        #expect(session.disown() == ["9: ended"])
        #expect(try session.says(#"{"jsonrpc":"2.0","id":"r","method":"roots/list"}"#) == [])
        #expect(session.listen(10) == ["10: accepted", "10: request"])
        #expect(try session.says(#"{"jsonrpc":"2.0","id":\#(number),"result":{}}"#) == ["1: answer to 1"])
        #expect(session.disown() == ["10: ended"])
        #expect(session.disown() == [])
    }
}
