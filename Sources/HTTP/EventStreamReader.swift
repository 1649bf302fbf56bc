// SPDX-License-Identifier: Apache-2.0

import Bytes

/// One block of an event stream: an event, or fields and comments that make none. A block that is written again
/// (`SSEWriter.append(_:to:)`) says the same to every reader.
public struct StreamEvent: Equatable, Sendable {
    /// The payload, its lines joined by LF. Nil for a block without a `data` line, which readers do not dispatch.
    public var data: [UInt8]?
    /// The event's type; nil is `message`.
    public var type: [UInt8]?
    /// What a client sends back as `Last-Event-ID`. Nil where the block has no `id`, or only such with a NUL, which do
    /// not count. Empty takes an earlier id back.
    public var id: [UInt8]?
    /// Milliseconds to wait before a client connects again.
    public var retry: Int?
    /// What follows the colon of the comment lines, joined by LF.
    public var comments: [UInt8]?

    public init(
        data: [UInt8]? = nil,
        type: [UInt8]? = nil,
        id: [UInt8]? = nil,
        retry: Int? = nil,
        comments: [UInt8]? = nil
    ) {
        self.data = data
        self.type = type
        self.id = id
        self.retry = retry
        self.comments = comments
    }
}

/// Reads server-sent events (WHATWG HTML, section 9.2) from a stream cut anywhere. LF, CR and CRLF end lines, in any
/// mixture. Bytes are not checked to be UTF-8: whoever reads the payload does that. Time is linear in the bytes.
public struct EventStreamReader: Sendable {
    /// The default of `eventBytesMax`: 16 MiB.
    public static let eventBytesDefault = 16 << 20

    private let eventBytesMax: Int
    /// Bytes of the byte-order mark seen at the start of the stream; nil behind it.
    private var markBytes: Int? = 0
    /// The last byte was a CR: an LF right behind it belongs to it.
    private var isBehindReturn = false
    /// The beginning of a line whose end has not come.
    private var line: [UInt8] = []
    private var block = StreamEvent()
    /// Bytes of the finished lines of the block.
    private var blockBytes = 0
    private var failure: ResponseError?

    /// The id of the last finished block that had one: what a client would send as `Last-Event-ID`.
    public private(set) var lastEventID: [UInt8] = []

    /// - Parameter eventBytesMax: the lines of one block, their ends not counted. More is an error.
    public init(eventBytesMax: Int = EventStreamReader.eventBytesDefault) {
        self.eventBytesMax = max(eventBytesMax, 0)
    }

    /// Whether a block is begun: at the end of the stream it would be lost.
    public var hasUnfinishedEvent: Bool { blockBytes > 0 || !line.isEmpty || (markBytes ?? 0) > 0 }

    /// Reads from `input[offset...]` up to the end of a block and moves `offset` behind what it used. Nil: the input is
    /// used up. A comment in front of a block is a block of its own, and told at the end of its line: streams keep
    /// themselves alive with such lines.
    /// - Throws: `tooLarge`; every later call throws the same again.
    public mutating func next(_ input: Span<UInt8>, offset: inout Int) throws(ResponseError) -> StreamEvent? {
        precondition(offset >= 0 && offset <= input.count, "offset outside the input")
        if let failure { throw failure }
        while offset < input.count {
            if markBytes != nil {
                skipMark(input[offset], &offset)
            } else if isBehindReturn {
                isBehindReturn = false
                if input[offset] == ASCII.lineFeed { offset += 1 }
            } else if let event = try readLine(input, &offset) {
                return event
            }
        }
        return nil
    }

    /// The stream has ended. An unfinished block is dropped.
    /// - Returns: whether one was.
    public mutating func finish() -> Bool {
        let isLost = hasUnfinishedEvent
        line = []
        block = StreamEvent()
        blockBytes = 0
        markBytes = 0
        isBehindReturn = false
        return isLost
    }

    /// One byte-order mark in front of everything is dropped; a part of one is text.
    private mutating func skipMark(_ byte: UInt8, _ offset: inout Int) {
        let seen = markBytes ?? 0
        let mark: (UInt8, UInt8, UInt8) = (0xEF, 0xBB, 0xBF)
        switch (seen, byte) {
        case (0, mark.0), (1, mark.1):
            markBytes = seen + 1
            offset += 1
        case (2, mark.2):
            markBytes = nil
            offset += 1
        default:
            if seen > 0 { line.append(mark.0) }
            if seen > 1 { line.append(mark.1) }
            markBytes = nil
        }
    }

    /// Reads to the end of the line or of the input. Nil unless the line ends a block.
    private mutating func readLine(_ input: Span<UInt8>, _ offset: inout Int) throws(ResponseError) -> StreamEvent? {
        let start = offset
        var end = start
        while end < input.count, input[end] != ASCII.lineFeed, input[end] != ASCII.carriageReturn { end += 1 }
        guard end - start <= eventBytesMax - blockBytes - line.count else {
            let error = ResponseError(.tooLarge, "event over eventBytesMax")
            _ = finish()
            failure = error
            throw error
        }
        guard end < input.count else {
            line.append(input, start..<end)
            offset = end
            return nil
        }
        offset = end + 1
        isBehindReturn = input[end] == ASCII.carriageReturn
        guard !line.isEmpty else { return finishLine(input.extracting(start..<end)) }
        line.append(input, start..<end)
        let whole = line
        line = []
        return finishLine(whole.span)
    }

    private mutating func finishLine(_ text: Span<UInt8>) -> StreamEvent? {
        let isFirst = blockBytes == 0
        guard !text.isEmpty else { return isFirst ? nil : finishBlock() }
        blockBytes += text.count  // Not over eventBytesMax.
        addField(text)
        return isFirst && text[0] == 0x3A ? finishBlock() : nil
    }

    private mutating func finishBlock() -> StreamEvent? {
        let event = block
        block = StreamEvent()
        blockBytes = 0
        if let id = event.id { lastEventID = id }
        return event
    }

    /// A name, and behind the first colon and perhaps one space its value. Unknown names are passed over.
    private mutating func addField(_ text: Span<UInt8>) {
        let colon = text.firstOffset(of: 0x3A) ?? text.count
        let name = text.extracting(0..<colon)
        var start = min(colon + 1, text.count)
        guard colon > 0 else { return Self.join(text.extracting(start...), to: &block.comments) }
        if start < text.count, text[start] == ASCII.space { start += 1 }
        let value = text.extracting(start...)
        if name.equals("data") {
            Self.join(value, to: &block.data)
        } else if name.equals("event") {
            block.type = value.isEmpty ? nil : value.array
        } else if name.equals("id") {
            if value.firstOffset(of: 0) == nil { block.id = value.array }
        } else if name.equals("retry") {
            block.retry = DecimalText.parse(value) ?? block.retry
        }
    }

    private static func join(_ value: Span<UInt8>, to text: inout [UInt8]?) {
        guard text != nil else {
            text = value.array
            return
        }
        text?.append(ASCII.lineFeed)
        text?.append(value, 0..<value.count)
    }
}
