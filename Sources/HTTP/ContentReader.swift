// SPDX-License-Identifier: Apache-2.0

/// Reads the content of one message, however it is framed. Chunk framing, extensions and trailers are taken out.
struct ContentReader: Sendable {
    private enum State: Sendable {
        /// So many bytes are to come; none at the end of every framing but the last.
        case length(Int)
        case chunks
        case trailers
        /// Until the connection ends; so many bytes have come.
        case untilClose(Int)
    }

    private var state: State
    private var scanner = ChunkScanner()
    /// What the name of a trailer may hold.
    private let trailerNames: ByteSet

    /// No content.
    static var none: ContentReader { ContentReader(state: .length(0)) }
    /// So many bytes. Whether that many are allowed is for the caller to say.
    static func length(_ count: Int) -> ContentReader { ContentReader(state: .length(count)) }
    static func chunked(trailerNames: ByteSet) -> ContentReader {
        ContentReader(state: .chunks, trailerNames: trailerNames)
    }
    static var untilClose: ContentReader { ContentReader(state: .untilClose(0)) }

    private init(state: State, trailerNames: ByteSet = .fieldName) {
        self.state = state
        self.trailerNames = trailerNames
    }

    /// Whether all of it is read.
    var isComplete: Bool {
        if case .length(0) = state { true } else { false }
    }

    /// Whether the end of the connection is the end of the content.
    var endsWithConnection: Bool {
        if case .untilClose = state { true } else { false }
    }

    /// The next content as a range of the input, never empty. Nil: it is complete, or the input is used up.
    /// - Parameter lines: reads the trailers.
    mutating func next(
        _ input: Span<UInt8>,
        _ offset: inout Int,
        _ lines: inout HeadReader,
        _ limits: HTTPLimits
    ) throws(HTTPError) -> Range<Int>? {
        guard offset < input.count else { return nil }
        let start = offset
        switch state {
        case .length(0):
            return nil
        case .length(let left):
            offset += min(left, input.count - start)
            state = .length(left - (offset - start))
            return start..<offset
        case .chunks:
            return try nextChunk(input, &offset, &lines, limits)
        case .trailers:
            try readTrailers(input, &offset, &lines)
            return nil
        case .untilClose(let received):
            let room = limits.bodyBytes - received
            guard room > 0 else { throw HTTPError(413, "content until close over bodyBytes") }
            offset += min(room, input.count - start)
            state = .untilClose(received + (offset - start))  // Not over bodyBytes.
            return start..<offset
        }
    }

    private mutating func nextChunk(
        _ input: Span<UInt8>,
        _ offset: inout Int,
        _ lines: inout HeadReader,
        _ limits: HTTPLimits
    ) throws(HTTPError) -> Range<Int>? {
        switch try scanner.next(input, &offset, limits) {
        case .data(let range):
            return range
        case .trailers:
            lines.begin(.trailers(limits, names: trailerNames))
            state = .trailers
            try readTrailers(input, &offset, &lines)
        case .end:
            state = .length(0)
        case nil:
            break
        }
        return nil
    }

    private mutating func readTrailers(
        _ input: Span<UInt8>,
        _ offset: inout Int,
        _ lines: inout HeadReader
    ) throws(HTTPError) {
        guard try lines.read(input, &offset) else { return }
        lines.reset()
        state = .length(0)
    }
}
