// SPDX-License-Identifier: Apache-2.0

internal import Bytes
internal import CLinux
internal import Glibc

private let streamFlags = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)

// MARK: Opening

func openSocket(isV4: Bool) throws(ReactorError) -> FileDescriptor {
    FileDescriptor(owning: try checked("socket") { socket(isV4 ? AF_INET : AF_INET6, streamFlags, 0) })
}

func makeSocketPair() throws(ReactorError) -> (Int32, Int32) {
    var ends: (Int32, Int32) = (-1, -1)
    _ = try checked("socketpair") {
        // SAFETY: a pair of Int32 has the layout of the array of two that the kernel fills.
        unsafe withUnsafeMutableBytes(of: &ends) { room in
            unsafe socketpair(AF_UNIX, streamFlags, 0, room.assumingMemoryBound(to: Int32.self).baseAddress)
        }
    }
    return ends
}

func bindAndListen(
    _ descriptor: Int32,
    _ address: IPAddress,
    _ port: UInt16,
    _ backlog: Int32
) throws(ReactorError) {
    _ = try checked("bind") { unsafe withSocketAddress(address, port) { unsafe bind(descriptor, $0, $1) } }
    _ = try checked("listen") { Glibc.listen(descriptor, backlog) }
}

func beginConnect(_ descriptor: Int32, _ address: IPAddress, _ port: UInt16) throws(ReactorError) {
    let result = unsafe withSocketAddress(address, port) { unsafe connect(descriptor, $0, $1) }
    // EINPROGRESS is what a non-blocking connect says; interrupted, it goes on as well.
    guard result != 0, errno != EINPROGRESS, errno != EINTR else { return }
    throw ReactorError(code: errno, what: "connect")
}

func localPort(_ descriptor: Int32) throws(ReactorError) -> UInt16 {
    var storage = sockaddr_storage()
    _ = try checked("getsockname") {
        unsafe withSocketAddress(&storage) { unsafe getsockname(descriptor, $0, $1) }
    }
    return socketPeer(storage).port
}

// MARK: Accepting

func acceptConnection(_ listener: Int32) -> AcceptResult {
    var storage = sockaddr_storage()
    while true {
        let result = uninterrupted {
            unsafe Int(
                withSocketAddress(&storage) {
                    unsafe accept4(listener, $0, $1, Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
                }
            )
        }
        guard result < 0 else {
            let (address, port) = socketPeer(storage)
            return .connection(FileDescriptor(owning: Int32(truncatingIfNeeded: result)), address, port: port)
        }
        switch errno {
        case EAGAIN: return .none
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted(errno)
        // Not a socket that listens: a bug of ours.
        case EINVAL, EOPNOTSUPP: preconditionFailure("accept on a socket that does not listen")
        // The one who waited has gone, or the network under it has (accept(2): treat like EAGAIN). Look at the next.
        default: continue
        }
    }
}

// MARK: Bytes

func readBytes(_ descriptor: Int32, _ buffer: inout [UInt8], _ offset: Int) -> IOResult {
    let count = unsafe buffer.withUnsafeMutableBytes { room in
        // SAFETY: offset is below the count (checked by the caller), so this stays inside the array.
        uninterrupted {
            guard let base = room.baseAddress else { return 0 }
            return unsafe Glibc.read(descriptor, base + offset, room.count - offset)
        }
    }
    return count == 0 ? .end : outcome(count)
}

func hasNothingToRead(_ descriptor: Int32) -> Bool {
    var byte: UInt8 = 0
    // SAFETY: room for the one byte that is asked for, in a variable of ours.
    let count = uninterrupted { unsafe recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) }
    return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)
}

func peekBytes(_ descriptor: Int32, _ buffer: inout [UInt8]) -> IOResult {
    receive(descriptor, &buffer, Int32(MSG_PEEK))
}

func receiveBytes(_ socket: Int32, _ buffer: inout [UInt8]) -> IOResult {
    receive(socket, &buffer, 0)
}

private func receive(_ socket: Int32, _ buffer: inout [UInt8], _ flags: Int32) -> IOResult {
    let count = unsafe buffer.withUnsafeMutableBytes { room in
        // SAFETY: the kernel writes at most as many bytes as the array has.
        uninterrupted { unsafe recv(socket, room.baseAddress, room.count, flags) }
    }
    return count == 0 ? .end : outcome(count)
}

func sendBytes(_ socket: Int32, _ bytes: [UInt8], _ offset: Int) -> IOResult {
    let count = unsafe bytes.withUnsafeBytes { room in
        uninterrupted {
            guard let base = room.baseAddress else { return 0 }
            // SAFETY: offset is below the count (checked by the caller), so this stays inside the array.
            return unsafe Glibc.send(socket, base + offset, room.count - offset, Int32(MSG_NOSIGNAL))
        }
    }
    return outcome(count)
}

func writeBytes(_ descriptor: Int32, _ bytes: [UInt8], _ offset: Int) -> IOResult {
    let count = unsafe bytes.withUnsafeBytes { room in
        // SAFETY: as above.
        uninterrupted {
            guard let base = room.baseAddress else { return 0 }
            return unsafe Glibc.write(descriptor, base + offset, room.count - offset)
        }
    }
    return outcome(count)
}

func writePieces(_ descriptor: Int32, _ pieces: [[UInt8]], _ index: Int, _ offset: Int) -> IOResult {
    let end = min(pieces.count, index + Socket.piecesMax)
    let count = unsafe withUnsafeTemporaryAllocation(of: iovec.self, capacity: end - index) { vectors in
        // SAFETY: room for as many vectors as there are pieces; used during the call only.
        unsafe gather(descriptor, pieces, index..<end, offset, vectors, 0)
    }
    return outcome(count)
}

