// SPDX-License-Identifier: Apache-2.0

import Bytes

/// The head of one request, fully judged. Owns its bytes; everything else is a range into them.
public struct RequestHead: Sendable {
    /// The form of the request target (RFC 9112, section 3.2). There is no authority form: the parser refuses CONNECT.
    public enum Target: Hashable, Sendable { case origin, absolute, asterisk }

    /// How the content is delimited. Decided once, by the head alone (RFC 9112, section 6.3).
    public enum Framing: Hashable, Sendable { case none, length(Int), chunked }

    /// The head as it came, from the method to the empty line, and perhaps one `/` behind it (see `path`).
    public let bytes: [UInt8]
    /// The length of the head on the wire, the empty line included.
    public let headBytes: Int
    public let method: HTTPMethod
    public let target: Target
    public let isHTTP10: Bool
    public let framing: Framing
    /// Whether the connection may carry another request after this one.
    public let keepAlive: Bool
    /// Whether the client waits for `100 Continue` before it sends content. Never with HTTP/1.0 or without content.
    public let expectsContinue: Bool
    /// Whether the content has a coding other than `identity`. Nothing here decodes it: answer 415.
    public let hasContentCoding: Bool

    private let lines: FieldLines
    private let methodEnd: Int
    private let pathRange: Range<Int>
    private let queryRange: Range<Int>?
    private let hostRange: Range<Int>

    /// The path without the query: byte for byte what came, `/` for an absolute form without a path, `*` for the
    /// asterisk form. Never holds `..`, `//`, a backslash, a control byte or an escaped delimiter.
    public var path: [UInt8] { Array(bytes[pathRange]) }

    /// `path` without a copy.
    public var pathSpan: Span<UInt8> {
        @_lifetime(borrow self) get { bytes.span.extracting(pathRange) }
    }

    /// Whether the target has a `?`.
    public var hasQuery: Bool { queryRange != nil }

    /// What follows the `?`; empty without one.
    public var query: [UInt8] { queryRange.map { Array(bytes[$0]) } ?? [] }

    /// The method as it came.
    public var methodText: [UInt8] { Array(bytes[0..<methodEnd]) }

    /// Host and perhaps port in lower case, as the client named them: from an absolute form before the `Host` field
    /// (RFC 9112, section 3.2.2). Empty only for HTTP/1.0 without either.
    public var host: [UInt8] { bytes[hostRange].map(ASCII.lower) }

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

    /// The value of the first line without a copy; nil without such a line.
    @_lifetime(borrow self)
    public func span(_ field: KnownField) -> Span<UInt8>? {
        guard let line = lines.first(field) else { return nil }
        return bytes.span.extracting(line.value)
    }

    /// `host` without a copy, in the case that it came in.
    public var hostSpan: Span<UInt8> {
        @_lifetime(borrow self) get { bytes.span.extracting(hostRange) }
    }

    /// Whether there is a line of this name.
    public func has(_ field: KnownField) -> Bool { lines.has(field) }

    /// How many lines have this name.
    /// - Parameter name: in lower case.
    public func count(_ name: StaticString) -> Int { lines.count(name, bytes.span) }

    /// The values of all lines with this name, in their order.
    public func values(_ field: KnownField) -> [[UInt8]] { lines.values(field, bytes) }

    /// Every field line in its order, as ranges of `bytes`.
    public var fields: some RandomAccessCollection<HeadField> { lines.all.lazy.map(\.field) }
}

extension RequestHead {
    /// Judges what a scanner has read to its end.
    init(_ scanner: HeadScanner, bytes collected: consuming [UInt8], limits: HTTPLimits) throws(HTTPError) {
        let verdict = try HeadVerdict(HeadJudge(bytes: collected.span, scanner: scanner), limits)
        framing = verdict.framing
        hostRange = verdict.host
        expectsContinue = verdict.expectsContinue
        hasContentCoding = verdict.hasContentCoding
        keepAlive = verdict.keepAlive
        method = scanner.method
        methodEnd = scanner.methodEnd
        target = scanner.target.form
        isHTTP10 = scanner.isHTTP10
        lines = FieldLines(all: scanner.lines, present: scanner.present)
        headBytes = scanner.index
        queryRange = scanner.target.query
        if scanner.target.path.isEmpty {
            pathRange = collected.count..<collected.count + 1
            collected.append(0x2F)
        } else {
            pathRange = scanner.target.path
        }
        bytes = collected
    }
}
