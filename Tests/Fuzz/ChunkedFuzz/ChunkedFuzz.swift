// SPDX-License-Identifier: Apache-2.0

import HTTP

/// Any bytes, read as chunked content behind a fixed head. Holds the parser to the same promises as HTTPHeadFuzz, and
/// to the limit on content.
@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = prefix + Array(UnsafeBufferPointer(start: start, count: count))
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
    return 0
}

/// What stands before the fuzzed bytes.
private let prefix = Array("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)

/// Small enough for a fuzzer to reach every one of them.
private func smallLimits() -> HTTPLimits {
    var limits = HTTPLimits(headerBytes: 512, headers: 8, bodyBytes: 256)
    limits.requestLineBytes = 128
    limits.chunkExtensionBytes = 16
    limits.messageExtensionBytes = 32
    limits.trailerBytes = 64
    return limits
}

/// Every event as text, and the refusal at the end. `pieceEnd` says where the piece that starts at an offset ends.
private func story(_ bytes: [UInt8], _ pieceEnd: (Int) -> Int) -> [UInt8] {
    var parser = RequestParser(limits: smallLimits())
    var told: [UInt8] = []
    var content = 0
    var start = 0
    while start < bytes.count {
        let end = min(pieceEnd(start), bytes.count)
        let piece = bytes.span.extracting(start..<end)
        start = end
        var offset = 0
        do {
            while let event = try parser.next(piece, offset: &offset) {
                precondition(offset <= piece.count, "used more than there was")
                tell(event, piece, &told, &content)
            }
            precondition(offset == piece.count, "input left unread without an event")
        } catch {
            told += Array("!\(error.status) \(error.reason)".utf8)
            return told
        }
    }
    return told + [parser.isIdle ? 0x2E : 0x2C]
}

private func tell(_ event: RequestParser.Event, _ piece: Span<UInt8>, _ told: inout [UInt8], _ content: inout Int) {
    switch event {
    case .head(let head):
        content = 0
        told += head.bytes + head.path + head.host + head.methodText + head.query
        // Not by interpolation, which takes longer than reading the whole request.
        told += [head.keepAlive, head.expectsContinue, head.hasContentCoding].map { $0 ? 0x31 : 0x30 }
        told += framing(head.framing)
        for field in head.fields { told += head.bytes[field.name] + head.bytes[field.value] }
    case .body(let range):
        precondition(!range.isEmpty && range.upperBound <= piece.count, "content outside the input")
        content += range.count
        precondition(content <= smallLimits().bodyBytes, "content over its limit")
        for index in range { told.append(piece[index]) }
    case .end: told += [0x0A, 0x65, 0x6E, 0x64, 0x0A]
    }
}

private func framing(_ framing: RequestHead.Framing) -> [UInt8] {
    switch framing {
    case .none: [0x6E]
    case .chunked: [0x63]
    case .length(let length): [0x6C] + withUnsafeBytes(of: length) { Array($0) }
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

@c(ChunkedFuzz_main)
public func entry(_ count: CInt, _ arguments: Arguments) -> CInt {
    var count = count
    var arguments = arguments
    return runDriver(&count, &arguments) { fuzzOneInput($0, $1) }
}
