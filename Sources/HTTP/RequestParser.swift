// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Reads the requests of one connection (RFC 9112, server side). Pure: bytes in, events out. There is one grammar and
/// no lenient mode; a message may arrive in pieces cut anywhere and gives the same events and the same verdict. Time is
/// linear in the bytes; an idle parser holds no buffer.
public struct RequestParser: Sendable {
    /// What `next` has found.
    public enum Event: Sendable {
        case head(RequestHead)
        /// Content, as a range of the input; never empty. Chunk framing, extensions and trailers are taken out.
        case body(Range<Int>)
        /// The message is complete.
        case end
    }

    private enum State: Sendable {
        /// Between messages.
        case idle
        /// Behind the CR of an empty line between messages.
        case idleLineFeed
        case head
        /// Once the content is complete, `end` is still to be told.
        case content
        /// The last message asked for the end of the connection.
        case closed
        case failed(HTTPError)
    }

    private let limits: HTTPLimits
    private var state = State.idle
    private var emptyLines = 0
    /// A head or trailers.
    private var lines = HeadReader()
    private var content = ContentReader.none
    private var keepAlive = true

    public init(limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
    }

    /// Whether the parser is between messages and has read nothing of a next one but empty lines.
    public var isIdle: Bool {
        switch state {
        case .idle, .closed: true
        default: false
        }
    }

    /// Reads from `input[offset...]` up to the next event and moves `offset` behind what it used. Nil: the input is
    /// used up, and more is needed. After a message that ends the connection further input is passed over unread.
    /// - Throws: the refusal; every later call throws the same again. Answer, then close.
    public mutating func next(_ input: Span<UInt8>, offset: inout Int) throws(HTTPError) -> Event? {
        precondition(offset >= 0 && offset <= input.count, "offset outside the input")
        do {
            if let event = try waiting() { return event }
            while offset < input.count {
                if let event = try step(input, &offset) { return event }
            }
            return nil
        } catch {
            state = .failed(error)
            lines.reset()
            throw error
        }
    }

    /// What is to be told without further input.
    private mutating func waiting() throws(HTTPError) -> Event? {
        switch state {
        case .content where content.isComplete:
            state = keepAlive ? .idle : .closed
            return .end
        case .failed(let error): throw error
        default: return nil
        }
    }

    /// One state's worth of work on at least one byte; nil when that gave no event.
    private mutating func step(_ input: Span<UInt8>, _ offset: inout Int) throws(HTTPError) -> Event? {
        switch state {
        case .idle, .idleLineFeed:
            try skipEmptyLine(input, &offset)
            return nil
        case .head:
            return try readHead(input, &offset)
        case .content:
            if let range = try content.next(input, &offset, &lines, limits) { return .body(range) }
            return try waiting()
        case .failed:
            return try waiting()
        case .closed:
            offset = input.count
            return nil
        }
    }

    /// RFC 9112, section 2.2: a server should pass over empty lines in front of a request line. A few.
    private mutating func skipEmptyLine(_ input: Span<UInt8>, _ offset: inout Int) throws(HTTPError) {
        let byte = input[offset]
        if case .idleLineFeed = state {
            guard byte == ASCII.lineFeed else { throw HTTPError(400, "CR without LF before a request line") }
            emptyLines += 1
            state = .idle
        } else if byte == ASCII.carriageReturn {
            guard emptyLines < limits.leadingEmptyLines else { throw HTTPError(400, "empty lines before a request") }
            state = .idleLineFeed
        } else {
            emptyLines = 0
            state = .head
            lines.begin(.head(limits))
            return
        }
        offset += 1
    }

    private mutating func readHead(_ input: Span<UInt8>, _ offset: inout Int) throws(HTTPError) -> Event? {
        guard try lines.read(input, &offset) else { return nil }
        let bytes = lines.take()
        let head = try RequestHead(lines.scanner, bytes: bytes, limits: limits)
        lines.reset()
        keepAlive = head.keepAlive
        state = .content
        switch head.framing {
        case .none: content = .none
        case .length(let length) where length > limits.bodyBytes:
            // The head comes first: its owner may have something to say that matters more, such as 401.
            state = .failed(HTTPError(413, "Content-Length over bodyBytes"))
        case .length(let length): content = .length(length)
        case .chunked: content = .chunked(trailerNames: .fieldName)
        }
        return .head(head)
    }
}
