// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import TestSupport
import Testing

@testable import TLS

@Suite struct `Conversations` {
    private func open(_ version: Int32 = TLS1_3_VERSION) throws -> Pair {
        let client = try Fixture.client()
        client.limit(to: version)
        let pair = try Pair(try Fixture.server(), client)
        try pair.run()
        return pair
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func `large messages arrive as they were, in whatever pieces`(_ version: Int32) throws {
        for size in [1, 16_383, 16_384, 16_385, 1 << 20] {
            let pair = try open(version)
            let message = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
            try pair.client.write(message.span, output: &pair.toServer)
            try pair.server.write(message.span, output: &pair.toClient)
            try pair.run { bytes in
                stride(from: 0, to: bytes.count, by: 65_521).map { bytes[$0..<min($0 + 65_521, bytes.count)] }
            }
            #expect(pair.atServer == message && pair.atClient == message, "\(size)")
        }
    }

    @Test func `a small message is one record`() throws {
        let pair = try open()
        pair.toClient = []
        try pair.server.write([UInt8](repeating: 1, count: 1000).span, output: &pair.toClient)
        #expect(pair.toClient[0] == 23)
        #expect(Int(pair.toClient[3]) << 8 | Int(pair.toClient[4]) == pair.toClient.count - 5)
    }

    @Test func `several records in one piece give all of their bytes`() throws {
        let pair = try open()
        for _ in 0..<100 { try pair.client.write([UInt8](repeating: 5, count: 10).span, output: &pair.toServer) }
        try pair.run()
        #expect(pair.atServer.count == 1000)
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func `an orderly end is told from one that breaks off`(_ version: Int32) throws {
        let pair = try open(version)
        pair.client.end(output: &pair.toServer)
        try pair.run()
        #expect(pair.server.state == .ended)
        // The other direction stays open.
        try pair.server.write(Array("late".utf8).span, output: &pair.toClient)
        try pair.run()
        #expect(pair.atClient.suffix(4).elementsEqual("late".utf8))
        pair.server.end(output: &pair.toClient)
        try pair.run()
        #expect(pair.client.state == .ended)
        // A second end says nothing.
        pair.server.end(output: &pair.toClient)
        #expect(pair.toClient.isEmpty)
        let broken = try open(version)
        let whole = Array("half of this".utf8)
        try broken.client.write(whole.span, output: &broken.toServer)
        try broken.giveServer(Array(broken.toServer.dropLast()))
        #expect(broken.server.state == .open && broken.atServer.isEmpty)
    }

    @Test func `nothing is ended before the handshake, or written after the end`() throws {
        let pair = try Pair(try Fixture.server(), try Fixture.client())
        pair.server.end(output: &pair.toClient)
        #expect(pair.toClient.isEmpty)
        try pair.run()
        pair.server.end(output: &pair.toClient)
        #expect(throws: TLSError.self) { try pair.server.write(Array("x".utf8).span, output: &pair.toClient) }
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func `a record that was changed anywhere ends the connection`(_ version: Int32) throws {
        let message = Array("as it was".utf8)
        let length = try {
            let pair = try open(version)
            pair.toServer = []
            try pair.client.write(message.span, output: &pair.toServer)
            return pair.toServer.count
        }()
        for index in 0..<length {
            let pair = try open(version)
            pair.toServer = []
            try pair.client.write(message.span, output: &pair.toServer)
            var record = pair.toServer
            record[index] ^= 0x01
            let before = pair.atServer
            // A longer length only waits for more.
            if index == 3 || index == 4 { record += [UInt8](repeating: 0, count: 512) }
            #expect(throws: TLSError.self, "\(index)") { try pair.giveServer(record) }
            #expect(pair.atServer == before)
            // And it stays so.
            #expect(throws: TLSError.self) { try pair.giveServer([]) }
        }
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}", "SSH-2.0-OpenSSH_9\r\n",
        "{\"jsonrpc\":\"2.0\"}", "\u{16}\u{3}\u{1}\u{7F}\u{7F}\u{1}\u{0}\u{0}\u{0}",
    ])
    func `what is no TLS ends the connection`(_ text: String) throws {
        let server = try TLSSession(server: try Fixture.server())
        var (plain, output): ([UInt8], [UInt8]) = ([], [])
        let bytes = Array(text.utf8) + [UInt8](repeating: 0, count: 32_768)
        #expect(throws: TLSError.self) { try server.receive(bytes.span, plaintext: &plain, output: &output) }
        #expect(plain.isEmpty)
        if text.hasPrefix("GET") {
            let again = try TLSSession(server: try Fixture.server())
            #expect(throws: TLSError.peer("http request")) {
                try again.receive(bytes.span, plaintext: &plain, output: &output)
            }
        }
    }

    @Test func `random bytes at any point of a handshake crash nothing`() throws {
        var generator = SeededGenerator(seed: 20_261_125)
        let (server, client) = (try Fixture.server(), try Fixture.client())
        for _ in 0..<300 {
            let pair = try Pair(server, client)
            try? pair.run { bytes in
                var changed = bytes
                guard !changed.isEmpty else { return [] }
                for _ in 0..<Int.random(in: 0...3, using: &generator) {
                    changed[Int.random(in: changed.indices, using: &generator)] = UInt8.random(
                        in: 0...255,
                        using: &generator
                    )
                }
                return [changed[...]]
            }
            let noise = (0..<200).map { _ in UInt8.random(in: 0...255, using: &generator) }
            try? pair.giveServer(noise)
            try? pair.giveClient(noise)
        }
    }

    @Test func `a ClientHello up to the limit is read, a longer one is not`() throws {
        for (padding, works) in [(0, true), (16_000, true), (17_000, false), (60_000, false)] {
            for isByByte in [false, true] {
                let server = try TLSSession(server: try Fixture.server())
                var (plain, output): ([UInt8], [UInt8]) = ([], [])
                let hello = Hello(version: 0x0303, paddingBytes: padding).record
                var found: TLSError?
                do {
                    for piece in isByByte ? hello.map({ [$0] }) : [hello] {
                        try server.receive(piece.span, plaintext: &plain, output: &output)
                    }
                } catch {
                    found = error
                }
                #expect(found == (works ? nil : .clientHelloTooLong), "\(padding)")
                #expect(output.isEmpty != works)
            }
        }
    }

    @Test func `keys are updated when the peer asks for it`() throws {
        let pair = try open()
        #expect(try pair.talk())
        pair.client.askForKeyUpdate(output: &pair.toServer)
        try pair.client.write(Array("new keys".utf8).span, output: &pair.toServer)
        try pair.run()
        #expect(pair.atServer.suffix(8).elementsEqual("new keys".utf8))
        #expect(try pair.talk())
    }
}
