// SPDX-License-Identifier: Apache-2.0

import HTTP

/// One byte of circumstances, then any bytes, read as the response to one request. Holds the parser to four promises:
/// it never crashes, it never claims to have used more than it was given, it says the same however the bytes are cut,
/// and a connection is never used again behind a defect.
@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: start, count: count)
    guard let first = input.first else { return 0 }
    let bytes = Array(input.dropFirst())
    let whole = story(bytes, first) { _ in bytes.count }
    precondition(story(bytes, first) { $0 + 1 } == whole, "byte by byte tells another story")
    // Cuts that depend on the bytes: the fuzzer finds the ones that matter.
    var state = UInt64(truncatingIfNeeded: bytes.count)
    for byte in bytes { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
    let pieces = story(bytes, first) { position in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return position + 1 + Int(truncatingIfNeeded: state >> 59)
    }
    precondition(pieces == whole, "random pieces tell another story")
    return 0
}

/// Small enough for a fuzzer to reach every one of them.
private func smallLimits() -> ResponseLimits {
    var limits = ResponseLimits()
    limits.statusLineBytes = 64
    limits.headerBytes = 512
    limits.headers = 8
    limits.interimResponses = 2
    limits.bodyBytes = 256
    limits.chunkExtensionBytes = 16
    limits.messageExtensionBytes = 32
    limits.trailerBytes = 64
    return limits
}

/// The circumstances: the request, what may end with the connection, and whether it ends.
private func makeParser(_ byte: UInt8) -> ResponseParser {
    let untilClose: ResponseParser.ContentUntilClose =
        switch byte >> 2 & 3 {
        case 0: .http11
        case 1: .allowed
        default: .refused
        }
    return ResponseParser(limits: smallLimits(), isAnswerToHead: byte & 1 == 1, untilClose: untilClose)
}

/// Every event as text but the end, which a cut may bring in front of the bytes behind it; then the refusal, or how the
/// response stands. `pieceEnd` says where the piece that starts at an offset ends.
private func story(_ bytes: [UInt8], _ setting: UInt8, _ pieceEnd: (Int) -> Int) -> [UInt8] {
    var parser = makeParser(setting)
    var told: [UInt8] = []
    var content = 0
    var start = 0
    do {
        while start < bytes.count {
            let end = min(pieceEnd(start), bytes.count)
            let piece = Array(bytes[start..<end])
            start = end
            var offset = 0
            while let event = try parser.next(piece.span, offset: &offset) {
                precondition(offset <= piece.count, "used more than there was")
                tell(event, piece, &told, &content)
            }
            precondition(offset == piece.count, "input left unread without an event")
        }
        if setting & 2 != 0 { _ = try parser.finish() }
    } catch {
        precondition(!parser.mayReuse && !parser.isComplete, "a connection is used again behind a defect")
        return told + Array("!\(error.kind) \(error.reason)".utf8)
    }
    precondition(parser.isComplete || !parser.mayReuse, "a connection is used again inside a response")
    return told + Array("\(parser.isComplete) \(parser.mayReuse) \(parser.hasBegun)".utf8)
}

private func tell(_ event: ResponseParser.Event, _ piece: [UInt8], _ told: inout [UInt8], _ content: inout Int) {
    switch event {
    case .head(let head):
        precondition(200...599 ~= head.status, "a status that is none")
        told += head.bytes
        told += Array("\(head.status) \(head.framing) \(head.keepAlive) \(head.hasContentCoding)".utf8)
        for field in head.fields { told += head.bytes[field.name] + head.bytes[field.value] }
    case .body(let range):
        precondition(!range.isEmpty && range.upperBound <= piece.count, "content outside the input")
        content += range.count
        precondition(content <= smallLimits().bodyBytes, "content over its limit")
        told += piece[range]
    case .end: break
    }
}

// SwiftPM links an executable with its entry named after the target; it hands over to libFuzzer.
public typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<Arguments>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@c(ResponseFuzz_main)
public func entry(_ count: CInt, _ arguments: Arguments) -> CInt {
    var count = count
    var arguments = arguments
    return runDriver(&count, &arguments) { fuzzOneInput($0, $1) }
}
