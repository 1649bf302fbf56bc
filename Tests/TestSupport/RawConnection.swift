// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
public import TLS

/// A blocking TCP connection that sends exactly what it is told and reads answers strictly.
public final class RawConnection {
    private var descriptor: Int32
    private var buffer: [UInt8] = []
    private var start = 0
    /// Nil: plain.
    public private(set) var secure: TLSSession?

    /// - Parameters:
    ///   - from: the loopback address to come from; nil: the system's choice.
    ///   - timeout: seconds that one read or write may take.
    ///   - tls: shake hands first; nil: plain.
    public init(
        port: UInt16,
        from: String? = nil,
        timeout: Int = 20,
        tls: ClientTLS? = nil,
        resuming: TLSResumption? = nil
    ) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw WireError.system(errno) }
        var limit = timeval(tv_sec: timeout, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        if let from {
            guard Self.with(from, 0, { bind(descriptor, $0, $1) }) == 0 else { throw WireError.system(errno) }
        }
        guard Self.with("127.0.0.1", port, { connect(descriptor, $0, $1) }) == 0 else {
            throw WireError.system(errno)
        }
        guard let tls else { return }
        secure = try TLSSession(client: tls.context, host: Array(tls.host.utf8), resuming: resuming)
        try receiveSecure([])
        while secure?.state == .handshaking {
            guard try fill() else { throw WireError.closed }
        }
    }

    deinit { close() }

    private static func with(_ address: String, _ port: UInt16, _ use: (UnsafePointer<sockaddr>, socklen_t) -> Int32)
        -> Int32
    {
        var value = sockaddr_in()
        value.sin_family = sa_family_t(AF_INET)
        value.sin_port = port.bigEndian
        value.sin_addr.s_addr = inet_addr(address)
        return withUnsafePointer(to: &value) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { use($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }

    // MARK: Sending

    public func send(_ bytes: [UInt8]) throws {
        guard let secure else { return try sendRaw(bytes) }
        var sealed: [UInt8] = []
        try secure.write(bytes.span, output: &sealed)
        try sendRaw(sealed)
    }

    /// Past TLS.
    public func sendRaw(_ bytes: [UInt8]) throws {
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Self.failure() }
            offset += count
        }
    }

    public func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// For bytes that the peer may well refuse to take: says whether all of them went out.
    @discardableResult
    public func offer(_ bytes: [UInt8]) -> Bool { (try? send(bytes)) != nil }

    /// Each piece in a packet of its own, as far as the system allows.
    public func sendByteByByte(_ bytes: [UInt8]) throws {
        for byte in bytes { try send([byte]) }
    }

    /// Says that nothing more comes; the other direction stays open.
    public func shutdownWrite() { shutdown(descriptor, Int32(SHUT_WR)) }

    public func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Ends with a reset instead of an orderly end.
    public func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    // MARK: Receiving

    private static func failure() -> WireError {
        switch errno {
        case EAGAIN: .timeOut
        case ECONNRESET, EPIPE: .reset
        default: .system(errno)
        }
    }

    private var unread: ArraySlice<UInt8> { buffer[start...] }

    private func take(_ count: Int) -> [UInt8] {
        let bytes = Array(buffer[start..<start + count])
        start += count
        if start == buffer.count {
            buffer.removeAll(keepingCapacity: true)
            start = 0
        }
        return bytes
    }

    /// Reads once; false at the peer's end.
    private func fill() throws -> Bool {
        var piece = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(descriptor, &piece, piece.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure() }
            guard secure != nil else {
                buffer += piece[..<count]
                return count > 0
            }
            let before = self.buffer.count
            let isEnded = try receiveSecure(Array(piece[..<count])) == .ended
            return self.buffer.count > before || count > 0 && !isEnded
        }
    }

    /// Decrypts, and sends what TLS has to send of itself.
    @discardableResult
    private func receiveSecure(_ bytes: [UInt8]) throws -> TLSSession.State? {
        var output: [UInt8] = []
        defer { if !output.isEmpty { try? sendRaw(output) } }
        return try secure?.receive(bytes.span, plaintext: &buffer, output: &output)
    }

    /// Says by TLS that nothing more comes.
    public func endSecure() throws {
        var output: [UInt8] = []
        secure?.end(output: &output)
        try sendRaw(output)
    }

    private func fillOrThrow() throws {
        guard try fill() else { throw WireError.closed }
    }

    /// The bytes up to the next CRLF, which is taken too.
    private func line(maximum: Int = 65536) throws -> [UInt8] {
        var scanned = 0
        while true {
            let bytes = unread
            let from = bytes.startIndex + max(0, scanned - 1)
            if let index = bytes[from...].indices.first(where: {
                bytes[$0] == 0x0D && $0 + 1 < bytes.endIndex && bytes[$0 + 1] == 0x0A
            }) {
                let line = take(index - start)
                _ = take(2)
                return line
            }
            scanned = bytes.count
            guard scanned <= maximum else { throw WireError.malformed("a line over \(maximum) bytes") }
            try fillOrThrow()
        }
    }

    /// The next head, interim ones (1xx) included. Throws `closed` where the peer ended instead.
    public func readHead() throws -> HTTPHead {
        var bytes: [UInt8] = []
        while true {
            let line = try line()
            if line.isEmpty { break }
            if !bytes.isEmpty { bytes += [0x0D, 0x0A] }
            bytes += line
        }
        return try HTTPHead(parsing: bytes)
    }

    /// The body that belongs to a head, piece by piece.
    public func body(of head: HTTPHead) throws -> BodyReader { BodyReader(self, try head.framing()) }

    /// One whole answer. 1xx heads in front of it are passed over.
    public func readAnswer(headOnly: Bool = false) throws -> HTTPAnswer {
        var head = try readHead()
        while (100..<200).contains(head.status) { head = try readHead() }
        guard !headOnly else { return HTTPAnswer(head: head, body: []) }
        let reader = try body(of: head)
        var bytes: [UInt8] = []
        while let piece = try reader.next() { bytes += piece }
        return HTTPAnswer(head: head, body: bytes)
    }

    /// Reads until the peer ends the connection: whatever still came. Throws only when it does not end in time.
    public func drain() throws -> [UInt8] {
        do { while try fill() {} } catch let error as WireError where error.isEnd {}
        return take(unread.count)
    }

    /// Parses a part of a body. One reader at a time.
    public final class BodyReader {
        private let connection: RawConnection
        private var framing: HTTPHead.Framing
        private var done = false

        fileprivate init(_ connection: RawConnection, _ framing: HTTPHead.Framing) {
            self.connection = connection
            self.framing = framing
        }

        /// The next bytes; nil at the end of the body.
        public func next() throws -> [UInt8]? {
            guard !done else { return nil }
            switch framing {
            case .none: return finish()
            case .length(let left):
                guard left > 0 else { return finish() }
                if connection.unread.isEmpty { try connection.fillOrThrow() }
                let piece = connection.take(min(left, connection.unread.count))
                framing = .length(left - piece.count)
                return piece
            case .chunked: return try chunk()
            case .untilClose:
                if connection.unread.isEmpty, try !connection.fill() { return finish() }
                return connection.take(connection.unread.count)
            }
        }

        private func finish() -> [UInt8]? {
            done = true
            return nil
        }

        private func chunk() throws -> [UInt8]? {
            let text = String(decoding: try connection.line(), as: UTF8.self)
            guard text.utf8.allSatisfy({ "0123456789abcdefABCDEF".utf8.contains($0) }), let size = Int(text, radix: 16)
            else {
                throw WireError.malformed("chunk size \(text)")
            }
            while connection.unread.count < size { try connection.fillOrThrow() }
            let piece = connection.take(size)
            guard try connection.line().isEmpty else { throw WireError.malformed("no line end behind a chunk") }
            return size == 0 ? finish() : piece
        }
    }
}
