// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Reads the response to one request (RFC 9112, client side), interim responses included. Pure: bytes in, events out.
/// The grammar is that of `RequestParser`, and as strict: what a second reader could frame otherwise is refused. A
/// response may arrive in pieces cut anywhere. Time is linear in the bytes.
///
/// A parser reads one response; make the next one for the next request of the connection, if `mayReuse` allows one.
public struct ResponseParser: Sendable {
    /// What `next` has found.
    public enum Event: Sendable {
        /// The head of the final response. Interim ones are read and passed over.
        case head(ReceivedHead)
        /// Content, as a range of the input; never empty. Chunk framing, extensions and trailers are taken out.
        case body(Range<Int>)
        /// The response is complete, and nothing stands behind it in this input.
        case end
    }

    /// Where content may go on until the connection ends.
    public enum ContentUntilClose: Sendable {
        case refused
        /// In HTTP/1.1, whose servers know better ways and sometimes do not use them for event streams. In HTTP/1.0 it
        /// is the ordinary way, and in a pool of connections a sign of a peer that was never meant for one.
        case http11
        case allowed
    }

    private enum State: Sendable {
        case head
        /// Once the content is complete, `end` is still to be told.
        case content
        case ended
        case failed(ResponseError)
    }

    private let limits: HTTPLimits
    private let interimMax: Int
    private let expected: ExpectedResponse
    private var state = State.head
    private var lines = HeadReader()
    private var content = ContentReader.none
    private var interimCount = 0
    /// What all heads said so far.
    private var keepAlive = true

    /// Whether a byte of the response has come.
    public private(set) var hasBegun = false

    /// - Parameter isAnswerToHead: the request was HEAD, whose answer has no content whatever its fields say.
    public init(
        limits: ResponseLimits = ResponseLimits(),
        isAnswerToHead: Bool = false,
        untilClose: ContentUntilClose = .http11
    ) {
        self.limits = limits.shared
        interimMax = limits.interimResponses
        expected = ExpectedResponse(isAnswerToHead: isAnswerToHead, untilClose: untilClose)
        lines.begin(.response(self.limits))
    }

    /// Whether the response is complete.
    public var isComplete: Bool {
        if case .ended = state { true } else { false }
    }

    /// Whether the connection may carry another request: the response is complete and was framed by its own words, not
    /// a byte came behind it, and neither side asked for an end. False for HTTP/1.0. Bytes that come later, while no
    /// request is under way, end the connection too: give them to `next`, or close.
    public var mayReuse: Bool { isComplete && keepAlive && !content.endsWithConnection }

    /// Reads from `input[offset...]` up to the next event and moves `offset` behind what it used. Nil: the input is
    /// used up. Call until nil, also behind `end`.
    /// - Throws: the refusal; every later call throws the same again. Close the connection.
    public mutating func next(_ input: Span<UInt8>, offset: inout Int) throws(ResponseError) -> Event? {
        precondition(offset >= 0 && offset <= input.count, "offset outside the input")
        if case .failed(let error) = state { throw error }
        if offset < input.count { hasBegun = true }
        do throws(ResponseError) {
            if let event = try waiting(input, offset) { return event }
            while offset < input.count {
                if let event = try step(input, &offset) { return event }
            }
            return nil
        } catch {
            throw fail(error)
        }
    }

    /// Tells the parser that the connection has ended in an orderly way (for TLS: with `close_notify`).
    /// - Returns: `end` where that completes the response, or where `next` has not told it yet; nil behind `end`.
    /// - Throws: `truncated` for a response that is not complete.
    public mutating func finish() throws(ResponseError) -> Event? {
        switch state {
        case .ended: return nil
        case .failed(let error): throw error
        case .content where content.isComplete || content.endsWithConnection:
            state = .ended
            keepAlive = false
            return .end
        case .head, .content:
            throw fail(
                hasBegun
                    ? ResponseError(.truncated, "connection ended inside a response")
                    : ResponseError(.truncated, "connection ended without a response")
            )
        }
    }

    private mutating func fail(_ error: ResponseError) -> ResponseError {
        state = .failed(error)
        lines.reset()
        return error
    }

    /// What is to be told without reading further input; refuses input behind the end.
    private mutating func waiting(_ input: Span<UInt8>, _ offset: Int) throws(ResponseError) -> Event? {
        switch state {
        case .content where content.isComplete:
            guard offset == input.count else {
                throw ResponseError(.excess, "bytes behind the end of a response")
            }
            state = .ended
            return .end
        case .ended where offset < input.count:
            throw ResponseError(.excess, "bytes behind the end of a response")
        default:
            return nil
        }
    }

    /// One state's worth of work on at least one byte; nil when that gave no event.
    private mutating func step(_ input: Span<UInt8>, _ offset: inout Int) throws(ResponseError) -> Event? {
        do throws(HTTPError) {
            if case .head = state {
                guard try lines.read(input, &offset) else { return nil }
            } else if let range = try content.next(input, &offset, &lines, limits) {
                return .body(range)
            }
        } catch {
            throw ResponseError(error)
        }
        if case .head = state { return try finishHead() }
        return try waiting(input, offset)
    }

    /// Nil for an interim response.
    private mutating func finishHead() throws(ResponseError) -> Event? {
        let scanner = lines.scanner
        let head = try ReceivedHead(scanner, bytes: lines.take(), expected)
        keepAlive = keepAlive && head.keepAlive && !head.isHTTP10
        guard head.status >= 200 else {
            try passInterim(head.status)
            return nil
        }
        lines.reset()
        state = .content
        switch head.framing {
        case .none: content = .none
        case .length(let length) where length > limits.bodyBytes:
            // The head comes first: its status may be all that its owner wants.
            state = .failed(ResponseError(.tooLarge, "Content-Length over bodyBytes"))
        case .length(let length): content = .length(length)
        case .chunked: content = .chunked(trailerNames: .token)
        case .untilClose: content = .untilClose
        }
        return .head(head)
    }

    private mutating func passInterim(_ status: Int) throws(ResponseError) {
        guard status != 101 else { throw ResponseError(.unsupported, "101 that was not asked for") }
        guard interimCount < interimMax else {
            throw ResponseError(.tooLarge, "more interim responses than interimResponses")
        }
        interimCount += 1
        lines.begin(.response(limits))
    }
}
