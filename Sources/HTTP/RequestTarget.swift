// SPDX-License-Identifier: Apache-2.0

import Bytes

/// The request target of a request line, taken apart (RFC 9112, section 3.2). Ranges count from the start of the head.
struct RequestTarget {
    var form: RequestHead.Target
    /// Host and port of the absolute form.
    var authority: Range<Int>?
    /// Empty where an absolute form has no path, which then means `/`.
    var path: Range<Int>
    /// Behind the `?`.
    var query: Range<Int>?

    static func read(_ bytes: Span<UInt8>, _ range: Range<Int>, _ method: HTTPMethod) throws(HTTPError)
        -> RequestTarget
    {
        guard !range.isEmpty else { throw HTTPError(400, "no request target") }
        if bytes[range.lowerBound] == 0x2F {
            return try origin(bytes, range, RequestTarget(form: .origin, authority: nil, path: range, query: nil))
        }
        if range.count == 1, bytes[range.lowerBound] == 0x2A {
            guard method == .options else { throw HTTPError(400, "asterisk target without OPTIONS") }
            return RequestTarget(form: .asterisk, authority: nil, path: range, query: nil)
        }
        return try absolute(bytes, range)
    }

    /// `http` or `https` only; user information is refused (RFC 9110, section 4.2.4).
    private static func absolute(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HTTPError) -> RequestTarget {
        let text = bytes.extracting(range)
        let scheme =
            if text.count >= 7, text.extracting(0..<7).equalsIgnoringCase("http://") {
                7
            } else if text.count >= 8, text.extracting(0..<8).equalsIgnoringCase("https://") {
                8
            } else {
                0
            }
        guard scheme > 0 else { throw HTTPError(400, "request target of no known form") }
        var end = scheme
        while end < text.count, text[end] != 0x2F, text[end] != 0x3F { end += 1 }
        guard HostText.isValid(text.extracting(scheme..<end)) else { throw HTTPError(400, "invalid authority") }
        let authority = range.lowerBound + scheme..<range.lowerBound + end
        let rest = authority.upperBound..<range.upperBound
        return try origin(bytes, rest, RequestTarget(form: .absolute, authority: authority, path: rest, query: nil))
    }

    /// Splits path and query. The path has one reading: nothing in it that another server might decode, fold or
    /// resolve to a different one (`..`, `%2f`, `//`, backslashes).
    private static func origin(_ bytes: Span<UInt8>, _ range: Range<Int>, _ parts: RequestTarget) throws(HTTPError)
        -> RequestTarget
    {
        var parts = parts
        var index = range.lowerBound
        var segment = index
        while index < range.upperBound {
            let byte = bytes[index]
            if byte == 0x2F {
                try checkSegment(bytes, segment..<index, isFirst: segment == range.lowerBound)
                segment = index + 1
                index += 1
            } else if ByteSet.segment.contains(byte) {
                index += 1
            } else if byte == 0x25 {
                try checkPathEscape(bytes, index, range.upperBound)
                index += 3
            } else if byte == 0x3F {
                break
            } else {
                throw HTTPError(400, "byte in the path that its grammar does not have")
            }
        }
        try checkLastSegment(bytes, segment..<index)
        parts.path = range.lowerBound..<index
        if index < range.upperBound {
            parts.query = index + 1..<range.upperBound
            try checkQuery(bytes, index + 1..<range.upperBound)
        }
        return parts
    }

    /// A segment with a `/` behind it. What stands in front of the first `/` is empty by construction.
    private static func checkSegment(_ bytes: Span<UInt8>, _ range: Range<Int>, isFirst: Bool) throws(HTTPError) {
        guard !range.isEmpty || isFirst else { throw HTTPError(400, "empty path segment") }
        try checkLastSegment(bytes, range)
    }

    /// Refuses `.` and `..`, with parameters (`..;x`) too: some servers drop those before they resolve dots.
    private static func checkLastSegment(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HTTPError) {
        var dots = range.lowerBound
        while dots < range.upperBound, bytes[dots] == 0x2E { dots += 1 }
        guard 1...2 ~= dots - range.lowerBound else { return }
        guard dots < range.upperBound, bytes[dots] != 0x3B else { throw HTTPError(400, "dot segment in the path") }
    }

    private static func checkPathEscape(_ bytes: Span<UInt8>, _ index: Int, _ end: Int) throws(HTTPError) {
        let byte = try escaped(bytes, index, end)
        guard byte >= 0x20, byte != 0x7F else { throw HTTPError(400, "escaped control byte in the path") }
        guard byte != 0x2E, byte != 0x2F, byte != 0x5C else { throw HTTPError(400, "escaped delimiter in the path") }
    }

    private static func checkQuery(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HTTPError) {
        var index = range.lowerBound
        while index < range.upperBound {
            if ByteSet.query.contains(bytes[index]) {
                index += 1
            } else if bytes[index] == 0x25 {
                _ = try escaped(bytes, index, range.upperBound)
                index += 3
            } else {
                throw HTTPError(400, "byte in the query that its grammar does not have")
            }
        }
    }

    /// RFC 3986, section 2.1: `%` and two hexadecimal digits.
    private static func escaped(_ bytes: Span<UInt8>, _ index: Int, _ end: Int) throws(HTTPError) -> UInt8 {
        guard index + 2 < end, let high = ASCII.hexValue(bytes[index + 1]), let low = ASCII.hexValue(bytes[index + 2])
        else { throw HTTPError(400, "malformed percent-encoding") }
        return high << 4 | low
    }
}
