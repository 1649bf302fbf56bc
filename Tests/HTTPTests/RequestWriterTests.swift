// SPDX-License-Identifier: Apache-2.0

import Bytes
import Testing

@testable import HTTP

struct RequestWriterTests {
    private func template(_ injected: [(String, String)] = [], target: String = "/mcp", host: String = "up:3001")
        throws(RequestWriteError) -> RequestTemplate
    {
        var fields: [(name: [UInt8], value: [UInt8])] = []
        for (name, value) in injected { fields.append((Array(name.utf8), Array(value.utf8))) }
        return try RequestTemplate(target: Array(target.utf8), host: Array(host.utf8), injected: fields)
    }

    private func error(_ work: () throws(RequestWriteError) -> Void) -> RequestWriteError? {
        do {
            try work()
            return nil
        } catch {
            return error
        }
    }

    private func text(_ writer: RequestWriter, _ length: Int = 0) -> String {
        var out: [UInt8] = []
        writer.append(to: &out, contentLength: length)
        return String(decoding: out, as: UTF8.self)
    }

    private func head(_ lines: String, _ method: String = "POST") throws -> RequestHead {
        var parser = RequestParser()
        let bytes = Array("\(method) /calc/mcp?x=y HTTP/1.1\r\nHost: gw.test\r\n\(lines)\r\n".utf8)
        var offset = 0
        guard case .head(let head) = try parser.next(bytes.span, offset: &offset) else {
            throw HTTPError(400, "no head")
        }
        return head
    }

