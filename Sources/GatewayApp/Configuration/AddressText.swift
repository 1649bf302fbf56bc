// SPDX-License-Identifier: Apache-2.0

import Bytes

/// IP addresses, listening addresses and blocks of addresses as text.
enum AddressText {
    /// `127.0.0.1` or `::1`; nil for any other text. IPv4 is four decimal numbers without leading zeros, IPv6 as in
    /// RFC 4291, section 2.2, without a zone.
    static func address(_ text: [UInt8]) -> IPAddress? {
        if let word = v4(text[...]) { return IPAddress(v4: word) }
        return v6(text)
    }

    /// `10.0.0.0/8`, `2001:db8::/32` or one address.
    static func range(_ text: [UInt8]) -> AddressRange? {
        let parts = text.split(separator: 0x2F, omittingEmptySubsequences: false).map { Array($0) }
        guard let first = parts.first, let base = address(first), parts.count <= 2 else { return nil }
        let isV4 = !first.contains(0x3A)
        guard parts.count == 2 else { return AddressRange(base: base, prefixLength: 128) }
        guard let bits = decimal(parts[1][...], most: isV4 ? 32 : 128) else { return nil }
        return AddressRange(base: base, prefixLength: isV4 ? bits + 96 : bits)
    }

    /// Whether a block's base has bits behind its prefix, as in `10.0.0.1/8`.
    static func hasBitsBehindPrefix(_ range: AddressRange) -> Bool {
        let length = range.prefixLength
        let high: UInt64 = length >= 64 ? 0 : UInt64.max >> UInt64(length)
        let low: UInt64 = length >= 128 ? 0 : length <= 64 ? .max : UInt64.max >> UInt64(length - 64)
        return range.base.high & high != 0 || range.base.low & low != 0
    }

    /// Why a text is no listening address; ends in what to write.
    enum ListenError: Error {
        case noPort, badPort, hostName, bareV6, allAddresses
    }

    /// `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080` (which is 127.0.0.1); port 0 takes a free one.
    static func listen(_ text: [UInt8]) throws(ListenError) -> ListenAddress {
        let host: ArraySlice<UInt8>
        let rest: ArraySlice<UInt8>
        if text.first == 0x5B {
            guard let close = text.firstIndex(of: 0x5D) else { throw .hostName }
            host = text[1..<close]
            rest = text[(close + 1)...]
        } else {
            guard text.count(where: { $0 == 0x3A }) <= 1 else { throw .bareV6 }
            host = text.prefix { $0 != 0x3A }
            rest = text.dropFirst(host.count)
        }
        let address = text.first == 0x5B ? v6(Array(host)) : v4(host).map { IPAddress(v4: $0) }
        let isLocalhost = Array(host).span.equalsIgnoringCase("localhost") && text.first != 0x5B
        guard let found = isLocalhost ? IPAddress(v4: 0x7F00_0001) : address else {
            throw host.isEmpty || Array(host).equals("*") ? .allAddresses : .hostName
        }
        guard rest.first == 0x3A else { throw .noPort }
        guard let port = decimal(rest.dropFirst(), most: 65535) else { throw .badPort }
        return ListenAddress(address: found, port: UInt16(port))
    }

    private static func v4(_ text: ArraySlice<UInt8>) -> UInt32? {
        let parts = text.split(separator: 0x2E, maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var word: UInt32 = 0
        for part in parts {
            guard let number = decimal(part, most: 255) else { return nil }
            word = word << 8 | UInt32(number)
        }
        return word
    }

    /// A decimal number without sign or leading zeros.
    private static func decimal(_ text: ArraySlice<UInt8>, most: Int) -> Int? {
        guard text.count == 1 || text.first != 0x30, text.count <= 5 else { return nil }
        guard let number = DecimalText.parse(Array(text).span), number <= most else { return nil }
        return number
    }

    private static func v6(_ text: [UInt8]) -> IPAddress? {
        guard text.count >= 2, text.count <= 45 else { return nil }
        var groups: [UInt16] = []
        var gap: Int?
        var index = 0
        if text[0] == 0x3A {
            guard text[1] == 0x3A else { return nil }
            gap = 0
            index = 2
        }
        while index < text.count {
            let part = text[index...].prefix { $0 != 0x3A }
            if part.contains(0x2E) {
                // The last 32 bits may be written as IPv4.
                guard index + part.count == text.count, let word = v4(part) else { return nil }
                groups += [UInt16(truncatingIfNeeded: word >> 16), UInt16(truncatingIfNeeded: word)]
                break
            }
            guard let group = hexadecimal(part) else { return nil }
            groups.append(group)
            index += part.count
            guard index < text.count else { break }
            index += 1
            guard index < text.count else { return nil }
            guard text[index] == 0x3A else { continue }
            guard gap == nil else { return nil }
            gap = groups.count
            index += 1
        }
        return assemble(groups, gap: gap)
    }

    private static func hexadecimal(_ text: ArraySlice<UInt8>) -> UInt16? {
        guard (1...4).contains(text.count) else { return nil }
        var value: UInt16 = 0
        for byte in text {
            guard let digit = ASCII.hexValue(byte) else { return nil }
            value = value << 4 | UInt16(digit)
        }
        return value
    }

    private static func assemble(_ groups: [UInt16], gap: Int?) -> IPAddress? {
        var all = groups
        if let gap {
            guard groups.count < 8 else { return nil }
            all.insert(contentsOf: [UInt16](repeating: 0, count: 8 - groups.count), at: gap)
        }
        guard all.count == 8 else { return nil }
        let words = [all[..<4], all[4...]].map { half in half.reduce(UInt64(0)) { $0 << 16 | UInt64($1) } }
        return IPAddress(high: words[0], low: words[1])
    }
}
