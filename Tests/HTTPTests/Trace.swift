// SPDX-License-Identifier: Apache-2.0

import Bytes
import Testing

@testable import HTTP

/// What a parser told about some input: comparable, whatever the pieces it came in.
struct Trace: Equatable {
    struct Message: Equatable {
        var method: [UInt8]
        var kind: HTTPMethod
        var target: RequestHead.Target
        var path: [UInt8]
        var query: [UInt8]
        var hasQuery: Bool
        var host: [UInt8]
        var isHTTP10: Bool
        var keepAlive: Bool
        var expectsContinue: Bool
        var hasContentCoding: Bool
        var framing: RequestHead.Framing
        var headBytes: Int
        var fields: [[UInt8]]
        var body: [UInt8] = []
        var isComplete = false

        init(_ head: RequestHead) {
            method = head.methodText
            kind = head.method
            target = head.target
            path = head.path
            query = head.query
            hasQuery = head.hasQuery
            host = head.host
            isHTTP10 = head.isHTTP10
            keepAlive = head.keepAlive
            expectsContinue = head.expectsContinue
            hasContentCoding = head.hasContentCoding
            framing = head.framing
            headBytes = head.headBytes
            fields = head.fields.flatMap { [Array(head.bytes[$0.name]), Array(head.bytes[$0.value])] }
        }
    }

    var messages: [Message] = []
    var error: HTTPError?
    /// Whether the parser stood between messages when the input ended.
    var endsIdle = false

    /// `200`, the status of the refusal, `100` for content that waits for its permission, `incomplete`; one for each
    /// message, with commas between.
    var verdict: String {
        var parts = messages.map { message in
            if message.hasContentCoding { return "415" }
            if message.isComplete { return "200" }
            return message.expectsContinue && message.body.isEmpty ? "100" : "incomplete"
        }
        if let error {
            if let last = messages.last, !last.isComplete { parts.removeLast() }
            parts.append(String(error.status))
        } else if parts.isEmpty {
            parts.append("incomplete")
        } else if messages.last?.isComplete == true, !endsIdle {
            parts.append("incomplete")
        }
        return parts.joined(separator: ",")
    }

    var bodies: [[UInt8]] { messages.map(\.body) }
    var body: [UInt8] { messages.first?.body ?? [] }
}

/// Feeds the input in pieces that end at the given offsets, and checks on the way what holds of every call.
func trace(_ input: [UInt8], cutAt cuts: [Int] = [], limits: HTTPLimits = HTTPLimits()) -> Trace {
    var parser = RequestParser(limits: limits)
    var result = Trace()
    var start = 0
    for end in cuts + [input.count] where end > start {
        let piece = Array(input[start..<end])
        start = end
        guard feed(piece, to: &parser, &result) else { break }
    }
    result.endsIdle = parser.isIdle
    return result
}

func trace(_ text: String, limits: HTTPLimits = HTTPLimits()) -> Trace {
    trace(Array(text.utf8), limits: limits)
}

func traceByteByByte(_ input: [UInt8], limits: HTTPLimits = HTTPLimits()) -> Trace {
    trace(input, cutAt: Array(0..<input.count), limits: limits)
}

/// False after a refusal, which the parser must then repeat for ever.
private func feed(_ piece: [UInt8], to parser: inout RequestParser, _ result: inout Trace) -> Bool {
    var offset = 0
    while true {
        let before = offset
        do {
            let event = try parser.next(piece.span, offset: &offset)
            #expect(offset >= before && offset <= piece.count)
            guard let event else {
                #expect(offset == piece.count, "no event, but input left")
                return true
            }
            record(event, piece, before..<offset, &result)
        } catch {
            result.error = error
            expectPoisoned(&parser, error)
            return false
        }
    }
}

private func record(_ event: RequestParser.Event, _ piece: [UInt8], _ used: Range<Int>, _ result: inout Trace) {
    switch event {
    case .head(let head): result.messages.append(Trace.Message(head))
    case .body(let range):
        #expect(!range.isEmpty && range.lowerBound >= used.lowerBound && range.upperBound <= used.upperBound)
        result.messages[result.messages.count - 1].body += piece[range]
    case .end: result.messages[result.messages.count - 1].isComplete = true
    }
}

private func expectPoisoned(_ parser: inout RequestParser, _ first: HTTPError) {
    let more = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
    var offset = 0
    do {
        _ = try parser.next(more.span, offset: &offset)
        Issue.record("a parser that has refused went on")
    } catch {
        #expect(error == first)
    }
    #expect(!parser.isIdle)
}

/// The verdict on a request that is complete by itself.
func status(_ text: String, limits: HTTPLimits = HTTPLimits()) -> String { trace(text, limits: limits).verdict }

/// A GET with these further field lines (each with its CRLF).
func get(_ lines: String) -> String { "GET / HTTP/1.1\r\nHost: gw.test\r\n\(lines)\r\n" }

/// A chunked POST with this content.
func chunked(_ content: String) -> String {
    "POST /mcp HTTP/1.1\r\nHost: gw.test\r\nTransfer-Encoding: chunked\r\n\r\n\(content)"
}
