// SPDX-License-Identifier: Apache-2.0

import TLS
import Testing

@testable import GatewayApp

@Suite struct SecureChannelTests {
    private let context: TLSServerContext

    init() throws {
        let identity = try TLSIdentity.selfSigned(hosts: [Array("localhost".utf8)], now: 1_795_600_000)
        context = try TLSServerContext(identity: identity)
    }

    /// The beginning of a ClientHello.
    private let beginning: [UInt8] = [22, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3]

    private func receive(_ channel: SecureChannel, _ bytes: [UInt8]) throws(TLSError) {
        var (plain, output): ([UInt8], [UInt8]) = ([], [])
        try channel.receive(bytes.span, plain: &plain, output: &output)
    }

    @Test func `one handshake more than the limit is refused, until another ends`() throws {
        let count = HandshakeCount()
        for _ in 0..<(SecureChannel.handshakesMax - 1) { #expect(count.begin(max: SecureChannel.handshakesMax)) }
        var last: SecureChannel? = SecureChannel(context, handshakes: count)
        // A client that only connects takes no place.
        let silent = SecureChannel(context, handshakes: count)
        try last.map { try receive($0, beginning) }
        #expect(throws: TLSError.unavailable("\(SecureChannel.handshakesMax) handshakes are under way")) {
            try receive(silent, beginning)
        }
        last = nil
        try receive(SecureChannel(context, handshakes: count), beginning)
    }

    @Test func `a handshake that fails gives its place back`() throws {
        let count = HandshakeCount()
        for _ in 0..<3 {
            let channel = SecureChannel(context, handshakes: count)
            #expect(throws: TLSError.self) { try receive(channel, Array("GET / HTTP/1.1\r\n\r\n".utf8)) }
        }
        #expect(count.begin(max: 1))
    }
}
