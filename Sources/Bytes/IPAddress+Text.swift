// SPDX-License-Identifier: Apache-2.0

extension IPAddress {
    /// The address that the text spells, nil if it spells none. IPv4 is four decimal numbers without leading zeros
    /// (other readers take those for octal); IPv6 is a form of RFC 4291, section 2.2, with letters of either case and
    /// perhaps an IPv4 address at its end. No zone, brackets, port or white space.
    public static func parse(_ text: Span<UInt8>) -> IPAddress? {
        guard text.firstOffset(of: colon) == nil else { return parseV6(text) }
        return parseV4(text, from: 0).map { IPAddress(v4: $0) }
    }

    /// The text: dotted IPv4, or IPv6 as RFC 5952 writes it. `parse` gives the same address back.
    public var text: [UInt8] {
        var text: [UInt8] = []
        append(to: &text)
        return text
    }

    /// Appends the text.
    public func append(to text: inout [UInt8]) {
        guard !isV4 else {
            for shift: UInt64 in [24, 16, 8, 0] {
                DecimalText.append(Int(low >> shift & 0xFF), to: &text)
                if shift > 0 { text.append(Self.dot) }
            }
            return
        }
        let groups = self.groups
        let gap = Self.longestGap(groups)
        var index = 0
        while index < 8 {
            if index == gap.lowerBound, !gap.isEmpty {
                text.append("::")
                index = gap.upperBound
                continue
            }
            if index > 0, index != gap.upperBound || gap.isEmpty { text.append(Self.colon) }
            Self.appendGroup(groups[index], to: &text)
            index += 1
        }
    }

    private static let colon: UInt8 = 0x3A
    private static let dot: UInt8 = 0x2E

    private var groups: [UInt16] {
        (0..<8).map { index in
            let word = index < 4 ? high : low
            return UInt16(truncatingIfNeeded: word >> UInt64(48 - index % 4 * 16))
        }
    }

    /// RFC 5952, section 4.2: the longest run of zero groups, the first of several, never a single one.
    private static func longestGap(_ groups: [UInt16]) -> Range<Int> {
        var longest = 0..<0
        var start = 0
        for index in 0..<9 where index == 8 || groups[index] != 0 {
            if index - start > max(longest.count, 1) { longest = start..<index }
            start = index + 1
        }
        return longest
    }

    private static func appendGroup(_ group: UInt16, to text: inout [UInt8]) {
        var digits: [UInt8] = []
        Hex.append(UInt8(group >> 8), to: &digits)
        Hex.append(UInt8(group & 0xFF), to: &digits)
        text.append(contentsOf: digits.drop { $0 == 0x30 })
        if group == 0 { text.append(0x30) }
    }

    /// The dotted quad that fills the text from `start` to its end.
    private static func parseV4(_ text: Span<UInt8>, from start: Int) -> UInt32? {
        var word: UInt32 = 0
        var index = start
        for part in 0..<4 {
            if part > 0 {
                guard index < text.count, text[index] == dot else { return nil }
                index += 1
            }
            let first = index
            var number: UInt32 = 0
            while index < text.count, index - first < 3, ASCII.isDigit(text[index]) {
                number = number * 10 + UInt32(text[index] &- 0x30)
                index += 1
            }
            guard index > first, number <= 255, text[first] != 0x30 || index - first == 1 else { return nil }
            word = word << 8 | number
        }
        return index == text.count ? word : nil
    }

    private static func parseV6(_ text: Span<UInt8>) -> IPAddress? {
        var groups: [UInt16] = []
        var gap: Int?
        var index = 0
        if text.starts(with: "::") {
            gap = 0
            index = 2
        }
        while index < text.count {
            guard groups.count < 8, let (group, end) = hexGroup(text, from: index) else { return nil }
            if end < text.count, text[end] == dot {
                guard groups.count <= 6, let word = parseV4(text, from: index) else { return nil }
                groups += [UInt16(word >> 16), UInt16(word & 0xFFFF)]
                break
            }
            groups.append(group)
            guard end < text.count else { break }
            guard text[end] == colon, end + 1 < text.count else { return nil }
            index = end + 1
            if text[index] == colon {
                guard gap == nil else { return nil }
                gap = groups.count
                index += 1
            }
        }
        return assemble(groups, gap: gap)
    }

    /// One to four hexadecimal digits, and where they end.
    private static func hexGroup(_ text: Span<UInt8>, from start: Int) -> (UInt16, Int)? {
        var group: UInt16 = 0
        var index = start
        while index < text.count, index - start < 4, let digit = ASCII.hexValue(text[index]) {
            group = group << 4 | UInt16(digit)
            index += 1
        }
        return index > start ? (group, index) : nil
    }

    /// Eight groups, or fewer and a gap that stands for at least one.
    private static func assemble(_ groups: [UInt16], gap: Int?) -> IPAddress? {
        var all = groups
        if let gap {
            guard groups.count < 8 else { return nil }
            all.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: gap)
        }
        guard all.count == 8 else { return nil }
        func word(_ part: ArraySlice<UInt16>) -> UInt64 { part.reduce(0) { $0 << 16 | UInt64($1) } }
        return IPAddress(high: word(all[..<4]), low: word(all[4...]))
    }
}

extension AddressRange {
    /// The block that the text spells: an address, `/`, and a prefix length without leading zeros; or an address alone,
    /// which is a block of one. Nil for anything else, and where a bit behind the prefix is set: `10.1.0.0/8` is more
    /// likely a mistake for `/16` than for `10.0.0.0`.
    public static func parse(_ text: Span<UInt8>) -> AddressRange? {
        guard let slash = text.firstOffset(of: 0x2F) else {
            return IPAddress.parse(text).map { AddressRange(base: $0, prefixLength: 128) }
        }
        let address = text.extracting(..<slash)
        let digits = text.extracting((slash + 1)...)
        guard let base = IPAddress.parse(address), digits.count <= 3, let bits = DecimalText.parse(digits),
            digits[0] != 0x30 || digits.count == 1
        else { return nil }
        let isDotted = address.firstOffset(of: 0x3A) == nil
        guard bits <= (isDotted ? 32 : 128) else { return nil }
        let range = AddressRange(base: base, prefixLength: isDotted ? bits + 96 : bits)
        return range.hasHostBits ? nil : range
    }

    /// The text that `parse` reads, always with a prefix length.
    public var text: [UInt8] {
        var text = base.text
        text.append(0x2F)
        DecimalText.append(base.isV4 ? prefixLength - 96 : prefixLength, to: &text)
        return text
    }
}