    @Test func `a request has its own line, one host and one length`() throws {
        var writer = RequestWriter(try template([("Authorization", "Bearer x")]), .post)
        try writer.field(.accept, Array("a/b".utf8))
        #expect(
            text(writer, 12)
                == "POST /mcp HTTP/1.1\r\nhost: up:3001\r\naccept-encoding: identity\r\n"
                + "Authorization: Bearer x\r\naccept: a/b\r\ncontent-length: 12\r\n\r\n"
        )
        let plain = "/mcp HTTP/1.1\r\nhost: up:3001\r\naccept-encoding: identity\r\n"
        #expect(text(RequestWriter(try template(), .post), -1) == "POST \(plain)content-length: 0\r\n\r\n")
        #expect(text(RequestWriter(try template(), .get), 9) == "GET \(plain)\r\n")
        #expect(text(RequestWriter(try template(), .delete), 9) == "DELETE \(plain)\r\n")
    }

    @Test func `a finished request is head and content in one`() throws {
        let content = Array("{}".utf8)
        for method in [RequestWriter.Method.post, .get, .delete] {
            var writer = RequestWriter(try template(), method, reserving: 0)
            try writer.field(.mcpProtocolVersion, Array("2025-06-18".utf8).span)
            let head = text(writer, content.count)
            let whole = writer.finish(content.span)
            #expect(String(decoding: whole, as: UTF8.self) == head + (method == .post ? "{}" : ""))
        }
    }

    @Test func `of a client's head only listed fields pass`() throws {
        let lines = """
            Accept: a/b
            accept: c/d
            Content-Type: application/json
            Mcp-Protocol-Version: 2025-11-25
            MCP-Other-Region: eu\u{9}west
            Mcp-Method: tools/call
            Mcp-Name: add
            MCP-Param-Region: eu
            traceparent: 00-a
            traceparent: 00-b
            tracestate: a=1
            tracestate: b=2
            Mcp-Session-Id: sealed
            Last-Event-ID: sealed
            Authorization: Bearer secret
            X-API-Key: secret
            Cookie: secret
            Origin: http://a
            User-Agent: a
            Content-Length: 99
            Connection: close
            TE: trailers
            X-Request-Id: a
            X-Gatehouse-Subject: root
            X-Forwarded-For: 1.2.3.4
            Accept-Encoding: gzip
            Content-Encoding: identity
            X-Other: a
            McpX: a

            """.replacing("\n", with: "\r\n")
        var writer = RequestWriter(try template(), .post)
        try writer.pass(from: try head(lines))
        #expect(
            text(writer)
                == "POST /mcp HTTP/1.1\r\nhost: up:3001\r\naccept-encoding: identity\r\nAccept: a/b\r\naccept: c/d\r\n"
                + "Content-Type: application/json\r\nMcp-Protocol-Version: 2025-11-25\r\nMCP-Other-Region: eu west\r\n"
                + "traceparent: 00-a\r\ntracestate: a=1\r\ntracestate: b=2\r\ncontent-length: 0\r\n\r\n"
        )
        var get = RequestWriter(try template(), .get)
        try get.pass(from: try head("Content-Type: a/b\r\nAccept: c/d\r\n", "GET"))
        #expect(text(get).hasSuffix("identity\r\nAccept: c/d\r\n\r\n"))
    }

    @Test func `what the gateway wrote comes before what a client sent`() throws {
        var writer = RequestWriter(try template(), .post)
        try writer.field(.mcpName, Array("own".utf8))
        try writer.field(.accept, Array("own/own".utf8))
        try writer.field(.mcpSessionID, Array("upstream".utf8))
        try writer.field(Array("mcp-x-a".utf8).span, Array("own".utf8).span)
        let client =
            "Mcp-Name: x\r\nAccept: a/b\r\nAccept: c/d\r\nMcp-Session-Id: y\r\nMcp-X-A: z\r\nMcp-Other: m\r\n"
        try writer.pass(from: try head(client))
        #expect(
            text(writer).hasSuffix(
                "identity\r\nmcp-name: own\r\naccept: own/own\r\nmcp-session-id: upstream\r\nmcp-x-a: own\r\n"
                    + "Mcp-Other: m\r\ncontent-length: 0\r\n\r\n"
            )
        )
    }

    @Test func `a field that may occur once is not written twice`() throws {
        let base = try template()
        for name in ["content-type", "mcp-name", "Mcp-Param-X", "x-gatehouse-subject", "traceparent", "last-event-id"] {
            var writer = RequestWriter(base, .post)
            let bytes = Array(name.utf8)
            let capitals = Array(name.uppercased().utf8)
            try writer.field(bytes.span, bytes.span)
            do {
                try writer.field(capitals.span, bytes.span)
                Issue.record("\(name) was written twice")
            } catch {
                #expect(error == .repeated)
            }
            #expect(text(writer).contains("\r\n\(name): \(name)\r\ncontent-length: 0\r\n\r\n"))
        }
        let twice = try head("Mcp-Other-A: 1\r\nmcp-other-a: 1\r\n")
        var writer = RequestWriter(base, .post)
        do {
            try writer.pass(from: twice)
            Issue.record("two lines of one Mcp field passed")
        } catch {
            #expect(error == .repeated)
        }
    }

    @Test func `no other name can be written`() throws {
        let base = try template()
        for name in [
            "", "host", "Host", "content-length", "transfer-encoding", "connection", "authorization", "cookie",
            "x-api-key", "accept-encoding", "content-encoding", "expect", "te", "origin", "user-agent", "mcp", "mcp_a",
            "mcp-a b", "mcp-a:", "mcp-a\r\nb", "mcp-\u{E9}", "x-gatehouse", "x-other", "x-forwarded-for",
        ] {
            var writer = RequestWriter(base, .post)
            let bytes = Array(name.utf8)
            do {
                try writer.field(bytes.span, [0x31].span)
                Issue.record("\(name) was written")
            } catch {
                #expect(error == .name)
            }
            #expect(text(writer).hasSuffix("identity\r\ncontent-length: 0\r\n\r\n"))
        }
        var writer = RequestWriter(base, .post)
        for name in ["Mcp-", "X-Gatehouse-Roles", "x-request-id", "tracestate"] {
            let bytes = Array(name.utf8)
            try writer.field(bytes.span, [0x31].span)
            #expect(text(writer).contains("\r\n\(name): 1\r\n"))
        }
    }

    @Test func `no value with a control byte can be written`() throws {
        let base = try template()
        for byte in UInt8.min...UInt8.max {
            let value = [0x61, byte, 0x62]
            let isText = byte >= 0x20 && byte != 0x7F
            var writer = RequestWriter(base, .post)
            do {
                try writer.field(.mcpSessionID, value)
                #expect(isText, "byte \(byte)")
            } catch {
                #expect(error == .value && !isText, "byte \(byte)")
            }
            var out: [UInt8] = []
            writer.append(to: &out, contentLength: 0)
            #expect(out.count { $0 == 0x0D } == (isText ? 6 : 5), "byte \(byte)")
            do {
                _ = try RequestTemplate(target: [0x2F], host: [0x61], injected: [([0x58], value)])
                #expect(isText, "byte \(byte)")
            } catch {
                #expect(error == .injectedValue && !isText, "byte \(byte)")
            }
        }
    }

    @Test func `injected names neither frame the message nor are the gateway's own`() {
        for name in ["Authorization", "X-API-Key", "Cookie", "User-Agent", "x_key", "Proxy-Authorization", "Origin"] {
            let failure = error { () throws(RequestWriteError) in _ = try template([(name, "a")]) }
            #expect(failure == nil, "\(name)")
        }
        for name in [
            "", "a b", "a:", "a\r\nb", "Host", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "TE",
            "Trailer", "Expect", "Accept", "Accept-Encoding", "Content-Type", "Content-Encoding", "Mcp-Name",
            "Mcp-Other", "Last-Event-ID", "X-Request-Id", "X-Gatehouse-Subject", "traceparent", "Keep-Alive",
        ] {
            let failure = error { () throws(RequestWriteError) in _ = try template([(name, "a")]) }
            #expect(failure == .injectedName, "\(name)")
        }
        let twice = error { () throws(RequestWriteError) in _ = try template([("A", "1"), ("a", "2")]) }
        #expect(twice == .injectedTwice)
    }

    @Test func `address and path are well-formed`() {
        for target in ["/", "/mcp", "/a%2Fb/../c//d", "/mcp?key=a&b=%20", "/a?b?c/d"] {
            let failure = error { () throws(RequestWriteError) in _ = try template(target: target) }
            #expect(failure == nil, "\(target)")
        }
        for target in ["", "mcp", "*", "http://a/", "/a b", "/a\r\n", "/a#b", "/%", "/%2", "/%2g", "/\u{E9}", "/a\0"] {
            let failure = error { () throws(RequestWriteError) in _ = try template(target: target) }
            #expect(failure == .target, "\(target)")
        }
        for host in ["", "a b", "a\r\n", "u@a", "a:99999", "a:", "[::1", "a/b"] {
            let failure = error { () throws(RequestWriteError) in _ = try template(host: host) }
            #expect(failure == .host, "\(host)")
        }
        let failure = error { () throws(RequestWriteError) in _ = try template(host: "[::1]:80") }
        #expect(failure == nil)
    }

    @Test func `injected secrets are not printed`() throws {
        let base = try template([("Authorization", "Bearer hunter2")])
        var dumped = ""
        dump(RequestWriter(base, .post), to: &dumped)
        dump(base, to: &dumped)
        let printed = "\(base) \(String(reflecting: base)) \(RequestWriter(base, .get))\(dumped)"
        let secret = Array("Bearer hunter2".utf8).map { "\($0)" }.joined(separator: ", ")
        #expect(!printed.contains("hunter2") && !printed.contains(secret))
        #expect(!dumped.contains("- 104\n"))
    }

    /// What is written is read by the other side of this module.
    @Test func `a written request is a request`() throws {
        var writer = RequestWriter(try template([("Authorization", "Bearer x")]), .post)
        try writer.field(.contentType, Array("application/json".utf8))
        var out: [UInt8] = []
        writer.append(to: &out, contentLength: 2)
        let result = trace(out + Array("{}".utf8))
        #expect(result.verdict == "200" && result.body == Array("{}".utf8))
        #expect(
            result.messages.first?.host == Array("up:3001".utf8) && result.messages.first?.path == Array("/mcp".utf8)
        )
    }
}
