// SPDX-License-Identifier: Apache-2.0

public import Bytes

/// Which field tells from where a request was forwarded.
public enum ForwardedField: Hashable, Sendable {
    /// RFC 7239.
    case forwarded
    /// A list of addresses, as most proxies write it.
    case xForwardedFor

    public var known: KnownField {
        switch self {
        case .forwarded: .forwarded
        case .xForwardedFor: .forwardedFor
        }
    }
}

/// Why such a field cannot be read.
public struct ForwardedError: Error, Equatable, Sendable {
    /// For the log.
    public let reason: StaticString

    init(_ reason: StaticString) { self.reason = reason }

    public static func == (left: ForwardedError, right: ForwardedError) -> Bool {
        left.reason.description == right.reason.description
    }
}

/// The addresses that a request came through, from the first hop to the last proxy but one.
public enum ForwardedHops {
    /// The most hops that one request may name.
    public static let hopsMax = 64

    /// Reads the lines of a field, in their order. Every hop must be told, and by its address: who hides one
    /// (`unknown`, `_secret`) leaves open what stands behind it.
    public static func read(_ lines: [[UInt8]], _ field: ForwardedField) throws(ForwardedError) -> [IPAddress] {
        var hops: [IPAddress] = []
        for line in lines {
            switch field {
            case .forwarded:
                var reader = ForwardedReader(line)
                repeat { try add(try reader.element(), to: &hops) } while try reader.goesOn()
            case .xForwardedFor:
                for element in line.split(separator: 0x2C, omittingEmptySubsequences: false) {
                    let bytes = Array(element)
                    try add(try HopText.listed(Array(bytes[bytes.span.trimmed])), to: &hops)
                }
            }
        }
        return hops
    }

    /// The client: read from the right, the first hop that is no trusted proxy. Where all are, the first of all.
    /// - Parameter trusts: whether an address is a trusted proxy's. The connection's own is.
    public static func client(of hops: [IPAddress], trusts: (IPAddress) -> Bool) -> IPAddress? {
        hops.last { !trusts($0) } ?? hops.first
    }

    private static func add(_ hop: IPAddress, to hops: inout [IPAddress]) throws(ForwardedError) {
        guard hops.count < hopsMax else { throw ForwardedError("too many hops") }
        hops.append(hop)
    }
}

/// The grammar of RFC 7239, section 4, for one line.
private struct ForwardedReader {
    private let line: [UInt8]
    private var index = 0

    init(_ line: [UInt8]) { self.line = line }

    /// One `forwarded-element`. White space round `;` is not in the grammar, is written by many, and has one reading.
    mutating func element() throws(ForwardedError) -> IPAddress {
        var hop: IPAddress?
        repeat {
            skipSpace()
            guard let name = token() else { continue }
            guard take(0x3D) else { throw ForwardedError("malformed Forwarded") }
            let value = try value()
            skipSpace()
            guard name.span.equalsIgnoringCase("for") else { continue }
            guard hop == nil else { throw ForwardedError("Forwarded with two \"for\" in one element") }
            hop = try HopText.node(value)
        } while take(0x3B)
        guard let hop else { throw ForwardedError("Forwarded without \"for\"") }
        return hop
    }

    /// Whether another element follows.
    mutating func goesOn() throws(ForwardedError) -> Bool {
        guard index < line.count else { return false }
        guard take(0x2C) else { throw ForwardedError("malformed Forwarded") }
        return true
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard index < line.count, line[index] == byte else { return false }
        index += 1
        return true
    }

    private mutating func skipSpace() {
        while index < line.count, line[index] == ASCII.space || line[index] == ASCII.tab { index += 1 }
    }

    private mutating func token() -> [UInt8]? {
        let start = index
        while index < line.count, ByteSet.token.contains(line[index]) { index += 1 }
        return index > start ? Array(line[start..<index]) : nil
    }

    private mutating func value() throws(ForwardedError) -> [UInt8] {
        guard take(0x22) else {
            guard let token = token() else { throw ForwardedError("malformed Forwarded") }
            return token
        }
        var text: [UInt8] = []
        while index < line.count {
            var byte = line[index]
            index += 1
            if byte == 0x22 { return text }
            if byte == 0x5C {
                guard index < line.count else { break }
                byte = line[index]
                index += 1
            }
            text.append(byte)
        }
        throw ForwardedError("Forwarded with an open quotation mark")
    }
}

/// One hop as text.
private enum HopText {
    /// RFC 7239, section 6: `192.0.2.43`, `[2001:db8::17]`, either perhaps with a port.
    static func node(_ text: [UInt8]) throws(ForwardedError) -> IPAddress {
        guard let (address, rest) = address(text) else { throw ForwardedError("Forwarded without an address") }
        guard rest.isEmpty || isPort(rest) || isHiddenPort(rest) else {
            throw ForwardedError("Forwarded with a bad port")
        }
        return address
    }

    /// An element of `X-Forwarded-For`: an address, or as above.
    static func listed(_ text: [UInt8]) throws(ForwardedError) -> IPAddress {
        if let address = IPAddress.parse(text.span) { return address }
        guard let (address, rest) = address(text) else { throw ForwardedError("X-Forwarded-For without an address") }
        guard rest.isEmpty || isPort(rest) else { throw ForwardedError("X-Forwarded-For with a bad port") }
        return address
    }

    /// The address in front, IPv6 in brackets only, and what follows it.
    private static func address(_ text: [UInt8]) -> (IPAddress, rest: ArraySlice<UInt8>)? {
        guard text.first == 0x5B else {
            let rest = text.drop { $0 != 0x3A }
            return IPAddress.parse(text.span.extracting(..<rest.startIndex)).map { ($0, rest) }
        }
        guard let close = text.firstIndex(of: 0x5D), text[..<close].contains(0x3A) else { return nil }
        return IPAddress.parse(text.span.extracting(1..<close)).map { ($0, text[(close + 1)...]) }
    }

    /// `:` and one to five digits, at most 65535.
    private static func isPort(_ text: ArraySlice<UInt8>) -> Bool {
        guard 2...6 ~= text.count, text.first == 0x3A,
            let number = DecimalText.parse(Array(text.dropFirst()).span)
        else { return false }
        return number <= 65535
    }

    /// `:_` and a name for a port (RFC 7239, section 6.3).
    private static func isHiddenPort(_ text: ArraySlice<UInt8>) -> Bool {
        text.count > 2 && text.starts(with: [0x3A, 0x5F])
            && text.dropFirst(2).allSatisfy { byte in
                ASCII.isLetter(byte) || ASCII.isDigit(byte) || byte == 0x2E || byte == 0x5F || byte == 0x2D
            }
    }
}
