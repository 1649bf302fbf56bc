// SPDX-License-Identifier: Apache-2.0

import Bytes

/// The head of a response, written as it is built. Whatever is put in, what comes out is one well-formed head: control
/// bytes in a value become spaces, and the fields that frame a message are written by `append(to:)` alone.
public struct ResponseHead: Sendable {
    /// How the content is delimited.
    public enum Framing: Hashable, Sendable {
        /// No content.
        case none
        /// Content of so many bytes (for an answer to HEAD, of the content that GET would have had).
        case length(Int)
        /// Written with `ChunkWriter`. Never for HTTP/1.0, which has no chunks.
        case chunked
    }

    /// 100…599.
    public let status: Int
    private var lines: [UInt8] = []

    /// A status outside 100…599, which no client could read, becomes 500.
    public init(status: Int) {
        self.status = 100...599 ~= status ? status : 500
        lines.reserveCapacity(256)
    }

    /// Adds a line. False, and nothing is added, for a name that is no token or that ends at this hop or frames the
    /// message (`Connection`, `Content-Length`, `Transfer-Encoding` and so on).
    @discardableResult
    public mutating func field(_ name: Span<UInt8>, _ value: Span<UInt8>) -> Bool {
        guard Self.isWritable(name) else { return false }
        lines.append(name, 0..<name.count)
        finishLine(value)
        return true
    }

    /// As with spans.
    @discardableResult
    public mutating func field(_ name: StaticString, _ value: [UInt8]) -> Bool {
        name.withSpan { field($0, value.span) }
    }

    /// As with spans.
    @discardableResult
    public mutating func field(_ name: StaticString, _ value: StaticString) -> Bool {
        value.withSpan { value in name.withSpan { field($0, value) } }
    }

    /// As with spans; the value is a decimal number.
    @discardableResult
    public mutating func field(_ name: StaticString, _ value: Int) -> Bool {
        DecimalText.withText(value) { text in name.withSpan { field($0, text) } }
    }

    /// Writes the head: status line, fields, framing, empty line. 1xx, 204 and 304 get no framing field whatever
    /// `framing` says (RFC 9112, section 6.3), everything else has exactly one.
    /// - Parameter isHTTP10: the client speaks HTTP/1.0 and must be told that its connection stays open.
    public func append(to out: inout [UInt8], framing: Framing, keepAlive: Bool, isHTTP10: Bool = false) {
        out.append("HTTP/1.1 ")
        DecimalText.append(status, to: &out)
        out.append(ASCII.space)
        out.append(Self.reason(status))
        out.append("\r\n")
        out.append(contentsOf: lines)
        if hasContent { Self.append(framing, to: &out) }
        if !keepAlive {
            out.append("connection: close\r\n")
        } else if isHTTP10 {
            out.append("connection: keep-alive\r\n")
        }
        out.append("\r\n")
    }

    /// Writes the interim answer to `Expect: 100-continue` (RFC 9110, section 15.2.1).
    public static func appendContinue(to out: inout [UInt8]) {
        out.append("HTTP/1.1 100 Continue\r\n\r\n")
    }

    private var hasContent: Bool { status >= 200 && status != 204 && status != 304 }

    private static func append(_ framing: Framing, to out: inout [UInt8]) {
        switch framing {
        case .none: out.append("content-length: 0\r\n")
        case .chunked: out.append("transfer-encoding: chunked\r\n")
        case .length(let length):
            out.append("content-length: ")
            DecimalText.append(max(length, 0), to: &out)
            out.append("\r\n")
        }
    }

    private mutating func finishLine(_ value: Span<UInt8>) {
        lines.append(": ")
        var start = 0
        var index = value.offsetBehindValueBytes(from: 0, to: value.count)
        while index < value.count {
            if !ByteSet.isFieldValue(value[index]) {
                lines.append(value, start..<index)
                lines.append(ASCII.space)
                start = index + 1
            }
            index += 1
        }
        lines.append(value, start..<value.count)
        lines.append("\r\n")
    }

    private static func isWritable(_ name: Span<UInt8>) -> Bool {
        guard !name.isEmpty else { return false }
        for index in name.indices where !ByteSet.token.contains(name[index]) { return false }
        guard let known = NameKey(name).flatMap({ KnownField.find($0) }) else { return true }
        return !known.isHopByHop && known != .contentLength
    }

    /// RFC 9110, section 15; empty for a status without a common phrase, which is legal.
    private static func reason(_ status: Int) -> StaticString {
        switch status {
        case 100: "Continue"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400...499: clientErrorReason(status)
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: ""
        }
    }

    private static func clientErrorReason(_ status: Int) -> StaticString {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 411: "Length Required"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 426: "Upgrade Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        default: ""
        }
    }
}
