// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTP

/// What a reader told about a stream: comparable, whatever the pieces it came in.
struct EventTrace: Equatable {
    var events: [StreamEvent] = []
    var lastEventID: [UInt8] = []
    var isUnfinished = false
    var error: ResponseError?
}

/// Feeds the input in pieces that end at the given offsets.
func readEvents(_ input: [UInt8], cutAt cuts: [Int] = [], limit: Int = EventStreamReader.eventBytesDefault)
    -> EventTrace
{
    var reader = EventStreamReader(eventBytesMax: limit)
    var result = EventTrace()
    var start = 0
    for end in cuts + [input.count] where end > start && result.error == nil {
        let piece = Array(input[start..<end])
        start = end
        var offset = 0
        do {
            while let event = try reader.next(piece.span, offset: &offset) {
                #expect(offset <= piece.count)
                result.events.append(event)
            }
            #expect(offset == piece.count, "no event, but input left")
        } catch {
            result.error = error
            expectStopped(&reader, error)
        }
    }
    result.lastEventID = reader.lastEventID
    let isUnfinished = reader.hasUnfinishedEvent
    result.isUnfinished = reader.finish()
    #expect(result.isUnfinished == isUnfinished && !reader.hasUnfinishedEvent)
    return result
}

private func expectStopped(_ reader: inout EventStreamReader, _ first: ResponseError) {
    var offset = 0
    do {
        _ = try reader.next([0x0A].span, offset: &offset)
        Issue.record("a reader that has refused went on")
    } catch {
        #expect(error == first)
    }
}

private func event(
    _ data: String? = nil,
    type: String? = nil,
    id: String? = nil,
    retry: Int? = nil,
    comments: String? = nil
) -> StreamEvent {
    func bytes(_ text: String?) -> [UInt8]? { text.map { Array($0.utf8) } }
    return StreamEvent(data: bytes(data), type: bytes(type), id: bytes(id), retry: retry, comments: bytes(comments))
}

struct EventStreamTests {
    private static let table: [(why: String, stream: String, want: [StreamEvent])] = [
        ("one line", "data: a\n\n", [event("a")]),
        ("no space", "data:a\n\n", [event("a")]),
        ("only one space is dropped", "data:  a \n\n", [event(" a ")]),
        ("a tab is no space", "data:\ta\n\n", [event("\ta")]),
        ("an empty payload", "data\n\n", [event("")]),
        ("an empty payload with a colon", "data:\n\n", [event("")]),
        ("two empty lines of payload", "data\ndata\n\n", [event("\n")]),
        ("several lines", "data: a\ndata:\ndata: b\n\n", [event("a\n\nb")]),
        ("a payload with colons", "data: a:b: c\n\n", [event("a:b: c")]),
        ("CR", "data: a\rdata: b\r\r", [event("a\nb")]),
        ("CRLF", "data: a\r\ndata: b\r\n\r\n", [event("a\nb")]),
        ("a mixture", "data: a\rdata: b\ndata: c\r\n\r\ndata: d\n\r", [event("a\nb\nc"), event("d")]),
        ("LF CR is two ends", "data: a\n\rdata: b\n\n", [event("a"), event("b")]),
        ("CR CRLF is two ends", "data: a\r\r\ndata: b\n\n", [event("a"), event("b")]),
        ("empty lines between events", "\n\r\n\rdata: a\n\n\n\n", [event("a")]),
        ("all fields", "event: m\nid: 7\nretry: 3000\ndata: a\n\n", [event("a", type: "m", id: "7", retry: 3000)]),
        ("fields behind the data", "data: a\nid: 7\nevent: m\n\n", [event("a", type: "m", id: "7")]),
        ("the last id and type count", "id: 1\nevent: x\nid: 2\nevent: y\ndata\n\n", [event("", type: "y", id: "2")]),
        ("an empty id", "id\ndata: a\n\n", [event("a", id: "")]),
        ("an empty type", "event: x\nevent\ndata: a\n\n", [event("a")]),
        ("an id without data", "id: 1\n\n", [event(id: "1")]),
        ("a type without data", "event: x\n\n", [event(type: "x")]),
        ("a NUL in an id", "id: a\0b\ndata: a\n\n", [event("a")]),
        ("a NUL in a later id", "id: 1\nid: \0\ndata: a\n\n", [event("a", id: "1")]),
        ("a NUL in a type", "event: a\0\ndata: b\n\n", [event("b", type: "a\0")]),
        ("a NUL in the data", "data: \0\n\n", [event("\0")]),
        ("a retry that is no number", "retry: 1s\nretry: -1\nretry:\nretry: 1.0\ndata: a\n\n", [event("a")]),
        ("a retry over any number", "retry: 99999999999999999999\ndata: a\n\n", [event("a")]),
        ("retry alone", "retry: 010\n\n", [event(retry: 10)]),
        ("a comment", ": hello\n\n", [event(comments: " hello")]),
        ("an empty comment", ":\n\n", [event(comments: "")]),
        ("a comment without an empty line", ":a\n:b\n", [event(comments: "a"), event(comments: "b")]),
        ("a comment in front", ":a\ndata: b\n\n", [event(comments: "a"), event("b")]),
        ("comments inside", "data: a\n:x\n: y\ndata: b\n:\n\n", [event("a\nb", comments: "x\n y\n")]),
        ("an unknown field", "foo: a\ndata: b\nbar\n\n", [event("b")]),
        ("only unknown fields", "foo: a\n\n", [event()]),
        ("names are compared exactly", "Data: a\ndata : b\n data: c\nID: 1\n\n", [event()]),
        ("a byte-order mark", "\u{FEFF}data: a\n\n", [event("a")]),
        ("a second byte-order mark", "\u{FEFF}\u{FEFF}data: a\n\n", [event()]),
        ("a byte-order mark later", "data: a\n\n\u{FEFF}data: b\n\n", [event("a"), event()]),
        ("a byte-order mark in the data", "data: \u{FEFF}\n\n", [event("\u{FEFF}")]),
        ("other line separators are text", "data: \u{2028}\u{85}\u{B}\n\n", [event("\u{2028}\u{85}\u{B}")]),
        ("nothing", "", []),
        ("an event behind an unfinished comment block", ":a\n\n\ndata: b\n\n", [event(comments: "a"), event("b")]),
    ]

