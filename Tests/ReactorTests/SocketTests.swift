// SPDX-License-Identifier: Apache-2.0

import Bytes
import Glibc
import Reactor
import Testing

@Suite struct SocketTests {
    static let loopback4 = IPAddress(v4: 0x7F00_0001)
    static let loopback6 = IPAddress(high: 0, low: 1)
    static let any4 = IPAddress(v4: 0)
    static let any6 = IPAddress(high: 0, low: 0)

    @Test(arguments: [
        (loopback4, loopback4), (loopback6, loopback6), (any4, loopback4), (any6, loopback6),
        // An IPv4 caller through an IPv6 socket keeps its own address.
        (any6, loopback4),
    ])
    func `a caller is accepted with its address and port`(_ bound: IPAddress, _ called: IPAddress) throws {
        let listener = try Socket.listen(address: bound, port: 0, reusePort: true)
        let port = listener.port
        let socket = listener.take()
        #expect(port != 0)
        let client = try Socket.connect(address: called, port: port)
        var accepted = false
        while !accepted {
            switch Socket.accept(socket.raw) {
            case .none: continue
            case .exhausted(let code): throw ReactorError(code: code, what: "accept")
            case .connection(let connection, let address, let peerPort):
                accepted = true
                #expect(address == called)
                #expect(peerPort != 0)
                #expect(fcntl(connection.raw, F_GETFL, 0) & O_NONBLOCK != 0)
                #expect(fcntl(connection.raw, F_GETFD, 0) & FD_CLOEXEC != 0)
                try Socket.setNoDelay(connection.raw)
                try Socket.setUserTimeout(connection.raw, milliseconds: 30_000)
                try Socket.setResetOnClose(connection.raw)
            }
        }
        #expect(eventually { Socket.connectionError(client.raw) == ECONNRESET }, "closed with a reset")
    }

    @Test func `sockets share a port only where they are told to`() throws {
        let first = try Socket.listen(address: SocketTests.loopback4, port: 0, reusePort: true)
        let port = first.port
        let second = try Socket.listen(address: SocketTests.loopback4, port: port, reusePort: true)
        #expect(second.port == port)
        do {
            _ = try Socket.listen(address: SocketTests.loopback4, port: port, reusePort: false)
            Issue.record("the port is taken")
        } catch {
            #expect(error.code == EADDRINUSE)
            #expect(error.description == "bind: Address already in use")
        }
    }

    @Test func `a connection that nobody takes fails with its reason`() throws {
        let listener = try Socket.listen(address: SocketTests.loopback4, port: 0, reusePort: false)
        let port = listener.port
        closeNow(listener.take())
        do {
            let client = try Socket.connect(address: SocketTests.loopback4, port: port)
            #expect(eventually { Socket.connectionError(client.raw) == ECONNREFUSED })
        } catch {
            #expect(error.code == ECONNREFUSED)
        }
    }

    @Test func `bytes go where they belong in the buffer`() throws {
        let (left, right) = try Socket.pair()
        let ours = FileDescriptor(owning: left)
        let theirs = FileDescriptor(owning: right)
        var buffer = [UInt8](repeating: 0, count: 8)
        #expect(Socket.read(theirs.raw, into: &buffer) == .wouldBlock)
        #expect(Socket.write(ours.raw, [1, 2, 3, 4], from: 1) == .bytes(3))
        #expect(Socket.read(theirs.raw, into: &buffer, from: 2) == .bytes(3))
        #expect(buffer == [0, 0, 2, 3, 4, 0, 0, 0])
        Socket.shutdownWrite(ours.raw)
        Socket.shutdownWrite(ours.raw)
        #expect(Socket.read(theirs.raw, into: &buffer) == .end)
        #expect(Socket.write(theirs.raw, [9]) == .bytes(1), "the other direction is open")
        closeNow(ours)
        signal(SIGPIPE, SIG_IGN)
        #expect(Socket.write(theirs.raw, [9]) == .failed(EPIPE))
    }

    @Test(arguments: [0, 1, 2, 15, 16, 17, 40]) func `pieces are written in order, up to the limit of one call`(
        _ extra: Int
    ) throws {
        let (left, right) = try Socket.pair()
        let ours = FileDescriptor(owning: left)
        let theirs = FileDescriptor(owning: right)
        let pieces: [[UInt8]] = [[255], [1, 2, 3], []] + (0..<extra).map { [UInt8($0), UInt8($0)] }
        let expected: [UInt8] = [2, 3] + Array(pieces[2...].prefix(Socket.piecesMax - 1).joined())
        #expect(Socket.write(ours.raw, pieces: pieces, from: 1, offset: 1) == .bytes(expected.count))
        var buffer = [UInt8](repeating: 0, count: 200)
        #expect(Socket.read(theirs.raw, into: &buffer) == .bytes(expected.count))
        #expect(Array(buffer[..<expected.count]) == expected)
    }

    @Test func `a full socket says so and takes the rest later`() throws {
        let (left, right) = try Socket.pair()
        let ours = FileDescriptor(owning: left)
        let theirs = FileDescriptor(owning: right)
        let pieces = (0..<4).map { [UInt8](repeating: UInt8($0), count: 300_000) }
        var sent = 0
        while case .bytes(let count) = Socket.write(
            ours.raw,
            pieces: pieces,
            from: sent / 300_000,
            offset: sent % 300_000
        ) {
            sent += count
            if sent == 1_200_000 { break }
        }
        #expect(sent > 0 && sent < 1_200_000, "it filled up")
        var received = 0
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case .bytes(let count) = Socket.read(theirs.raw, into: &buffer) {
            for offset in 0..<count where buffer[offset] != UInt8((received + offset) / 300_000) {
                Issue.record("a byte in the wrong place")
                return
            }
            received += count
        }
        #expect(received == sent)
    }
}
