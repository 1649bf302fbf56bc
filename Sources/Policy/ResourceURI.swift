// SPDX-License-Identifier: Apache-2.0

import Bytes

/// A resource URI in every way that a server is known to read it (semantics 3, "Resource URIs").
///
/// Servers differ: one compares the text, one decodes it, one takes `..` away before it decodes, one after, one strips
/// `notes://` and hands the rest to the file system. The gateway sends the URI as it came and cannot know which it is,
/// so it judges all readings: an allow must match each of them, a deny any of them.
///
/// 1. The first reading: triplets decoded but those of `/ \ ? # %`. Patterns are read the same way (`Pattern`).
/// 2. From each, new ones until there is nothing new: decoded once more or not, then normalised (`URINormalizer`). That
///    may come before or after any decoding. For a URI without triplets, dot segments and odd slashes it is the first
///    reading again.
/// 3. For deny rules alone, coarser ones that a harmless URI may have too (`CoarseReadings`).
///
/// Refused: no scheme, a control character or space, userinfo in any reading, `%` without two digits, over `bytesMax`,
/// not UTF-8 or a control character once decoded, still encoded after `roundsMax` rounds.
struct ResourceURI: Sendable {
    /// The longest URI, in bytes.
    static let bytesMax = 8192
    /// How many times a URI may be decoded after the first reading.
    static let roundsMax = 4
    /// How many texts a URI may turn into on the way.
    static let readingsMax = 16

    /// Never empty; the first reading first.
    let readings: [[UInt8]]
    /// What only deny rules look at.
    let coarseReadings: [[UInt8]]

    init?(_ text: [UInt8]) {
        guard text.count <= Self.bytesMax, !text.contains(0x20), Self.isCleanText(text),
            URILayout.schemeEnd(text) != nil, PercentEncoding.isWellFormed(text.span)
        else { return nil }
        let first = PercentEncoding.firstReading(text)
        guard Self.isCleanText(first), let readings = Self.allReadings(from: first) else { return nil }
        self.readings = readings
        coarseReadings = CoarseReadings.of(readings)
    }

    private static func allReadings(from first: [UInt8]) -> [[UInt8]]? {
        var readings = [first]
        // What is still to be decoded: a reading, or a text as it is between two decodings.
        var texts = [first]
        var rounds = [0]
        var next = 0
        while next < texts.count {
            let text = texts[next]
            let round = rounds[next]
            next += 1
            let normalized = URINormalizer.readings(of: text)
            for reading in normalized where !readings.contains(reading) { readings.append(reading) }
            for reading in normalized where !texts.contains(reading) {
                texts.append(reading)
                rounds.append(round)
            }
            let decoded = PercentEncoding.decodedOnce(text)
            if decoded != text {
                guard round < roundsMax, isCleanText(decoded) else { return nil }
                if !texts.contains(decoded) {
                    texts.append(decoded)
                    rounds.append(round + 1)
                }
            }
            guard !URILayout.hasUserinfo(text), texts.count <= readingsMax else { return nil }
        }
        return readings
    }

    /// UTF-8 without control characters (U+0000…U+001F, U+007F…U+009F).
    private static func isCleanText(_ text: [UInt8]) -> Bool {
        var index = 0
        while index < text.count {
            let (scalar, length) = Scalar.read(text.span, at: index)
            guard scalar >= 0x20, scalar < 0x7F || scalar > 0x9F, scalar < Scalar.beyond else { return false }
            index += length
        }
        return true
    }
}

/// Where the parts of a URI are.
enum URILayout {
    static let slash: UInt8 = 0x2F

    /// The offset of the `:` behind the scheme, nil where the text begins with none (RFC 3986, section 3.1).
    static func schemeEnd(_ text: [UInt8]) -> Int? {
        guard let first = text.first, ASCII.isLetter(first) else { return nil }
        for (index, byte) in text.enumerated() where !isSchemeByte(byte) { return byte == 0x3A ? index : nil }
        return nil
    }

    static func isSchemeByte(_ byte: UInt8) -> Bool {
        ASCII.isLetter(byte) || ASCII.isDigit(byte) || byte == 0x2B || byte == 0x2D || byte == 0x2E
    }

    /// Whether the part between `//` and the next `/`, `?` or `#` holds an `@`.
    static func hasUserinfo(_ text: [UInt8]) -> Bool {
        guard let colon = schemeEnd(text), text[(colon + 1)...].starts(with: [slash, slash]) else { return false }
        return text[(colon + 3)..<authorityEnd(text, from: colon + 3)].contains(0x40)
    }

    static func authorityEnd(_ text: [UInt8], from start: Int) -> Int {
        text[start...].firstIndex { $0 == slash || isTailStart($0) } ?? text.count
    }

    /// `?` and `#` end a path.
    static func isTailStart(_ byte: UInt8) -> Bool { byte == 0x3F || byte == 0x23 }
}
