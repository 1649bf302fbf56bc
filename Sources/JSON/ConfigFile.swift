// SPDX-License-Identifier: Apache-2.0

import Bytes

/// One file of a configuration: JSON in which `//` and `/* */` comments may stand wherever white space may.
///
/// Comments are blanked out with spaces, byte for byte, and what is left is read by the one strict reader. So there is
/// no second, lenient parser, and every offset stays what it was in the file.
public final class ConfigFile: Sendable {
    /// As it was given, for messages.
    public let name: String
    /// The same, for looking up what it names by relative paths.
    public let path: [UInt8]
    /// Files are told of in this order.
    public let order: Int
    public let bytes: [UInt8]
    private let lineStarts: [Int]

    public init(path: [UInt8], order: Int, bytes: [UInt8]) {
        name = ConfigText.plain(path)
        self.path = path
        self.order = order
        self.bytes = bytes
        var starts = [0]
        for index in bytes.indices where bytes[index] == ASCII.lineFeed { starts.append(index + 1) }
        lineStarts = starts
    }

    /// The first byte: where a problem of the file as a whole is told.
    public var start: ConfigPlace { ConfigPlace(file: self, offset: 0) }

    /// The line and the column of a byte, both from 1. Columns count scalar values; an offset past the end is the end.
    public func position(of offset: Int) -> (line: Int, column: Int) {
        let offset = min(offset, bytes.count)
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        let before = bytes[lineStarts[low]..<offset].count { $0 & 0xC0 != 0x80 }
        return (low + 1, before + 1)
    }

    /// The document's value; nil where the text is no JSON, and then the first reason has been reported.
    public func read(_ report: ConfigReport) -> ConfigNode? {
        var text = bytes
        if let open = Self.blankComments(&text) {
            report.error(ConfigPlace(file: self, offset: open), "this comment has no end; close it with */")
            return nil
        }
        do {
            let document = try JSONDocument(text)
            return ConfigNode(key: nil, values: [ConfigValue(json: document.root, file: self)], report: report)
        } catch {
            let (offset, sentence) = ConfigSyntax.explain(error, in: text)
            report.error(ConfigPlace(file: self, offset: offset), sentence)
            return nil
        }
    }

    /// Puts spaces in place of comments, but for line breaks. Gives the offset of a `/*` that is never closed.
    static func blankComments(_ text: inout [UInt8]) -> Int? {
        var index = 0
        while index < text.count {
            switch text[index] {
            case 0x22: index = endOfString(text, from: index)
            case 0x2F where index + 1 < text.count && text[index + 1] == 0x2F:
                while index < text.count, text[index] != ASCII.lineFeed { blank(&text, &index) }
            case 0x2F where index + 1 < text.count && text[index + 1] == 0x2A:
                let open = index
                blank(&text, &index)
                blank(&text, &index)
                while index + 1 < text.count, text[index] != 0x2A || text[index + 1] != 0x2F { blank(&text, &index) }
                guard index + 1 < text.count else { return open }
                blank(&text, &index)
                blank(&text, &index)
            default: index += 1
            }
        }
        return nil
    }

    private static func blank(_ text: inout [UInt8], _ index: inout Int) {
        if text[index] != ASCII.lineFeed, text[index] != ASCII.carriageReturn { text[index] = ASCII.space }
        index += 1
    }

    /// The offset behind a string's closing quotation mark. A string cannot hold a line break, so an open one ends at
    /// the end of its line: the reader will refuse it there.
    private static func endOfString(_ text: [UInt8], from start: Int) -> Int {
        var index = start + 1
        while index < text.count {
            switch text[index] {
            case 0x22: return index + 1
            case ASCII.lineFeed: return index
            case 0x5C where index + 1 < text.count && text[index + 1] != ASCII.lineFeed: index += 2
            default: index += 1
            }
        }
        return text.count
    }
}