    @Test(arguments: table.indices)
    func `a stream gives these events, cut anywhere`(_ index: Int) {
        let (why, stream, want) = Self.table[index]
        let input = Array(stream.utf8)
        let whole = readEvents(input)
        #expect(whole.events == want, "\(why)")
        #expect(!whole.isUnfinished && whole.error == nil, "\(why)")
        #expect(readEvents(input, cutAt: Array(0..<input.count)) == whole, "\(why), byte by byte")
        for first in 0...input.count {
            for second in first...input.count {
                #expect(readEvents(input, cutAt: [first, second]) == whole, "\(why), cut at \(first) and \(second)")
            }
        }
        // Written again, it says the same; unknown fields are gone, and comments come first.
        var out: [UInt8] = []
        for event in want { SSEWriter.append(event, to: &out) }
        #expect(Self.withoutComments(readEvents(out).events) == Self.withoutComments(want), "\(why), written again")
        #expect(Self.comments(readEvents(out).events) == Self.comments(want), "\(why), written again")
        #expect(readEvents(out).lastEventID == whole.lastEventID)
    }

    private static func withoutComments(_ events: [StreamEvent]) -> [StreamEvent] {
        events.map { event in
            var event = event
            event.comments = nil
            return event
        }.filter { $0 != StreamEvent() }
    }

    private static func comments(_ events: [StreamEvent]) -> [UInt8] {
        Array(events.compactMap(\.comments).joined(separator: [0x0A]))
    }

    @Test func `an event is told at its end, not at the next byte`() {
        for end in ["\n\n", "\r\r", "\r\n\r"] {
            #expect(readEvents(Array("data: a\(end)".utf8)).events == [event("a")])
        }
        #expect(readEvents(Array(": ping\r".utf8)).events == [event(comments: " ping")])
    }