/// Pins one piece after the other and makes the call when all are pinned. At most `piecesMax` deep.
private func gather(
    _ descriptor: Int32,
    _ pieces: [[UInt8]],
    _ rest: Range<Int>,
    _ offset: Int,
    _ vectors: UnsafeMutableBufferPointer<iovec>,
    _ filled: Int
) -> Int {
    guard let index = rest.first else {
        // SAFETY: `filled` vectors were initialised on the way here and the arrays they point to are pinned.
        return uninterrupted { unsafe writev(descriptor, vectors.baseAddress, Int32(filled)) }
    }
    return unsafe pieces[index].withUnsafeBytes { bytes in
        let start = unsafe bytes.baseAddress.map { unsafe UnsafeMutableRawPointer(mutating: $0) + offset }
        // SAFETY: inside the room, which has one vector for each piece; offset is at most the piece's size. The
        // kernel only reads through the pointer.
        unsafe vectors.initializeElement(at: filled, to: iovec(iov_base: start, iov_len: bytes.count - offset))
        return unsafe gather(descriptor, pieces, rest.dropFirst(), 0, vectors, filled + 1)
    }
}

private func outcome(_ count: Int) -> IOResult {
    guard count < 0 else { return .bytes(count) }
    let code = errno
    return code == EAGAIN ? .wouldBlock : .failed(code)
}

func endWriting(_ descriptor: Int32) {
    // ENOTCONN where the peer has gone: nothing is left to be ended.
    guard shutdown(descriptor, Int32(SHUT_WR)) != 0 else { return }
    precondition(errno != EBADF && errno != ENOTSOCK, "a system call on a descriptor that is not ours")
}

// MARK: Options

enum SocketOption {
    case reuseAddress, reusePort, v6Only, noDelay, userTimeout

    fileprivate var name: (level: Int32, option: Int32) {
        switch self {
        case .reuseAddress: (SOL_SOCKET, SO_REUSEADDR)
        case .reusePort: (SOL_SOCKET, SO_REUSEPORT)
        case .v6Only: (Int32(IPPROTO_IPV6), IPV6_V6ONLY)
        case .noDelay: (Int32(IPPROTO_TCP), TCP_NODELAY)
        case .userTimeout: (Int32(IPPROTO_TCP), TCP_USER_TIMEOUT)
        }
    }
}

func setOption(_ descriptor: Int32, _ option: SocketOption, _ value: Int32) throws(ReactorError) {
    var value = value
    let (level, name) = option.name
    // SAFETY: the kernel reads one Int32 of ours during the call.
    _ = try checked("setsockopt") {
        unsafe setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
    }
}

func setLinger(_ descriptor: Int32) throws(ReactorError) {
    var value = linger(l_onoff: 1, l_linger: 0)
    // SAFETY: the kernel reads one record of ours during the call.
    _ = try checked("setsockopt") {
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
    }
}

func pendingError(_ descriptor: Int32) -> Int32 {
    var code: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    // SAFETY: the kernel writes one Int32 into ours.
    let result = uninterrupted { Int(unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)) }
    return result == 0 ? code : errno
}

// MARK: Addresses

private func withSocketAddress<Result>(
    _ address: IPAddress,
    _ port: UInt16,
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
) -> Result {
    if address.isV4 {
        var v4 = sockaddr_in()
        v4.sin_family = sa_family_t(AF_INET)
        v4.sin_port = port.bigEndian
        v4.sin_addr.s_addr = UInt32(truncatingIfNeeded: address.low).bigEndian
        return unsafe withRawAddress(&v4, body)
    }
    var v6 = sockaddr_in6()
    v6.sin6_family = sa_family_t(AF_INET6)
    v6.sin6_port = port.bigEndian
    let words = (address.high.bigEndian, address.low.bigEndian)
    // SAFETY: both are sixteen bytes.
    unsafe withUnsafeBytes(of: words) { source in
        unsafe withUnsafeMutableBytes(of: &v6.sin6_addr) { unsafe $0.copyMemory(from: source) }
    }
    return unsafe withRawAddress(&v6, body)
}

private func withRawAddress<Address, Result>(
    _ address: inout Address,
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
) -> Result {
    // SAFETY: every socket address begins like `sockaddr`; the length says how far it reaches.
    unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe body($0, socklen_t(MemoryLayout<Address>.size))
        }
    }
}

private func withSocketAddress(
    _ storage: inout sockaddr_storage,
    _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
) -> Int32 {
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    // SAFETY: the storage is large enough for every kind of address; the kernel writes at most its length.
    return unsafe withUnsafeMutablePointer(to: &storage) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, &length) }
    }
}

/// Address and port of a filled-in storage; all zeros for a family that is neither IPv4 nor IPv6.
func socketPeer(_ storage: sockaddr_storage) -> (address: IPAddress, port: UInt16) {
    // SAFETY: read as what its family says it is; the storage is larger than both.
    unsafe withUnsafeBytes(of: storage) { bytes in
        switch Int32(storage.ss_family) {
        case AF_INET:
            let v4 = unsafe bytes.load(as: sockaddr_in.self)
            return (IPAddress(v4: UInt32(bigEndian: v4.sin_addr.s_addr)), UInt16(bigEndian: v4.sin_port))
        case AF_INET6:
            let v6 = unsafe bytes.load(as: sockaddr_in6.self)
            let words = unsafe withUnsafeBytes(of: v6.sin6_addr) {
                unsafe ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            }
            let address = IPAddress(high: UInt64(bigEndian: words.0), low: UInt64(bigEndian: words.1))
            return (address, UInt16(bigEndian: v6.sin6_port))
        default:
            return (IPAddress(high: 0, low: 0), 0)
        }
    }
}
