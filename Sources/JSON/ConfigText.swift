// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Text from a configuration, made fit for a message.
public enum ConfigText {
    /// How much of a value a message shows.
    public static let shownBytesMax = 80

    /// In quotation marks, cut to `shownBytesMax`, without anything that a terminal would act on. What looks like one
    /// of the gateway's own keys is not shown: a key that was pasted into the wrong place must not get into a log.
    public static func quoted(_ text: [UInt8]) -> String {
        "\"" + plain(text, limit: shownBytesMax) + "\""
    }

    /// The text without control characters, bidirectional marks or bytes that are no UTF-8.
    public static func plain(_ text: [UInt8], limit: Int = .max) -> String {
        let marker = StaticString("ghk_").bytes
        if let key = firstOffset(of: marker, in: text) {
            return plain(Array(text[..<key]), limit: limit) + "ghk_‹redacted›"
        }
        var shown: [UInt8] = []
        var index = 0
        while index < text.count {
            guard let length = UTF8Text.sequenceLength(text.span, at: index), index + length <= limit else {
                guard index < limit else { break }
                shown.append("?")
                index += 1
                continue
            }
            let sequence = text[index..<index + length]
            if isHarmless(sequence) { shown.append(contentsOf: sequence) } else { shown.append("?") }
            index += length
        }
        if index < text.count { shown.append("…") }
        return String(decoding: shown, as: UTF8.self)
    }

    /// `"a", "b" and "c"`.
    public static func list(_ names: [StaticString], joining word: String = "and") -> String {
        let quoted = names.map { "\"\($0)\"" }
        guard let last = quoted.last, quoted.count > 1 else { return quoted.first ?? "" }
        return quoted.dropLast().joined(separator: ", ") + " \(word) " + last
    }

    private static func firstOffset(of part: [UInt8], in text: [UInt8]) -> Int? {
        guard text.count >= part.count else { return nil }
        return (0...text.count - part.count).first { text[$0..<$0 + part.count].elementsEqual(part) }
    }

    /// No C0 or C1 control, no line or paragraph separator, no mark that turns the direction of text.
    private static func isHarmless(_ sequence: ArraySlice<UInt8>) -> Bool {
        guard let scalar = String(decoding: sequence, as: UTF8.self).unicodeScalars.first?.value else { return false }
        switch scalar {
        case 0..<0x20, 0x7F..<0xA0, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF: return false
        default: return true
        }
    }
}
