// SPDX-License-Identifier: Apache-2.0

import Bytes

/// A resource template (RFC 6570), judged as the pattern that it is: every `{…}` stands for any run, the text between
/// is read as a URI is (`ResourceURI`).
///
/// What an expansion makes of a reading, `..` put in for a variable for instance, is not looked at here: a URI that a
/// client builds from the template is judged when it is used.
struct ResourceTemplate: Sendable {
    /// One pattern for each reading, the first reading first.
    let readings: [Pattern]
    let coarseReadings: [Pattern]
    /// Whether the scheme is written out. Without it nothing can be said of all expansions.
    let hasScheme: Bool

    /// Stands for an expression while the text is read: the last scalar value for private use.
    private static let mark: UInt32 = 0x10_FFFD

    /// Nil for a text with unmatched, nested or empty braces, or one whose expansions would all be refused as URIs.
    init?(_ text: [UInt8]) {
        guard text.count <= ResourceURI.bytesMax, let marked = Self.marked(text) else { return nil }
        if let uri = ResourceURI(marked) {
            readings = uri.readings.map(Self.pattern)
            coarseReadings = uri.coarseReadings.map(Self.pattern)
            hasScheme = true
            return
        }
        guard Self.beginsWithOpenScheme(text) else { return nil }
        // A scheme of its own in front lets the rest be checked and read like any other.
        guard let uri = ResourceURI(Array("x:") + marked) else { return nil }
        readings = [Self.pattern(Array(uri.readings[0].dropFirst(2)))]
        coarseReadings = []
        hasScheme = false
    }

    private static func marked(_ text: [UInt8]) -> [UInt8]? {
        var mark: [UInt8] = []
        UTF8Text.append(Self.mark, to: &mark)
        var result: [UInt8] = []
        var expressionStart: Int?
        for (index, byte) in text.enumerated() {
            switch (byte, expressionStart) {
            case (0x7B, nil): expressionStart = index
            case (0x7B, _): return nil
            case (0x7D, let start?):
                guard index > start + 1 else { return nil }
                result += mark
                expressionStart = nil
            case (0x7D, nil): return nil
            case (_, nil): result.append(byte)
            default: continue
            }
        }
        // A text that holds the mark itself would be judged wider than it is.
        guard expressionStart == nil, !contains(text, mark) else { return nil }
        return result
    }

    /// Whether an expression comes before anything that cannot be part of a scheme.
    private static func beginsWithOpenScheme(_ text: [UInt8]) -> Bool {
        text.first { !URILayout.isSchemeByte($0) } == 0x7B
    }

    private static func pattern(_ reading: [UInt8]) -> Pattern {
        var tokens: [Pattern.Token] = []
        var index = 0
        while index < reading.count {
            let (scalar, length) = Scalar.read(reading.span, at: index)
            tokens.append(scalar == mark ? .run : .scalar(scalar))
            index += length
        }
        return Pattern(tokens: tokens)
    }

    private static func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
        guard text.count >= part.count else { return false }
        for start in 0...(text.count - part.count) where text[start...].starts(with: part) { return true }
        return false
    }
}