    @Test(arguments: [
        "data: a\n", "data: a", "d", "id: 1\n", "data: a\n\ndata: b\n", "\u{FEFF}data: a", "data: a\r\n", "foo\n", ":a",
        "data: a\n:x\n",
    ])
    func `an unfinished event is dropped and reported`(_ stream: String) {
        let input = Array(stream.utf8)
        let whole = readEvents(input)
        #expect(whole.isUnfinished)
        #expect(whole.lastEventID.isEmpty)
        #expect(whole.events.count == (stream.contains("\n\n") ? 1 : 0))
        #expect(readEvents(input, cutAt: Array(0..<input.count)) == whole)
        #expect(readEvents(input + Array("\n\n".utf8)).events.count == whole.events.count + 1)
    }

    @Test func `a part of a byte-order mark is text`() {
        for (start, want) in [([0xEF], true), ([0xEF, 0xBB], true), ([], false)] as [([UInt8], Bool)] {
            #expect(readEvents(start).isUnfinished == want)
            let input = start + Array("data: a\n\ndata: b\n\n".utf8)
            let whole = readEvents(input)
            #expect(whole.events == [want ? event() : event("a"), event("b")])
            #expect(readEvents(input, cutAt: Array(0..<input.count)) == whole)
        }
    }

    @Test func `the last id is what a client would send`() {
        for (stream, want) in [
            ("id: 1\ndata: a\n\n", "1"), ("id: 1\ndata: a\n\ndata: b\n\n", "1"), ("id: 1\n\n", "1"),
            ("id: 1\n\nid\n\n", ""), ("id: 1\n\nid: \0\n\n", "1"), ("id: 1\n\nid: 2\n", "1"),
        ] {
            #expect(readEvents(Array(stream.utf8)).lastEventID == Array(want.utf8), "\(stream)")
        }
    }

    @Test func `eventBytes counts the lines of one block without their ends`() {
        func filler(_ count: Int) -> String { String(repeating: "a", count: count) }
        for (stream, events) in [
            ("data: \(filler(94))\n\n", 1), ("data:\(filler(45))\r\ndata:\(filler(45))\r\n\r\n", 1),
            (":\(filler(99))\n", 1),
            ("data: \(filler(94))\n\ndata: \(filler(94))\n\n", 2), (":\(filler(99))\ndata: \(filler(94))\n\n", 2),
            ("x\(filler(93))\ndata: \n\n", 1),
        ] {
            let input = Array(stream.utf8)
            let fits = readEvents(input, limit: 100)
            #expect(fits.error == nil && fits.events.count == events, "\(stream)")
            let over = readEvents(input, limit: 99)
            #expect(over.error?.kind == .tooLarge && over.events.isEmpty, "\(stream)")
            #expect(readEvents(input, cutAt: Array(0..<input.count), limit: 99) == over)
            #expect(readEvents(input, cutAt: Array(0..<input.count), limit: 100) == fits)
        }
        // A line is refused at its first byte over the limit, not at its end.
        #expect(readEvents(Array(filler(100).utf8), limit: 100).error == nil)
        #expect(readEvents(Array(filler(101).utf8), limit: 100).error?.kind == .tooLarge)
        #expect(readEvents([0x0A, 0x0D, 0x0D], limit: 0).error == nil)
        #expect(readEvents([0xEF, 0x61], limit: -5).error?.kind == .tooLarge)
        let most = EventStreamReader.eventBytesDefault
        let line = [UInt8]("data:") + [UInt8](repeating: 0x61, count: most - 5)
        #expect(readEvents(line + [0x0A, 0x0A]).events.first?.data?.count == most - 5)
        #expect(readEvents(line + [0x61]).error?.kind == .tooLarge)
    }

    @Test func `the limit is for one block, not for the stream`() {
        let ping = Array(":\n".utf8)
        let input = Array(repeatElement(ping, count: 500).joined())
        #expect(readEvents(input, limit: 1).events.count == 500)
    }

    @Test func `no part of an event can write another`() {
        let nasty = Array("a\r\rdata: x\n\nid: 9\r\n\r\n:c\0".utf8)
        let evil = StreamEvent(data: nasty, type: nasty, id: nasty, retry: -1, comments: nasty)
        var out: [UInt8] = []
        SSEWriter.append(evil, to: &out)
        let read = readEvents(out).events.filter { $0.data != nil }
        #expect(read.count == 1)
        #expect(read.first?.data == Array("a\n\ndata: x\n\nid: 9\n\n:c\0".utf8))
        #expect(read.first?.id == Array("adata: xid: 9:c".utf8) && read.first?.retry == nil)
    }
}

