// SPDX-License-Identifier: Apache-2.0

import Bytes

/// What a client says of the content that it sends and of what it can read.
extension RequestHead {
    /// Which of the two types of content that MCP answers with the client reads.
    public struct AcceptedTypes: Hashable, Sendable {
        public var json: Bool
        public var events: Bool

        public init(json: Bool, events: Bool) {
            self.json = json
            self.events = events
        }
    }

    /// RFC 9110, section 12.5.1; a weight of zero is not looked for: no MCP client sends one. A client that says
    /// nothing reads everything. No event streams for HTTP/1.0, where their end could not be told from a broken
    /// connection.
    public var acceptedTypes: AcceptedTypes {
        var accepted = AcceptedTypes(json: true, events: !isHTTP10)
        guard has(.accept) else { return accepted }
        accepted = AcceptedTypes(json: false, events: false)
        for field in fields where field.known == .accept {
            accepted.add(bytes.span.extracting(field.value))
        }
        if isHTTP10 { accepted.events = false }
        return accepted
    }

    /// `application/json`, without a charset or with UTF-8: the only one that JSON has (RFC 8259, section 8.1).
    public var hasJSONContent: Bool {
        let value = valueSpan(.contentType)
        var end = value.firstOffset(of: 0x3B) ?? value.count
        guard value.trimmed(0..<end).equalsIgnoringCase("application/json") else { return false }
        while end < value.count {
            let start = end + 1
            end = value.firstOffset(of: 0x3B, from: start) ?? value.count
            let parameter = value.trimmed(start..<end)
            guard parameter.equalsIgnoringCase("charset=utf-8") || parameter.equalsIgnoringCase("charset=\"utf-8\"")
            else { return false }
        }
        return true
    }
}

extension RequestHead.AcceptedTypes {
    /// Adds the media ranges of one line.
    fileprivate mutating func add(_ list: Span<UInt8>) {
        var start = 0
        while start < list.count {
            let end = list.firstOffset(of: 0x2C, from: start) ?? list.count
            let element = list.extracting(start..<end)
            add(type: element.trimmed(0..<(element.firstOffset(of: 0x3B) ?? element.count)))
            start = end + 1
        }
    }

    /// The comparisons by length first: most ranges are one of the first two.
    private mutating func add(type: Span<UInt8>) {
        switch type.count {
        case 16 where type.equalsIgnoringCase("application/json"): json = true
        case 17 where type.equalsIgnoringCase("text/event-stream"): events = true
        case 13 where type.equalsIgnoringCase("application/*"): json = true
        case 6 where type.equalsIgnoringCase("text/*"): events = true
        case 3 where type.equals("*/*"): (json, events) = (true, true)
        default: break
        }
    }
}

extension Span where Element == UInt8 {
    /// A part without spaces and tabs around it.
    @_lifetime(copy self)
    fileprivate func trimmed(_ range: Range<Int>) -> Span<UInt8> {
        let part = extracting(range)
        return part.extracting(part.trimmed)
    }
}
