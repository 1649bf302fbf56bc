// SPDX-License-Identifier: Apache-2.0

/// As much of Swift's grammar as counting braces and finding words takes. It knows comments, strings with
/// interpolation, and raw names; it does not know regex literals that hold a quote.
enum SwiftText {
    private static let newline: UInt8 = 0x0A
    private static let quote: UInt8 = 0x22
    private static let blank: UInt8 = 0x20

    /// The text with the contents of comments, strings and raw names replaced by spaces, line for line.
    static func blanked(_ text: [UInt8]) -> [UInt8] {
        var scanner = Scanner(text: text)
        scanner.scanCode(until: nil)
        return scanner.out
    }

    private struct Scanner {
        let text: [UInt8]
        var out: [UInt8]
        var index = 0

        init(text: [UInt8]) {
            self.text = text
            out = text
        }

        func at(_ offset: Int) -> UInt8? { offset < text.count ? text[offset] : nil }

        mutating func erase(_ count: Int = 1) {
            for _ in 0..<count where index < text.count {
                if text[index] != newline { out[index] = blank }
                index += 1
            }
        }

        /// Reads code; `until` is the closing parenthesis of an interpolation, which is erased with what it holds.
        mutating func scanCode(until close: UInt8?) {
            var depth = 0
            while let byte = at(index) {
                if let close {
                    if byte == close, depth == 0 { return }
                    if byte == UInt8(ascii: "(") { depth += 1 }
                    if byte == UInt8(ascii: ")") { depth -= 1 }
                }
                if scanComment() || scanString() || scanRawName() { continue }
                if close == nil { index += 1 } else { erase() }
            }
        }

        mutating func scanComment() -> Bool {
            guard at(index) == UInt8(ascii: "/") else { return false }
            if at(index + 1) == UInt8(ascii: "/") {
                while let byte = at(index), byte != newline { erase() }
                return true
            }
            guard at(index + 1) == UInt8(ascii: "*") else { return false }
            var depth = 0
            repeat {
                if at(index) == UInt8(ascii: "/"), at(index + 1) == UInt8(ascii: "*") {
                    depth += 1
                    erase(2)
                } else if at(index) == UInt8(ascii: "*"), at(index + 1) == UInt8(ascii: "/") {
                    depth -= 1
                    erase(2)
                } else {
                    erase()
                }
            } while depth > 0 && index < text.count
            return true
        }

        mutating func scanRawName() -> Bool {
            guard at(index) == UInt8(ascii: "`") else { return false }
            erase()
            while let byte = at(index), byte != newline, byte != UInt8(ascii: "`") { erase() }
            erase()
            return true
        }

        mutating func scanString() -> Bool {
            var hashes = 0
            while at(index + hashes) == UInt8(ascii: "#") { hashes += 1 }
            guard at(index + hashes) == quote else { return false }
            let isLong = at(index + hashes + 1) == quote && at(index + hashes + 2) == quote
            let quotes = isLong ? 3 : 1
            erase(hashes + quotes)
            while let byte = at(index) {
                if byte == newline, !isLong { return true }
                if run(of: quote, at: index) >= quotes, run(of: UInt8(ascii: "#"), at: index + quotes) >= hashes {
                    erase(quotes + hashes)
                    return true
                }
                if byte == UInt8(ascii: "\\"), run(of: UInt8(ascii: "#"), at: index + 1) >= hashes {
                    scanEscape(hashes: hashes)
                } else {
                    erase()
                }
            }
            return true
        }

        mutating func scanEscape(hashes: Int) {
            erase(1 + hashes)
            let isInterpolation = at(index) == UInt8(ascii: "(")
            erase()
            if isInterpolation {
                scanCode(until: UInt8(ascii: ")"))
                erase()
            }
        }

        func run(of byte: UInt8, at start: Int) -> Int {
            var count = 0
            while at(start + count) == byte { count += 1 }
            return count
        }
    }
}

/// A stretch of lines that one construct takes.
struct Block: Equatable {
    /// `func`, `init`, `deinit` or `switch`.
    let keyword: String
    /// Counted from 1.
    let line: Int
    let lineCount: Int
}

extension SwiftText {
    /// The functions, initializers and switches of blanked code that have a body.
    static func blocks(_ code: [UInt8]) -> [Block] {
        var found: [Block] = []
        var line = 1
        var index = 0
        while index < code.count {
            if code[index] == newline { line += 1 }
            guard isWordByte(code[index]) else {
                index += 1
                continue
            }
            let start = index
            while index < code.count, isWordByte(code[index]) { index += 1 }
            let before = start > 0 ? code[start - 1] : newline
            let word = String(decoding: code[start..<index], as: UTF8.self)
            // `self.init`, `.init` and `#function` are no declarations.
            guard before != UInt8(ascii: "."), before != UInt8(ascii: "#"),
                ["func", "init", "deinit", "switch"].contains(word),
                let body = bodyStart(code, from: index, isSwitch: word == "switch"),
                let end = closingBrace(code, of: body)
            else { continue }
            let lines = code[start...end].count { $0 == newline } + 1
            found.append(Block(keyword: word, line: line, lineCount: lines))
        }
        return found
    }

    /// The offset of the `{` that opens the body; nil for a requirement of a protocol.
    private static func bodyStart(_ code: [UInt8], from start: Int, isSwitch: Bool) -> Int? {
        var depth = 0
        for index in start..<code.count {
            switch code[index] {
            case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "{") where depth == 0: return index
            case UInt8(ascii: "}") where depth == 0: return nil
            case newline where depth == 0 && !isSwitch && !signatureGoesOn(code, from: index): return nil
            default: break
            }
            if depth < 0 { return nil }
        }
        return nil
    }

    private static func signatureGoesOn(_ code: [UInt8], from start: Int) -> Bool {
        guard let next = code[start...].firstIndex(where: { $0 != blank && $0 != newline }) else { return false }
        return ["{", "->", "throws", "async", "where", "rethrows"].contains { code[next...].starts(with: $0.utf8) }
    }

    private static func closingBrace(_ code: [UInt8], of open: Int) -> Int? {
        var depth = 0
        for index in open..<code.count {
            if code[index] == UInt8(ascii: "{") { depth += 1 }
            if code[index] == UInt8(ascii: "}") { depth -= 1 }
            if depth == 0 { return index }
        }
        return nil
    }

    static func isWordByte(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || byte >= 0x80 || (byte >= 0x30 && byte <= 0x39)
            || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A)
    }
}
