// SPDX-License-Identifier: Apache-2.0

import MCP
import Testing

@testable import Sessions

@Suite struct `Which answer is for whom` {
    @Test func `an answer goes to the request that it answers, once`() throws {
        var session = Session()
        let first = try #require(try session.call(1, on: 1))
        let second = try #require(try session.call(2, on: 2))
        #expect(first != second)
        #expect(try session.says(#"{"jsonrpc":"2.0","id":\#(second),"result":{}}"#) == ["2: answer to 2"])
        #expect(try session.says(#"{"jsonrpc":"2.0","id":\#(first),"result":{}}"#) == ["1: answer to 1"])
        let again = try session.says(#"{"jsonrpc":"2.0","id":\#(first),"result":{}}"#)
        #expect(again == ["drop: an answer to no request that is under way"])
        #expect(session.core.isIdle)
    }

    @Test(arguments: ["99", "-1", "\"1\"", "1.0", "\"x\"", "99999999999999999999", "null"])
    func `an answer to nothing goes nowhere`(id: String) throws {
        var session = Session()
        _ = try #require(try session.call(1))
        let said = try? session.says(#"{"jsonrpc":"2.0","id":\#(id),"error":{"code":1,"message":"m"}}"#)
        #expect(said == nil || said == ["drop: an answer to no request that is under way"])
        #expect(try session.says(#"{"jsonrpc":"2.0","id":1,"result":{}}"#) == ["1: answer to 1"])
    }

    @Test func `an id that is under way is not taken a second time`() throws {
        var session = Session()
        let number = try #require(try session.call(5))
        #expect(try session.call(5) == nil)
        _ = try session.says(#"{"jsonrpc":"2.0","id":\#(number),"result":{}}"#)
        #expect(try session.call(5) != nil)
    }

    @Test func `so many requests may be under way and no more`() throws {
        var limits = SessionCore.Limits()
        limits.requestsMax = 3
        var session = Session(limits: limits)
        for id in 1...3 { #expect(try session.call(id, on: UInt64(id)) != nil) }
        #expect(try session.call(4, on: 4) == nil)
        _ = try session.says(#"{"jsonrpc":"2.0","id":1,"result":{}}"#)
        #expect(try session.call(4, on: 4) != nil)
    }

    @Test func `progress goes to the request with its token, and nowhere without one`() throws {
        var session = Session()
        _ = try session.call(1, token: 11, on: 1)
        _ = try session.call(2, token: 22, on: 2)
        let progress = { (token: String) in
            #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":\#(token),"progress":1}}"#
        }
        #expect(try session.says(progress("22")) == ["2: notifications/progress"])
        #expect(try session.says(progress("11")) == ["1: notifications/progress"])
        #expect(try session.says(progress("33")) == ["drop: progress of no request that is under way"])
        #expect(try session.says(progress("\"11\"")) == ["drop: progress of no request that is under way"])
    }

    @Test func `progress for a client that reads no streams, or has gone, is dropped`() throws {
        let progress = #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}"#
        var plain = Session()
        _ = try plain.call(1, token: 1, events: false)
        #expect(try plain.says(progress).first?.hasPrefix("drop:") == true)
        var gone = Session()
        _ = try gone.call(1, token: 1)
        gone.detach(1)
        #expect(try gone.says(progress).first?.hasPrefix("drop:") == true)
        var there = Session()
        _ = try there.call(1, token: 1)
        #expect(try there.says(progress) == ["1: notifications/progress"])
    }

    @Test func `a client that goes away cancels nothing`() throws {
        var session = Session()
        let number = try #require(try session.call(1))
        session.detach(1)
        #expect(!session.core.isIdle)
        // The answer is given out all the same; nobody is there to take it.
        #expect(try session.says(#"{"jsonrpc":"2.0","id":\#(number),"result":{}}"#) == ["1: answer to 1"])
        #expect(session.core.isIdle)
    }

    @Test func `when the server ends everybody is told`() throws {
        var session = Session()
        _ = session.listen(9)
        _ = try session.call(1, on: 1)
        _ = try session.call(2, on: 2)
        #expect(Set(session.fail(.died)) == ["1: failed died 1", "2: failed died 2", "9: ended"])
        #expect(session.core.isIdle)
        #expect(session.fail(.died) == [])
    }
}

@Suite struct `Cancellation and time` {
    private let cancelled = #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#

    @Test func `only what is under way can be cancelled`() throws {
        var session = Session()
        #expect(try session.notify(cancelled) == ["drop: cancellation of a request that is not under way"])
        _ = try session.call(1)
        #expect(try session.notify(cancelled) == ["write: gateway"])
    }

    @Test func `a cancelled request that nobody answers ends soon`() throws {
        var session = Session()
        _ = try session.call(1)
        _ = try session.notify(cancelled)
        session.pass(seconds: 4)
        #expect(session.expire() == [])
        session.pass(seconds: 1)
        #expect(session.expire() == ["1: failed cancelled 1"])
        #expect(session.core.isIdle)
    }

    @Test func `a request that is not answered in time is given up, and the server told`() throws {
        var session = Session()
        _ = try session.call(1)
        session.pass(seconds: 59)
        #expect(session.expire() == [])
        session.pass(seconds: 1)
        #expect(session.expire() == ["write: gateway", "1: failed tooSlow 1"])
    }

    @Test func `each progress message starts the time anew`() throws {
        var session = Session()
        _ = try session.call(1, token: 1)
        session.pass(seconds: 59)
        _ = try session.says(
            #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}"#
        )
        session.pass(seconds: 59)
        #expect(session.expire() == [])
        session.pass(seconds: 1)
        #expect(session.expire().count == 2)
    }

    @Test func `time stands still while the server waits for the client, up to a limit`() throws {
        var session = Session()
        try session.initialize(#"{"elicitation":{}}"#)
        _ = try session.call(1)
        _ = try session.says(#"{"jsonrpc":"2.0","id":"e","method":"elicitation/create","params":{}}"#)
        session.pass(seconds: 599)
        #expect(session.expire() == [])
        session.pass(seconds: 1)
        #expect(session.expire() == ["write: gateway"])
        session.pass(seconds: 59)
        #expect(session.expire() == [])
        session.pass(seconds: 1)
        #expect(session.expire() == ["write: gateway", "1: failed tooSlow 1"])
    }

    @Test func `a time that stands still wakes nobody`() throws {
        var session = Session()
        try session.initialize(#"{"elicitation":{}}"#)
        _ = try session.call(1)
        _ = try session.says(#"{"jsonrpc":"2.0","id":"e","method":"elicitation/create","params":{}}"#)
        session.pass(seconds: 61)
        #expect(session.expire() == [])
        // Only the time of the server's own request is left; a deadline in the past would be looked at without end.
        #expect(session.core.nextDeadline == session.now + 539 * Session.second)
        #expect(try session.answer(#"{"jsonrpc":"2.0","id":"e","result":{}}"#, from: 2).count == 2)
        #expect(session.core.nextDeadline == session.now + 60 * Session.second)
        _ = try session.notify(cancelled)
        #expect(session.core.nextDeadline == session.now + 5 * Session.second)
    }

    @Test func `initialize has the time of the start, not that of an answer`() throws {
        var session = Session()
        let text = #"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"capabilities":{}}}"#
        _ = try #require(try session.begin(text))
        session.pass(seconds: 61)
        #expect(session.expire() == [])
        _ = try session.call(1)
        session.pass(seconds: 60)
        #expect(session.expire() == ["write: gateway", "1: failed tooSlow 1"])
    }
}
