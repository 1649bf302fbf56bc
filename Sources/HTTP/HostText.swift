// SPDX-License-Identifier: Apache-2.0

import Bytes

/// The text of a `Host` field or of an authority without user information (RFC 9110, section 7.2).
enum HostText {
    /// A name, an IPv4 address or an IPv6 address in brackets, and perhaps a port. At most 255 bytes of name.
    static func isValid(_ text: Span<UInt8>) -> Bool {
        guard !text.isEmpty else { return false }
        let end: Int
        if text[0] == 0x5B {
            guard let close = text.firstOffset(of: 0x5D), isIPv6(text.extracting(1..<close)) else { return false }
            end = close + 1
        } else {
            var index = 0
            while index < text.count, ByteSet.hostName.contains(text[index]) { index += 1 }
            guard 1...255 ~= index else { return false }
            end = index
        }
        return end == text.count || isPort(text.extracting(end...))
    }

    /// `:` and one to five digits, at most 65535. An empty port is legal in RFC 3986, and refused: nobody writes it.
    private static func isPort(_ text: Span<UInt8>) -> Bool {
        guard 2...6 ~= text.count, text[0] == 0x3A else { return false }
        guard let port = DecimalText.parse(text.extracting(1...)) else { return false }
        return port <= 65535
    }

    /// RFC 3986, section 3.2.2: `IPv6address`; no zone and no `IPvFuture`.
    static func isIPv6(_ text: Span<UInt8>) -> Bool {
        var groups = 0
        var isCompressed = false
        var index = 0
        if text.starts(with: "::") {
            isCompressed = true
            index = 2
        }
        while index < text.count {
            let start = index
            while index < text.count, ASCII.hexValue(text[index]) != nil { index += 1 }
            if index < text.count, text[index] == 0x2E {
                guard isIPv4(text.extracting(start...)) else { return false }
                groups += 2
                break
            }
            guard 1...4 ~= index - start else { return false }
            groups += 1
            guard index < text.count else { break }
            guard text[index] == 0x3A, index + 1 < text.count else { return false }
            index += 1
            if text[index] == 0x3A {
                guard !isCompressed else { return false }
                isCompressed = true
                index += 1
            }
        }
        return isCompressed ? groups <= 7 : groups == 8
    }

    private static func isIPv4(_ text: Span<UInt8>) -> Bool {
        var octets = 0
        var index = 0
        while true {
            let start = index
            while index < text.count, ASCII.isDigit(text[index]) { index += 1 }
            guard 1...3 ~= index - start, let octet = DecimalText.parse(text.extracting(start..<index)) else {
                return false
            }
            guard octet <= 255, index - start == 1 || text[start] != 0x30 else { return false }
            octets += 1
            guard index < text.count else { return octets == 4 }
            guard text[index] == 0x2E else { return false }
            index += 1
        }
    }
}
