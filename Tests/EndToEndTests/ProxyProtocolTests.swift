// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Semantics, section 6: `proxy_protocol`, "required from `trusted_proxies`, refused from others, never guessed".
@Suite struct `The PROXY protocol` {
    private static let line = Array("PROXY TCP4 203.0.113.7 192.0.2.1 57005 443\r\n".utf8)
    private static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]

    private static func block(_ command: UInt8, _ family: UInt8, _ rest: [UInt8]) -> [UInt8] {
        signature + [command, family, UInt8(rest.count >> 8), UInt8(rest.count & 0xFF)] + rest
    }

    private static let v4 = block(0x21, 0x11, [203, 0, 113, 7, 192, 0, 2, 1, 0xDE, 0xAD, 0x01, 0xBB, 0x04, 0, 1, 9])
    private static let v6 = block(
        0x21,
        0x21,
        [0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7] + [UInt8](repeating: 0, count: 20)
    )

    private static func gateway(
        _ changes: JSONTree = [:],
        more: [JSONTree] = [],
        limits: JSONTree = [:]
    ) throws -> ProxiedGateway {
        let listener: JSONTree = ["proxy_protocol": true]
        return try ProxiedGateway(listener.merging(changes), more: more, limits: limits)
    }

    /// What comes of a connection that begins like this, in one packet or byte by byte.
    private func send(
        _ header: [UInt8],
        _ request: RequestText,
        to run: ProxiedGateway,
        byteByByte: Bool = false,
        from: String = "127.0.0.1"
    ) throws -> (status: Int, address: String?) {
        let connection = try run.gateway.connect(from: from)
        if byteByByte { try connection.sendByteByByte(header) }
        try connection.send((byteByByte ? [] : header) + request.bytes)
        let answer = try connection.readAnswer()
        let line = run.gateway.accessLine(answer.head.value("x-request-id") ?? "none")
        return (answer.status, line?["address"].text)
    }

    /// The connection ends without a byte of an answer.
    private func expectClosed(
        _ bytes: [UInt8],
        by run: ProxiedGateway,
        from: String = "127.0.0.1",
        _ comment: String = "",
        _ place: SourceLocation = #_sourceLocation
    ) throws {
        let connection = try run.gateway.connect(from: from)
        connection.offer(bytes)
        #expect(try connection.drain().isEmpty, "\(comment)", sourceLocation: place)
    }

    @Test(arguments: [false, true]) func `a trusted proxy tells whose connection it is`(_ byteByByte: Bool) throws {
        let run = try Self.gateway()
        for (header, address) in [(Self.line, "203.0.113.7"), (Self.v4, "203.0.113.7"), (Self.v6, "2001:db8::7")] {
            let told = try send(header, ProxiedGateway.request(run.far), to: run, byteByByte: byteByByte)
            #expect(told == (200, address))
            let near = try send(header, ProxiedGateway.request(run.near), to: run, byteByByte: byteByByte)
            #expect(near == (401, address))
        }
    }

    @Test func `a proxy that speaks for itself is the peer of its socket`() throws {
        let run = try Self.gateway()
        let own = [
            Self.block(0x20, 0x00, []), Self.block(0x20, 0x11, Array(Self.v4.dropFirst(16))),
            Self.block(0x21, 0x00, []),
            Self.block(0x21, 0x31, [UInt8](repeating: 0x2F, count: 216)), Array("PROXY UNKNOWN\r\n".utf8),
        ]
        for header in own {
            #expect(try send(header, ProxiedGateway.request(run.near), to: run) == (200, "127.0.0.1"))
            #expect(try send(header, ProxiedGateway.request(run.far), to: run) == (401, "127.0.0.1"))
        }
    }

    @Test func `a connection without a good header is closed`() throws {
        let run = try Self.gateway()
        let request = ProxiedGateway.request(run.near).bytes
        let bad: [(String, [UInt8])] = [
            ("none", request), ("TLS", [0x16, 0x03, 0x01, 0x02, 0x00, 0x01]),
            ("an empty line", [0x0D, 0x0A] + request), ("a line of LF", Array("PROXY UNKNOWN\n".utf8) + request),
            ("no address", Array("PROXY TCP4 x y 1 2\r\n".utf8) + request),
            ("version 1 in version 2", Self.signature + [0x11, 0x11, 0, 12] + request),
            ("a huge version 2", Self.signature + [0x21, 0x11, 0xFF, 0xFF] + request),
            ("datagrams", Self.block(0x21, 0x12, Array(Self.v4.dropFirst(16))) + request),
        ]
        for (comment, bytes) in bad { try expectClosed(bytes, by: run, comment) }
        // Two of them: the second is no request.
        let connection = try run.gateway.connect(from: "127.0.0.1")
        try connection.send(Self.line + Self.line + request)
        #expect(try connection.readAnswer().status == 400)
        #expect(try send(Self.line, ProxiedGateway.request(run.far), to: run).status == 200)
    }

    @Test func `anybody else is refused, with a header and without`() throws {
        let run = try Self.gateway()
        for bytes in [Self.line, Self.v4, Self.block(0x20, 0, []), []] {
            try expectClosed(bytes + ProxiedGateway.request(run.near).bytes, by: run, from: "127.0.0.2")
        }
        #expect(try send(Self.line, ProxiedGateway.request(run.far), to: run).status == 200)
        let reasons = run.gateway.log.filter { $0["event"].text == "proxy_header_refused" }
        #expect(reasons.count == 4)
        #expect(reasons.allSatisfy { $0["address"].text == "127.0.0.2" && $0["reason"].text?.isEmpty == false })
    }

    @Test func `without proxy_protocol a header is no request`() throws {
        let run = try ProxiedGateway([:])
        for header in [Self.line, Self.v4] {
            let connection = try run.gateway.connect(from: "127.0.0.1")
            try connection.send(header + ProxiedGateway.request(run.far).bytes)
            #expect(try connection.readAnswer().status == 400)
        }
        #expect(try run.status(run.near, []).status == 200)
    }

    @Test func `a header that does not come is not waited for longer than header_timeout`() throws {
        let run = try Self.gateway(limits: ["header_timeout": "300ms"])
        try expectClosed([], by: run, "nothing")
        try expectClosed(Array(Self.line.dropLast()), by: run, "half a line")
        try expectClosed(Array(Self.v4.dropLast()), by: run, "half a block")
        #expect(try send(Self.line, ProxiedGateway.request(run.far), to: run).status == 200)
    }

    @Test func `refused connections are not counted as open`() throws {
        let run = try Self.gateway(limits: ["connections": 2])
        for _ in 0..<5 {
            try expectClosed(Array("GET / HTTP/1.1\r\n\r\n".utf8), by: run)
            try expectClosed(Self.line, by: run, from: "127.0.0.2")
            let connection = try run.gateway.connect(from: "127.0.0.1")
            connection.shutdownWrite()
            #expect(try connection.drain().isEmpty)
        }
        #expect(try send(Self.line, ProxiedGateway.request(run.far), to: run).status == 200)
    }

    @Test func `a field counts only where the connection that the header names is a proxy's`() throws {
        let run = try Self.gateway(["client_address_from": "x-forwarded-for"])
        let field = [("X-Forwarded-For", "203.0.113.7")]
        let client = Array("PROXY TCP4 198.51.100.1 192.0.2.1 1 2\r\n".utf8)
        #expect(try send(client, ProxiedGateway.request(run.far, field), to: run) == (401, "198.51.100.1"))
        let proxy = Array("PROXY TCP4 10.0.0.1 192.0.2.1 1 2\r\n".utf8)
        #expect(try send(proxy, ProxiedGateway.request(run.far, field), to: run) == (200, "203.0.113.7"))
    }

    @Test func `a connection that says nothing does not hold up the end`() throws {
        let run = try Self.gateway(limits: ["drain_delay": "0s", "drain": "10s"])
        let silent = try run.gateway.connect(from: "127.0.0.1")
        #expect(try send(Self.line, ProxiedGateway.request(run.far), to: run).status == 200)
        #expect(run.gateway.stop() == 0)
        #expect(try silent.drain().isEmpty)
    }

    /// Sends the header and the beginning of a handshake in one packet, and then a request; prints the status line.
    private static let client = """
        import socket, ssl, sys
        port, header, request = int(sys.argv[1]), bytes.fromhex(sys.argv[2]), bytes.fromhex(sys.argv[3])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        arrived, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        session = context.wrap_bio(arrived, leaving)
        wire = socket.create_connection(("127.0.0.1", port), 20, ("127.0.0.1", 0))
        def run(step):
            global header
            while True:
                try:
                    result = step()
                except ssl.SSLWantReadError:
                    result = None
                wire.sendall(header + leaving.read())
                header = b""
                if result is not None: return result
                piece = wire.recv(65536)
                if not piece: sys.exit("closed")
                arrived.write(piece)
        run(lambda: session.do_handshake() or True)
        run(lambda: session.write(request))
        print(run(lambda: session.read(4096)).split(b"\\r\\n")[0].decode())
        """

    @Test(arguments: [line, v6]) func `the header stands before TLS`(_ header: [UInt8]) throws {
        let secure: JSONTree = [
            "address": "127.0.0.1:0", "tls": ["certificate": "self-signed"], "proxy_protocol": true,
        ]
        let run = try Self.gateway(more: [secure])
        let text = run.gateway.process.errors.components(separatedBy: "listening https://127.0.0.1:").last ?? ""
        let port = String(text.prefix { $0.isNumber })
        func hex(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }
        func status(_ header: [UInt8], _ key: TestKey) throws -> String {
            let request = hex(ProxiedGateway.request(key).bytes)
            let result = try Command.run(Places.python, ["-c", Self.client, port, hex(header), request])
            return result.output + result.errors
        }
        #expect(try status(header, run.far) == "HTTP/1.1 200 OK\n")
        #expect(try status(header, run.near) == "HTTP/1.1 401 Unauthorized\n")
        // Without one the handshake is refused; behind it, a second one is no handshake.
        #expect(try status([], run.far).contains("HTTP/1.1") == false)
        #expect(try status(header + header, run.far).contains("HTTP/1.1") == false)
    }
}
