// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Writes server-sent events (WHATWG HTML, section 9.2). CR, LF and CRLF all end a line there, so a payload is cut at
/// each of them and every piece gets a `data:` line of its own: no payload can write another field.
public enum SSEWriter {
    /// Writes one event.
    /// - Parameters:
    ///   - message: the payload; the reader joins its lines with LF. May be empty.
    ///   - event: the event's type; nil is `message`.
    ///   - id: what the client sends back as `Last-Event-ID`; CR, LF and NUL in it are dropped.
    public static func append(
        message: [UInt8],
        event: StaticString? = nil,
        id: [UInt8]? = nil,
        to out: inout [UInt8]
    ) {
        if let event {
            out.append("event: ")
            appendOneLine(event.bytes, to: &out)
        }
        if let id { appendID(id, to: &out) }
        appendLines(message, behind: "data: ", to: &out)
        out.append(ASCII.lineFeed)
    }

    /// Writes a block as it was read. Whatever its parts hold, they stay what they are: CR and LF in a type or an
    /// id are dropped, and NUL in an id; payload and comments are cut into lines.
    public static func append(_ event: StreamEvent, to out: inout [UInt8]) {
        if let comments = event.comments { appendLines(comments, behind: ":", to: &out) }
        if let type = event.type {
            out.append("event: ")
            appendOneLine(type, to: &out)
        }
        if let id = event.id { appendID(id, to: &out) }
        if let retry = event.retry, retry >= 0 {
            out.append("retry: ")
            DecimalText.append(retry, to: &out)
            out.append(ASCII.lineFeed)
        }
        if let data = event.data { appendLines(data, behind: "data: ", to: &out) }
        out.append(ASCII.lineFeed)
    }

    /// Writes an empty comment, which readers pass over: a sign of life on a silent stream.
    public static func appendComment(to out: inout [UInt8]) {
        out.append(":\n\n")
    }

    private static func appendLines(_ message: [UInt8], behind prefix: StaticString, to out: inout [UInt8]) {
        let span = message.span
        var start = 0
        while true {
            var end = start
            while end < span.count, span[end] != ASCII.lineFeed, span[end] != ASCII.carriageReturn { end += 1 }
            out.append(prefix)
            out.append(span, start..<end)
            out.append(ASCII.lineFeed)
            guard end < span.count else { return }
            let isPair = span[end] == ASCII.carriageReturn && end + 1 < span.count && span[end + 1] == ASCII.lineFeed
            start = end + (isPair ? 2 : 1)
        }
    }

    private static func appendOneLine(_ text: [UInt8], to out: inout [UInt8]) {
        for byte in text where byte != ASCII.lineFeed && byte != ASCII.carriageReturn { out.append(byte) }
        out.append(ASCII.lineFeed)
    }

    /// Readers pass over an id that holds a NUL.
    private static func appendID(_ id: [UInt8], to out: inout [UInt8]) {
        out.append("id: ")
        appendOneLine(id.contains(0) ? id.filter { $0 != 0 } : id, to: &out)
    }
}
