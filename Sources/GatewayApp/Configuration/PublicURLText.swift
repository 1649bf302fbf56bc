// SPDX-License-Identifier: Apache-2.0

import Bytes

/// External origins and values of `Host` as text.
enum PublicURLText {
    enum Problem: Error {
        case scheme, host, port, userInfo, more
    }

    /// `https://mcp.example.com`, `http://127.0.0.1:8080`: a scheme, a host and perhaps a port, nothing else.
    /// The default port of the scheme is left out of the result.
    static func parse(_ text: [UInt8]) throws(Problem) -> PublicURL {
        let lower = text.map { ASCII.lower($0) }
        let isSecure = lower.span.starts(with: "https://")
        guard isSecure || lower.span.starts(with: "http://") else { throw .scheme }
        let scheme: [UInt8] = isSecure ? [UInt8]("https://") : [UInt8]("http://")
        let authority = Array(lower[scheme.count...])
        guard !authority.contains(0x40) else { throw .userInfo }
        guard !authority.contains(where: { $0 == 0x2F || $0 == 0x3F || $0 == 0x23 }) else { throw .more }
        let (host, port) = try split(authority)
        let isDefault = port == (isSecure ? 443 : 80)
        var origin = scheme + host
        if let port, !isDefault {
            origin.append(0x3A)
            DecimalText.append(Int(port), to: &origin)
        }
        return PublicURL(origin: origin, host: host)
    }

    /// A listener's own origin.
    static func origin(of listener: ListenAddress, isTLS: Bool) -> PublicURL {
        let host = hostText(listener.address)
        var origin = (isTLS ? [UInt8]("https://") : [UInt8]("http://")) + host
        if listener.port != (isTLS ? 443 : 80) {
            origin.append(0x3A)
            DecimalText.append(Int(listener.port), to: &origin)
        }
        return PublicURL(origin: origin, host: host)
    }

    /// A host in lower case, IPv6 in brackets, and its port; nil port where there is none.
    static func split(_ authority: [UInt8]) throws(Problem) -> (host: [UInt8], port: UInt16?) {
        let host: [UInt8]
        if authority.first == 0x5B {
            guard let close = authority.firstIndex(of: 0x5D), AddressText.address(Array(authority[1..<close])) != nil
            else { throw .host }
            host = Array(authority[...close])
        } else {
            host = Array(authority.prefix { $0 != 0x3A })
            guard isName(host) else { throw .host }
        }
        let rest = authority.dropFirst(host.count)
        guard let mark = rest.first else { return (host.map { ASCII.lower($0) }, nil) }
        guard mark == 0x3A, rest.count <= 6, let port = DecimalText.parse(Array(rest.dropFirst()).span),
            (1...65535).contains(port)
        else { throw .port }
        return (host.map { ASCII.lower($0) }, UInt16(port))
    }

    /// The address as it stands in a URL or in `Host`.
    static func hostText(_ address: IPAddress) -> [UInt8] {
        var text: [UInt8] = []
        guard !address.isV4 else {
            for shift: UInt64 in [24, 16, 8, 0] {
                if shift < 24 { text.append(0x2E) }
                DecimalText.append(Int(address.low >> shift & 0xFF), to: &text)
            }
            return text
        }
        let groups = [address.high, address.low].flatMap { word in
            [48, 32, 16, 0].map { UInt16(truncatingIfNeeded: word >> UInt64($0)) }
        }
        let gap = longestZeros(groups)
        var index = 0
        while index < 8 {
            if index == gap.lowerBound, gap.count > 1 {
                text.append("::")
                index = gap.upperBound
                continue
            }
            if let last = text.last, last != 0x3A { text.append(0x3A) }
            text += Array(String(groups[index], radix: 16).utf8)
            index += 1
        }
        return [0x5B] + text + [0x5D]
    }

    /// The first longest run of zero groups (RFC 5952, section 4.2.3).
    private static func longestZeros(_ groups: [UInt16]) -> Range<Int> {
        var best = 0..<0
        var start = 0
        for index in 0...groups.count where index == groups.count || groups[index] != 0 {
            if index - start > best.count { best = start..<index }
            start = index + 1
        }
        return best
    }

    /// Letters, digits, `-` and `.`, no empty label.
    private static func isName(_ host: [UInt8]) -> Bool {
        guard (1...253).contains(host.count) else { return false }
        let labels = host.split(separator: 0x2E, omittingEmptySubsequences: false)
        return labels.allSatisfy { label in
            (1...63).contains(label.count)
                && label.allSatisfy { ASCII.isLetter($0) || ASCII.isDigit($0) || $0 == 0x2D || $0 == 0x5F }
        }
    }
}
