// SPDX-License-Identifier: Apache-2.0

public import Bytes

/// Why the beginning of a connection is no PROXY header. The connection cannot go on.
public struct ProxyHeaderError: Error, Equatable, Sendable {
    /// For the log.
    public let reason: StaticString

    init(_ reason: StaticString) { self.reason = reason }

    public static func == (left: ProxyHeaderError, right: ProxyHeaderError) -> Bool {
        left.reason.description == right.reason.description
    }
}

/// Whose connection a proxy passes on.
public enum ProxiedPeer: Equatable, Sendable {
    /// The proxy's own (`LOCAL`: a health check), or one that has no address (`UNKNOWN`, a UNIX socket): who is
    /// connected is the peer of the socket.
    case socket
    case address(IPAddress, port: UInt16)
}

/// Reads the header that a proxy puts in front of a connection: the PROXY protocol of HAProxy, versions 1 and 2. There
/// is one, or the connection is refused; it is never guessed whether there may be one.
public struct ProxyHeaderReader: Sendable {
    /// The longest line of version 1, its end included.
    public static let lineBytesMax = 107
    /// The most that version 2 may say behind its first sixteen bytes: addresses and what proxies add (TLVs).
    public static let extensionBytesMax = 4096

    private static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
    private static let word = [UInt8]("PROXY ")
    private static let fixedBytes = 16

    private var read: [UInt8] = []

    public init() {}

    /// Takes the next bytes of the connection, of which it consumes only those that belong to the header.
    /// - Returns: nil while it is incomplete.
    public mutating func next(_ bytes: Span<UInt8>, offset: inout Int) throws(ProxyHeaderError) -> ProxiedPeer? {
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            read.append(byte)
            let peer = read[0] == Self.word[0] ? try line(byte) : try block(byte)
            if let peer { return peer }
        }
        return nil
    }

    // MARK: version 1

    private func line(_ byte: UInt8) throws(ProxyHeaderError) -> ProxiedPeer? {
        if read.count <= Self.word.count {
            guard byte == Self.word[read.count - 1] else { throw ProxyHeaderError("no PROXY header") }
            return nil
        }
        guard byte == ASCII.lineFeed else {
            guard read.count < Self.lineBytesMax else { throw ProxyHeaderError("PROXY line too long") }
            guard read[read.count - 2] != ASCII.carriageReturn else { throw ProxyHeaderError("malformed PROXY line") }
            return nil
        }
        guard read[read.count - 2] == ASCII.carriageReturn else { throw ProxyHeaderError("malformed PROXY line") }
        let words = read[Self.word.count..<read.count - 2].split(
            separator: ASCII.space,
            omittingEmptySubsequences: false
        )
        .map { Array($0) }
        guard let family = words.first else { throw ProxyHeaderError("malformed PROXY line") }
        if family.equals("UNKNOWN") { return .socket }
        let isV6 = family.equals("TCP6")
        guard words.count == 5, isV6 || family.equals("TCP4"), let source = Self.address(words[1], isV6: isV6),
            Self.address(words[2], isV6: isV6) != nil, let port = Self.port(words[3]), Self.port(words[4]) != nil
        else { throw ProxyHeaderError("malformed PROXY line") }
        return .address(source, port: port)
    }

    private static func address(_ text: [UInt8], isV6: Bool) -> IPAddress? {
        guard text.contains(0x3A) == isV6 else { return nil }
        return IPAddress.parse(text.span)
    }

    private static func port(_ text: [UInt8]) -> UInt16? {
        guard text.count == 1 || text.first != 0x30, let number = DecimalText.parse(text.span) else { return nil }
        return UInt16(exactly: number)
    }

    // MARK: version 2

    private func block(_ byte: UInt8) throws(ProxyHeaderError) -> ProxiedPeer? {
        if read.count <= Self.signature.count {
            guard byte == Self.signature[read.count - 1] else { throw ProxyHeaderError("no PROXY header") }
            return nil
        }
        if read.count == 13 {
            guard byte == 0x20 || byte == 0x21 else { throw ProxyHeaderError("unknown PROXY version or command") }
        }
        guard read.count >= Self.fixedBytes else { return nil }
        let length = Int(read[14]) << 8 | Int(read[15])
        guard length <= Self.extensionBytesMax else { throw ProxyHeaderError("PROXY header too long") }
        guard read.count == Self.fixedBytes + length else { return nil }
        return try peer(read[13], length: length)
    }

    private func peer(_ family: UInt8, length: Int) throws(ProxyHeaderError) -> ProxiedPeer {
        // LOCAL: the proxy speaks for itself, whatever stands behind.
        guard read[12] == 0x21 else { return .socket }
        switch family {
        case 0x00: return .socket
        case 0x11:
            guard length >= 12 else { throw ProxyHeaderError("PROXY addresses cut short") }
            return .address(IPAddress(v4: UInt32(truncatingIfNeeded: word(16, 4))), port: UInt16(word(24, 2)))
        case 0x21:
            guard length >= 36 else { throw ProxyHeaderError("PROXY addresses cut short") }
            return .address(IPAddress(high: word(16, 8), low: word(24, 8)), port: UInt16(word(48, 2)))
        case 0x31:
            guard length >= 216 else { throw ProxyHeaderError("PROXY addresses cut short") }
            return .socket
        default:
            // Datagrams do not come through this socket, and other families are not defined.
            throw ProxyHeaderError("unknown PROXY address family")
        }
    }

    /// A number in network order. Only within what has been read.
    private func word(_ start: Int, _ count: Int) -> UInt64 {
        read[start..<start + count].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