struct EventStreamSplitTests {
    @Test(arguments: ["id: 7\r\ndata: a\r\n:c\rretry: 1\n\n", "\u{FEFF}event: m\ndata\n\n"])
    func `every byte at every place tells one story`(_ text: String) {
        let good = Array(text.utf8)
        for place in good.indices {
            for byte in UInt8.min...UInt8.max {
                var input = good
                input[place] = byte
                let whole = readEvents(input, limit: 20)
                #expect(
                    readEvents(input, cutAt: Array(0..<input.count), limit: 20) == whole,
                    "byte \(byte) at \(place)"
                )
                #expect(readEvents(input, cutAt: [place], limit: 20) == whole, "byte \(byte) at \(place), cut before")
                #expect(
                    readEvents(input, cutAt: [place + 1], limit: 20) == whole,
                    "byte \(byte) at \(place), cut behind"
                )
            }
        }
    }

    /// What `SSEWriter` writes comes back, however its lines end and wherever it is cut.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `random events come back as they were written`(_ seed: UInt64) {
        var random = SeededGenerator(state: seed)
        for round in 0..<400 {
            var want: [StreamEvent] = []
            var out: [UInt8] = []
            for _ in 0..<Int.random(in: 0...5, using: &random) {
                let event = Self.event(&random)
                SSEWriter.append(event, to: &out)
                // Comments are written first, and comments in front are told by themselves, one at a time.
                for comment in (event.comments ?? []).split(separator: 0x0A, omittingEmptySubsequences: false)
                where event.comments != nil {
                    want.append(StreamEvent(comments: Array(comment)))
                }
                var rest = event
                rest.comments = nil
                if rest != StreamEvent() { want.append(rest) }
            }
            let stream = Self.withOtherEnds(out, &random)
            for _ in 0..<4 {
                let cuts = (0..<Int.random(in: 0...8, using: &random)).map { _ in
                    Int.random(in: 0...stream.count, using: &random)
                }.sorted()
                let result = readEvents(stream, cutAt: cuts)
                #expect(result.events == want, "seed \(seed), round \(round), cut at \(cuts)")
                #expect(!result.isUnfinished)
            }
        }
    }

    private static func event(_ random: inout SeededGenerator) -> StreamEvent {
        var event = StreamEvent()
        if Bool.random(using: &random) { event.data = text(&random, lineEnds: true) }
        if Bool.random(using: &random) { event.type = text(&random, lineEnds: false) }
        if event.type?.isEmpty == true { event.type = nil }
        if Bool.random(using: &random) { event.id = text(&random, lineEnds: false) }
        if Bool.random(using: &random) { event.retry = Int.random(in: 0...Int.max, using: &random) }
        if Bool.random(using: &random) { event.comments = text(&random, lineEnds: true) }
        return event
    }

    private static func text(_ random: inout SeededGenerator, lineEnds: Bool) -> [UInt8] {
        (0..<Int.random(in: 0...20, using: &random)).map { _ in
            if lineEnds, Int.random(in: 0...4, using: &random) == 0 { return 0x0A }
            return [0x20, 0x3A, 0x61, 0x64, 0xEF, 0xBB, 0xBF, 0x7F][Int.random(in: 0...7, using: &random)]
        }
    }

    /// Every LF as one of the three ends, chosen anew. A CR in front of a LF would be one end with it, so what follows
    /// a CR is never a LF alone.
    private static func withOtherEnds(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var out: [UInt8] = []
        for byte in bytes {
            guard byte == 0x0A else {
                out.append(byte)
                continue
            }
            let choices: [[UInt8]] = out.last == 0x0D ? [[0x0D], [0x0D, 0x0A]] : [[0x0A], [0x0D], [0x0D, 0x0A]]
            out += choices[Int.random(in: 0..<choices.count, using: &random)]
        }
        return out
    }
}
