// SPDX-License-Identifier: Apache-2.0

import Bytes

extension JSONScanner {
    /// Scans the string that begins at the offset.
    mutating func scanString(isName: Bool) throws(JSONError) {
        let text = text
        let start = offset
        var flags: JSONNode.Flags = []
        var index = start + 1
        while true {
            index = text.firstSpecialOffset(from: index)
            guard index < text.count else { throw JSONError(.unexpectedEnd, at: text.count) }
            let byte = text[index]
            if byte == 0x22 { break }
            if byte >= 0x80 {
                index = try text.checkNonASCII(at: index, &flags)
            } else if byte == 0x5C {
                flags.insert(.escapes)
                index = try text.checkEscape(at: index, isName: isName)
            } else if byte == 0x7F, !isName {
                index += 1
            } else {
                throw JSONError(byte == 0x7F ? .controlCharacterInName : .controlCharacter, at: index)
            }
        }
        offset = index + 1
        if flags.contains(.lineSeparators) { facts.insert(.lineSeparators) }
        nodes.append(JSONNode(.string, start: start, end: index + 1, next: nodes.count + 1, flags: flags))
    }

    /// Scans the number that begins at the offset (RFC 8259, section 6).
    mutating func scanNumber() throws(JSONError) {
        let text = text
        let start = offset
        var index = start
        if text[index] == 0x2D { index += 1 }
        let integer = index
        index = try text.checkDigits(at: index)
        guard index == integer + 1 || text[integer] != 0x30 else { throw JSONError(.invalidNumber, at: start) }
        if index < text.count, text[index] == 0x2E { index = try text.checkDigits(at: index + 1) }
        if index < text.count, text[index] | 0x20 == 0x65 {
            index += 1
            if index < text.count, text[index] == 0x2B || text[index] == 0x2D { index += 1 }
            index = try text.checkDigits(at: index)
        }
        guard index - start <= limits.numberBytesMax else { throw JSONError(.numberTooLong, at: start) }
        offset = index
        nodes.append(JSONNode(.number, start: start, end: index, next: nodes.count + 1))
    }

    /// Scans `true`, `false` or `null`.
    mutating func scanWord(_ word: StaticString, _ kind: JSONValue.Kind) throws(JSONError) {
        let start = offset
        let end = start + word.utf8CodeUnitCount
        guard end <= text.count else { throw JSONError(.unexpectedEnd, at: text.count) }
        guard text.extracting(start..<end).equals(word) else { throw JSONError(.invalidLiteral, at: start) }
        offset = end
        nodes.append(JSONNode(kind, start: start, end: end, next: nodes.count + 1))
    }
}

/// The parts of tokens. They see only the text, so that the scanner's state stays where it is.
extension Span where Element == UInt8 {
    /// Checks a run of bytes over 0x7F; the offset behind it.
    fileprivate func checkNonASCII(at start: Int, _ flags: inout JSONNode.Flags) throws(JSONError) -> Int {
        var index = start
        while true {
            index = offsetBehindPairsOfThree(from: index)
            guard index < count, self[index] >= 0x80 else { return index }
            guard let length = UTF8Text.sequenceLength(self, at: index) else {
                throw JSONError(.invalidUTF8, at: index)
            }
            if isLineSeparator(at: index) { flags.insert(.lineSeparators) }
            index += length
        }
    }

    /// Whether the well-formed sequence here is U+0085, U+2028 or U+2029, where some readers end a line.
    private func isLineSeparator(at index: Int) -> Bool {
        switch self[index] {
        case 0xC2: self[index + 1] == 0x85
        case 0xE2: self[index + 1] == 0x80 && self[index + 2] & 0xFE == 0xA8
        default: false
        }
    }

    /// Checks the escape at the backslash; the offset behind it, or behind the pair that it begins.
    fileprivate func checkEscape(at start: Int, isName: Bool) throws(JSONError) -> Int {
        guard start + 1 < count else { throw JSONError(.unexpectedEnd, at: count) }
        switch self[start + 1] {
        case 0x22, 0x5C, 0x2F:
            return start + 2
        case 0x62, 0x66, 0x6E, 0x72, 0x74:
            guard !isName else { throw JSONError(.controlCharacterInName, at: start) }
            return start + 2
        case 0x75:
            break
        default:
            throw JSONError(.invalidEscape, at: start)
        }
        let unit = try unit(at: start)
        guard unit >= 0x20 && unit != 0x7F || !isName else { throw JSONError(.controlCharacterInName, at: start) }
        guard unit & 0xF800 == 0xD800 else { return start + 6 }
        guard unit < 0xDC00 else { throw JSONError(.loneSurrogate, at: start) }
        guard start + 6 < count else { throw JSONError(.unexpectedEnd, at: count) }
        guard self[start + 6] == 0x5C else { throw JSONError(.loneSurrogate, at: start) }
        guard start + 7 < count else { throw JSONError(.unexpectedEnd, at: count) }
        guard self[start + 7] == 0x75 else { throw JSONError(.loneSurrogate, at: start) }
        guard try self.unit(at: start + 6) & 0xFC00 == 0xDC00 else { throw JSONError(.loneSurrogate, at: start) }
        return start + 12
    }

    /// The code unit of the `\uXXXX` at the offset.
    private func unit(at start: Int) throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for index in start + 2..<start + 6 {
            guard index < count else { throw JSONError(.unexpectedEnd, at: count) }
            guard let digit = ASCII.hexValue(self[index]) else { throw JSONError(.invalidEscape, at: start) }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    /// The offset behind one digit or more.
    @inline(__always)
    fileprivate func checkDigits(at start: Int) throws(JSONError) -> Int {
        var index = start
        while index < count, ASCII.isDigit(self[index]) { index += 1 }
        guard index > start else { throw JSONError(index < count ? .invalidNumber : .unexpectedEnd, at: index) }
        return index
    }
}
