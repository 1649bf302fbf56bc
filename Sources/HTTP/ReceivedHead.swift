// SPDX-License-Identifier: Apache-2.0

import Bytes

/// The head of an upstream's final response, fully judged. Owns its bytes; everything else is a range into them.
public struct ReceivedHead: Sendable {
    /// How the content is delimited. Decided once, by the head and the request alone (RFC 9112, section 6.3).
    public enum Framing: Hashable, Sendable {
        /// 204, 304 and every answer to HEAD.
        case none
        case length(Int)
        case chunked
        /// Content that nothing delimits: a cut cannot be told from an end, so its owner must check that it is whole.
        case untilClose
    }

    /// The head as it came, from the version to the empty line.
    public let bytes: [UInt8]
    /// 200…599.
    public let status: Int
    public let isHTTP10: Bool
    public let framing: Framing
    /// Whether the upstream lets its connection live on after this response.
    public let keepAlive: Bool
    /// Whether the content has a coding other than `identity`, which was all that was asked for. Nothing here decodes
    /// it: answer 502.
    public let hasContentCoding: Bool

    private let lines: FieldLines

    /// The value of the first line with this name, white space around it dropped; nil without such a line.
    /// - Parameter name: in lower case.
    public func value(_ name: StaticString) -> [UInt8]? {
        lines.first(name, bytes.span).map { Array(bytes[$0.value]) }
    }

    /// As `value(_:)` with a literal, without looking the name up.
    public func value(_ field: KnownField) -> [UInt8]? {
        lines.first(field).map { Array(bytes[$0.value]) }
    }

    /// The value without a copy; empty without such a line (ask `has` where that differs from an empty value).
    @_lifetime(borrow self)
    public func valueSpan(_ field: KnownField) -> Span<UInt8> {
        bytes.span.extracting(lines.first(field)?.value ?? 0..<0)
    }

    /// Whether there is a line of this name.
    public func has(_ field: KnownField) -> Bool { lines.has(field) }

    /// How many lines have this name.
    /// - Parameter name: in lower case.
    public func count(_ name: StaticString) -> Int { lines.count(name, bytes.span) }

    /// Every field line in its order, as ranges of `bytes`.
    public var fields: some RandomAccessCollection<HeadField> { lines.all.lazy.map(\.field) }
}

extension ReceivedHead {
    /// Judges what a scanner has read to its end.
    init(_ scanner: HeadScanner, bytes collected: consuming [UInt8], _ expected: ExpectedResponse)
        throws(ResponseError)
    {
        do throws(HTTPError) {
            let judge = HeadJudge(bytes: collected.span, scanner: scanner)
            keepAlive = try judge.connection()
            framing = try expected.framing(scanner, try judge.framing())
            hasContentCoding = judge.hasContentCoding()
        } catch {
            throw ResponseError(error)
        }
        status = scanner.status
        isHTTP10 = scanner.isHTTP10
        lines = FieldLines(all: scanner.lines, present: scanner.present)
        bytes = collected
    }
}

/// What is known of a response before it comes.
struct ExpectedResponse: Sendable {
    let isAnswerToHead: Bool
    let untilClose: ResponseParser.ContentUntilClose

    /// RFC 9112, section 6.3, for a response with these framing fields.
    func framing(_ scanner: HeadScanner, _ named: RequestHead.Framing) throws(HTTPError) -> ReceivedHead.Framing {
        if scanner.status < 200 || scanner.status == 204 {
            // RFC 9110, section 8.6 forbids both fields here. Zero is common, and has one reading.
            guard named == .none || named == .length(0) else {
                throw HTTPError(400, "framing of content in a response that has none")
            }
            return .none
        }
        if scanner.status == 304 || isAnswerToHead { return .none }
        switch named {
        case .length(let length): return .length(length)
        case .chunked: return .chunked
        case .none: return try judgeUntilClose(scanner.isHTTP10)
        }
    }

    private func judgeUntilClose(_ isHTTP10: Bool) throws(HTTPError) -> ReceivedHead.Framing {
        switch untilClose {
        case .refused: throw HTTPError(400, "content without a length")
        case .http11 where isHTTP10: throw HTTPError(400, "HTTP/1.0 content without a length")
        case .http11, .allowed: return .untilClose
        }
    }
}
