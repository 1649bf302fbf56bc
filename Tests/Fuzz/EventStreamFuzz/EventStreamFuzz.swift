// SPDX-License-Identifier: Apache-2.0

import HTTP

/// Any bytes, read as an event stream. Holds the reader to three promises: it never crashes, it says the same however
/// the bytes are cut, and events that are written again say the same to the next reader.
@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let whole = story(bytes) { _ in bytes.count }
    precondition(story(bytes) { $0 + 1 } == whole, "byte by byte tells another story")
    // Cuts that depend on the bytes: the fuzzer finds the ones that matter.
    var state = UInt64(truncatingIfNeeded: bytes.count)
    for byte in bytes { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
    let pieces = story(bytes) { position in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return position + 1 + Int(truncatingIfNeeded: state >> 59)
    }
    precondition(pieces == whole, "random pieces tell another story")
    checkRewriting(whole)
    return 0
}

/// Small enough for a fuzzer to reach it.
private let eventBytesMax = 64

private struct Story: Equatable {
    var events: [StreamEvent] = []
    var lastEventID: [UInt8] = []
    var isUnfinished = false
    var refusal: ResponseError?
}

/// `pieceEnd` says where the piece that starts at an offset ends.
private func story(_ bytes: [UInt8], max: Int = eventBytesMax, _ pieceEnd: (Int) -> Int) -> Story {
    var reader = EventStreamReader(eventBytesMax: max)
    var told = Story()
    var start = 0
    do {
        while start < bytes.count {
            let end = min(pieceEnd(start), bytes.count)
            let piece = Array(bytes[start..<end])
            start = end
            var offset = 0
            while let event = try reader.next(piece.span, offset: &offset) {
                precondition(offset <= piece.count, "used more than there was")
                told.events.append(event)
            }
            precondition(offset == piece.count, "input left unread without an event")
        }
    } catch {
        told.refusal = error
    }
    told.lastEventID = reader.lastEventID
    told.isUnfinished = reader.finish()
    precondition(!told.isUnfinished || told.refusal == nil, "refused and unfinished")
    return told
}

private func checkRewriting(_ first: Story) {
    var out: [UInt8] = []
    for event in first.events { SSEWriter.append(event, to: &out) }
    let second = story(out, max: .max) { _ in out.count }
    precondition(second.refusal == nil && !second.isUnfinished, "what is written is not whole")
    precondition(second.lastEventID == first.lastEventID, "another last id")
    precondition(parts(second.events) == parts(first.events), "other events")
    precondition(comments(second.events) == comments(first.events), "other comments")
}

/// What is not a comment.
private func parts(_ events: [StreamEvent]) -> [StreamEvent] {
    var parts: [StreamEvent] = []
    for var event in events {
        event.comments = nil
        if event != StreamEvent() { parts.append(event) }
    }
    return parts
}

private func comments(_ events: [StreamEvent]) -> [UInt8] {
    Array(events.compactMap(\.comments).joined(separator: [0x0A]))
}

// SwiftPM links an executable with its entry named after the target; it hands over to libFuzzer.
public typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<Arguments>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@c(EventStreamFuzz_main)
public func entry(_ count: CInt, _ arguments: Arguments) -> CInt {
    var count = count
    var arguments = arguments
    return runDriver(&count, &arguments) { fuzzOneInput($0, $1) }
}
