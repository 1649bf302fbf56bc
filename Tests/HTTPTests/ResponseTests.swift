// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTP

struct ResponseTests {
    private func text(
        _ head: ResponseHead,
        _ framing: ResponseHead.Framing,
        keepAlive: Bool = true,
        isHTTP10: Bool = false
    ) -> String {
        var out: [UInt8] = []
        head.append(to: &out, framing: framing, keepAlive: keepAlive, isHTTP10: isHTTP10)
        return String(decoding: out, as: UTF8.self)
    }

    @Test func `a head is status line, fields, framing and an empty line`() {
        var head = ResponseHead(status: 401)
        head.field("WWW-Authenticate", "Bearer realm=\"x\"")
        head.field("Retry-After", 12)
        #expect(
            text(head, .length(34))
                == "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"x\"\r\n"
                + "Retry-After: 12\r\ncontent-length: 34\r\n\r\n"
        )
    }

    @Test(arguments: [
        (200, ResponseHead.Framing.none, "content-length: 0\r\n"), (200, .length(7), "content-length: 7\r\n"),
        (200, .length(-1), "content-length: 0\r\n"), (200, .chunked, "transfer-encoding: chunked\r\n"),
        (202, .none, "content-length: 0\r\n"), (204, .none, ""), (204, .length(7), ""), (204, .chunked, ""),
        (304, .length(7), ""),
        (304, .chunked, ""), (100, .length(0), ""), (500, .chunked, "transfer-encoding: chunked\r\n"),
    ])
    func `framing is written once and only where the status has content`(
        _ status: Int,
        _ framing: ResponseHead.Framing,
        _ want: String
    ) {
        let lines = text(ResponseHead(status: status), framing)
        #expect(lines.hasSuffix("\r\n\(want)\r\n"))
        #expect(lines.split(separator: "\r\n").count == (want.isEmpty ? 1 : 2))
    }

    @Test func `the end or the life of a connection is told where it is not the default`() {
        let head = ResponseHead(status: 200)
        #expect(!text(head, .none).contains("connection"))
        #expect(text(head, .none, keepAlive: false).contains("\r\nconnection: close\r\n"))
        #expect(text(head, .none, isHTTP10: true).contains("\r\nconnection: keep-alive\r\n"))
        #expect(text(head, .none, keepAlive: false, isHTTP10: true).contains("\r\nconnection: close\r\n"))
    }

    @Test func `no byte in a value can end its line`() {
        for byte in UInt8.min...UInt8.max {
            var head = ResponseHead(status: 200)
            head.field("X", [0x61, byte, 0x62])
            var out: [UInt8] = []
            head.append(to: &out, framing: .none, keepAlive: true)
            let isText = byte == 9 || (byte >= 0x20 && byte != 0x7F)
            let line = Array("X: a".utf8) + [isText ? byte : 0x20] + Array("b\r\n".utf8)
            #expect(
                out == Array("HTTP/1.1 200 OK\r\n".utf8) + line + Array("content-length: 0\r\n\r\n".utf8),
                "byte \(byte)"
            )
        }
    }

    @Test func `a name that is no token or frames the message is left out`() {
        var head = ResponseHead(status: 200)
        for name in [
            "", "a b", "a:", "a\r\nb", "\u{E9}", "Content-Length", "TRANSFER-ENCODING", "connection", "Keep-Alive",
            "upgrade", "Trailer",
        ] {
            let bytes = Array(name.utf8)
            let value: [UInt8] = [0x31]
            let isWritten = head.field(bytes.span, value.span)
            #expect(!isWritten, "\(name)")
        }
        let isWritten = head.field("X_Y", "1")
        #expect(isWritten)
        #expect(text(head, .none) == "HTTP/1.1 200 OK\r\nX_Y: 1\r\ncontent-length: 0\r\n\r\n")
    }

    @Test(arguments: [
        (200, "200 OK"), (431, "431 Request Header Fields Too Large"), (505, "505 HTTP Version Not Supported"),
        (299, "299 "),
        (499, "499 "), (99, "500 Internal Server Error"), (600, "500 Internal Server Error"),
        (-1, "500 Internal Server Error"),
        (1000, "500 Internal Server Error"),
    ])
    func `a status line has three digits and the usual phrase`(_ status: Int, _ want: String) {
        #expect(text(ResponseHead(status: status), .none).hasPrefix("HTTP/1.1 \(want)\r\n"))
    }

    @Test(arguments: [400, 405, 413, 414, 417, 431, 501, 505])
    func `every status of the parser has a phrase`(_ status: Int) {
        #expect(!text(ResponseHead(status: status), .none).hasPrefix("HTTP/1.1 \(status) \r\n"))
    }

    @Test func `the interim answer stands alone`() {
        var out: [UInt8] = []
        ResponseHead.appendContinue(to: &out)
        #expect(out == Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
    }

    @Test(arguments: [1, 9, 10, 15, 16, 255, 256, 65535, 65536])
    func `chunks that are written are chunks that are read`(_ count: Int) {
        let data = [UInt8](repeating: 0x0D, count: count)
        var content: [UInt8] = []
        ChunkWriter.append(data, to: &content)
        ChunkWriter.append([], to: &content)
        ChunkWriter.append(data, to: &content)
        ChunkWriter.appendLast(to: &content)
        let result = trace(Array(chunked("").utf8) + content)
        #expect(result.verdict == "200")
        #expect(result.body == data + data)
        var start: [UInt8] = []
        ChunkWriter.appendStart(count, to: &start)
        #expect(start == Array((String(count, radix: 16) + "\r\n").utf8))
        #expect(content.starts(with: start + data))
    }

    @Test func `an empty chunk is not written`() {
        var out: [UInt8] = []
        ChunkWriter.append([], to: &out)
        ChunkWriter.appendStart(0, to: &out)
        ChunkWriter.appendStart(-1, to: &out)
        #expect(out.isEmpty)
    }
}
