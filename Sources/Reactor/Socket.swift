// SPDX-License-Identifier: Apache-2.0

public import Bytes

/// What a read or a write came to.
public enum IOResult: Hashable, Sendable {
    /// So many bytes were moved, at least one.
    case bytes(Int)
    /// Nothing now; wait until the descriptor is ready.
    case wouldBlock
    /// The other side will send no more. Only from reads.
    case end
    /// The connection or pipe is of no more use; an `errno`, most often EPIPE or ECONNRESET.
    case failed(Int32)
}

/// A socket that takes connections, and the port it got.
public struct ListeningSocket: ~Copyable, Sendable {
    /// The port in use, also where 0 was asked for.
    public let port: UInt16
    let descriptor: FileDescriptor

    /// The socket itself, for its owner.
    public consuming func take() -> FileDescriptor { descriptor }
}

/// What a listening socket had to offer.
public enum AcceptResult: ~Copyable, Sendable {
    /// A connection, non-blocking and close-on-exec, and whose it is.
    case connection(FileDescriptor, IPAddress, port: UInt16)
    /// Nobody waits (any more).
    case none
    /// Somebody waits, but the process (EMFILE) or the system (ENFILE, ENOBUFS, ENOMEM) has no room. The socket stays
    /// readable, so the owner stops watching it for a while, or gives up a spare descriptor to take and close it.
    case exhausted(Int32)
}

/// TCP sockets and bytes through descriptors. Everything here returns at once.
public enum Socket {
    /// Opens a listening socket: SO_REUSEADDR, non-blocking, close-on-exec. On `::` it takes IPv4 connections too,
    /// unless `dualStack` is false.
    /// - Parameters:
    ///   - port: 0 for one that is free.
    ///   - reusePort: several sockets, one for each loop, share the port and the kernel spreads connections.
    ///   - backlog: connections that wait to be accepted; the kernel cuts it to `net.core.somaxconn`.
    public static func listen(
        address: IPAddress,
        port: UInt16,
        reusePort: Bool,
        backlog: Int32 = 4096,
        dualStack: Bool = true
    ) throws(ReactorError) -> ListeningSocket {
        let descriptor = try openSocket(isV4: address.isV4)
        try setOption(descriptor.raw, .reuseAddress, 1)
        if reusePort { try setOption(descriptor.raw, .reusePort, 1) }
        if !address.isV4 { try setOption(descriptor.raw, .v6Only, dualStack ? 0 : 1) }
        try bindAndListen(descriptor.raw, address, port, backlog)
        let bound = try localPort(descriptor.raw)
        return ListeningSocket(port: bound, descriptor: descriptor)
    }

    /// Takes the next waiting connection.
    public static func accept(_ listener: Int32) -> AcceptResult { acceptConnection(listener) }

    /// Begins a connection. It is made, or has failed, once the descriptor is ready for writing: see `connectionError`.
    public static func connect(address: IPAddress, port: UInt16) throws(ReactorError) -> FileDescriptor {
        let descriptor = try openSocket(isV4: address.isV4)
        try beginConnect(descriptor.raw, address, port)
        return descriptor
    }

    /// Why a connection could not be made or has failed; 0 for no failure. Reading it clears it.
    public static func connectionError(_ descriptor: Int32) -> Int32 { pendingError(descriptor) }

    /// Reads into `buffer` from `offset` on, at most to its end. The array keeps its size and its memory.
    public static func read(_ descriptor: Int32, into buffer: inout [UInt8], from offset: Int = 0) -> IOResult {
        precondition(offset >= 0 && offset < buffer.count, "a read needs room")
        return readBytes(descriptor, &buffer, offset)
    }

    /// As `read` from the start, but leaves the bytes in the socket.
    public static func peek(_ descriptor: Int32, into buffer: inout [UInt8]) -> IOResult {
        precondition(!buffer.isEmpty, "a read needs room")
        return peekBytes(descriptor, &buffer)
    }

    /// Writes `bytes` from `offset` on, as many as the system takes.
    public static func write(_ descriptor: Int32, _ bytes: [UInt8], from offset: Int = 0) -> IOResult {
        precondition(offset >= 0 && offset < bytes.count, "a write needs bytes")
        return writeBytes(descriptor, bytes, offset)
    }

    /// As `read`, for sockets only: the kernel does less.
    public static func receive(_ socket: Int32, into buffer: inout [UInt8]) -> IOResult {
        precondition(!buffer.isEmpty, "a read needs room")
        return receiveBytes(socket, &buffer)
    }

    /// As `write`, for sockets only: the kernel does less.
    public static func send(_ socket: Int32, _ bytes: [UInt8], from offset: Int = 0) -> IOResult {
        precondition(offset >= 0 && offset < bytes.count, "a write needs bytes")
        return sendBytes(socket, bytes, offset)
    }

    /// The most pieces that one gathered write takes; what is left over is the next write's.
    public static let piecesMax = 16

    /// Writes several arrays by one call: those from `index` on, the first of them from `offset` on. Some may be
    /// empty, but not all: nothing to write is no call.
    public static func write(
        _ descriptor: Int32,
        pieces: [[UInt8]],
        from index: Int = 0,
        offset: Int = 0
    ) -> IOResult {
        precondition(index >= 0 && index < pieces.count, "a write needs bytes")
        precondition(offset >= 0 && offset <= pieces[index].count, "an offset inside the first piece")
        return writePieces(descriptor, pieces, index, offset)
    }

    /// Whether a connection is alive and has nothing to say: neither bytes nor an end wait to be read.
    public static func isQuiet(_ descriptor: Int32) -> Bool { hasNothingToRead(descriptor) }

    /// Tells the other side that no more comes. It may still send. No error: a connection that is gone needs no end.
    public static func shutdownWrite(_ descriptor: Int32) { endWriting(descriptor) }

    /// Sends small packets at once (TCP_NODELAY).
    public static func setNoDelay(_ descriptor: Int32) throws(ReactorError) { try setOption(descriptor, .noDelay, 1) }

    /// Gives a connection up whose peer has not acknowledged what was sent for so long (TCP_USER_TIMEOUT); 0 for the
    /// system's own idea.
    public static func setUserTimeout(_ descriptor: Int32, milliseconds: Int32) throws(ReactorError) {
        try setOption(descriptor, .userTimeout, milliseconds)
    }

    /// Closing the socket drops it with a reset and frees it at once, instead of delivering what was sent.
    public static func setResetOnClose(_ descriptor: Int32) throws(ReactorError) { try setLinger(descriptor) }

    /// Two connected stream sockets, non-blocking and close-on-exec.
    public static func pair() throws(ReactorError) -> (Int32, Int32) { try makeSocketPair() }
}
