// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTP

/// What a response parser told about some input: comparable, whatever the pieces it came in.
struct ResponseTrace: Equatable {
    var status: Int?
    var isHTTP10 = false
    var framing: ReceivedHead.Framing?
    var keepAlive = false
    var hasContentCoding = false
    var head: [UInt8] = []
    var fields: [[UInt8]] = []
    var body: [UInt8] = []
    /// Never with an error: bytes behind the end may come before `end` is told or after, by the cut.
    var isComplete = false
    var mayReuse = false
    var hasBegun = false
    var error: ResponseError?

    /// `complete`, `open` (more is needed), or the kind of the refusal.
    var verdict: String {
        if let error { return "\(error.kind)" }
        return isComplete ? "complete" : "open"
    }

    fileprivate mutating func record(_ event: ResponseParser.Event, _ piece: [UInt8], _ used: Range<Int>) {
        #expect(!isComplete, "an event behind the end")
        switch event {
        case .head(let head):
            #expect(status == nil, "two heads")
            status = head.status
            isHTTP10 = head.isHTTP10
            framing = head.framing
            keepAlive = head.keepAlive
            hasContentCoding = head.hasContentCoding
            self.head = head.bytes
            fields = head.fields.flatMap { [Array(head.bytes[$0.name]), Array(head.bytes[$0.value])] }
        case .body(let range):
            #expect(!range.isEmpty && range.lowerBound >= used.lowerBound && range.upperBound <= used.upperBound)
            body += piece[range]
        case .end: isComplete = true
        }
    }

    fileprivate mutating func record(_ refusal: ResponseError) {
        error = refusal
        isComplete = false
    }
}

/// What a response is read with, and how its connection goes on.
struct ResponseSetting {
    var limits = ResponseLimits()
    var isAnswerToHead = false
    var untilClose = ResponseParser.ContentUntilClose.http11
    /// The connection ends behind the input.
    var closes = false
}

/// Feeds the input in pieces that end at the given offsets, and checks on the way what holds of every call.
func read(_ input: [UInt8], cutAt cuts: [Int] = [], _ setting: ResponseSetting = ResponseSetting()) -> ResponseTrace {
    var parser = ResponseParser(
        limits: setting.limits,
        isAnswerToHead: setting.isAnswerToHead,
        untilClose: setting.untilClose
    )
    var result = ResponseTrace()
    var start = 0
    for end in cuts + [input.count] where end > start && result.error == nil {
        let piece = Array(input[start..<end])
        start = end
        feed(piece, to: &parser, &result)
    }
    if setting.closes, result.error == nil {
        do {
            if let event = try parser.finish() { result.record(event, [], 0..<0) }
        } catch {
            result.record(error)
        }
    }
    if let error = result.error { expectPoisoned(&parser, error) }
    result.mayReuse = parser.mayReuse
    result.hasBegun = parser.hasBegun
    #expect(parser.isComplete == result.isComplete)
    return result
}

func read(_ text: String, _ setting: ResponseSetting = ResponseSetting()) -> ResponseTrace {
    read(Array(text.utf8), setting)
}

func readByteByByte(_ input: [UInt8], _ setting: ResponseSetting = ResponseSetting()) -> ResponseTrace {
    read(input, cutAt: Array(0..<input.count), setting)
}

private func feed(_ piece: [UInt8], to parser: inout ResponseParser, _ result: inout ResponseTrace) {
    var offset = 0
    do {
        while true {
            let before = offset
            let event = try parser.next(piece.span, offset: &offset)
            #expect(offset >= before && offset <= piece.count)
            guard let event else { break }
            result.record(event, piece, before..<offset)
        }
        #expect(offset == piece.count, "no event, but input left")
    } catch {
        result.record(error)
    }
}

/// A parser that has refused stays so, and its connection is never used again.
private func expectPoisoned(_ parser: inout ResponseParser, _ first: ResponseError) {
    let more = Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8)
    var offset = 0
    do {
        _ = try parser.next(more.span, offset: &offset)
        Issue.record("a parser that has refused went on")
    } catch {
        #expect(error == first)
    }
    do {
        _ = try parser.finish()
        Issue.record("a parser that has refused finished")
    } catch {
        #expect(error == first)
    }
    #expect(!parser.mayReuse && !parser.isComplete)
}

/// A 200 with these further field lines (each with its CRLF) and this content.
func ok(_ lines: String, _ content: String = "") -> String { "HTTP/1.1 200 OK\r\n\(lines)\r\n\(content)" }

/// A chunked 200 with this content.
func okChunked(_ content: String) -> String { ok("Transfer-Encoding: chunked\r\n", content) }
