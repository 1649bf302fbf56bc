// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Reads chunked content (RFC 9112, section 7.1) up to its last chunk. CRLF only, no white space anywhere, extensions
/// by their grammar and then forgotten.
struct ChunkScanner {
    enum Found: Equatable {
        /// Content, as a range of the input.
        case data(Range<Int>)
        /// The last chunk, and the empty line right behind it.
        case end
        /// The last chunk, and the first byte of a trailer line (not consumed).
        case trailers
    }

    private enum Step {
        case sizeStart, size, sizeLineFeed
        case extensionName, extensionNameRest, extensionValue, token, quoted, escaped, quotedEnd
        case data, dataReturn, dataLineFeed
        case lastStart, lastLineFeed
    }

    private var step = Step.sizeStart
    /// The size being read, then what is left of the chunk.
    private var size = 0
    private var digits = 0
    private var extensionBytes = 0
    private var messageExtensionBytes = 0
    /// Content of the chunks before this one.
    private var received = 0

    /// Nil when the input is used up.
    mutating func next(_ input: Span<UInt8>, _ offset: inout Int, _ limits: HTTPLimits) throws(HTTPError) -> Found? {
        while offset < input.count {
            if step == .data { return .data(takeData(input, &offset)) }
            let byte = input[offset]
            if step == .lastStart, byte != ASCII.carriageReturn { return .trailers }
            offset += 1
            if step == .lastLineFeed {
                guard byte == ASCII.lineFeed else { throw HTTPError(400, "CR without LF behind the last chunk") }
                return .end
            }
            try advance(byte, limits)
        }
        return nil
    }

    private mutating func takeData(_ input: Span<UInt8>, _ offset: inout Int) -> Range<Int> {
        let start = offset
        offset += min(size, input.count - start)
        size -= offset - start
        if size == 0 { step = .dataReturn }
        return start..<offset
    }

    private mutating func advance(_ byte: UInt8, _ limits: HTTPLimits) throws(HTTPError) {
        switch step {
        case .sizeStart, .size:
            try advanceSize(byte, limits)
        case .sizeLineFeed:
            guard byte == ASCII.lineFeed else { throw HTTPError(400, "CR without LF behind a chunk size") }
            received += size  // Not over bodyBytes: `addDigit` checks the sum.
            step = size == 0 ? .lastStart : .data
        case .dataReturn:
            guard byte == ASCII.carriageReturn else { throw HTTPError(400, "chunk data longer than its size") }
            step = .dataLineFeed
        case .dataLineFeed:
            guard byte == ASCII.lineFeed else { throw HTTPError(400, "CR without LF behind chunk data") }
            step = .sizeStart
        case .lastStart:
            step = .lastLineFeed
        default:
            try advanceExtension(byte, limits)
        }
    }

    private mutating func advanceSize(_ byte: UInt8, _ limits: HTTPLimits) throws(HTTPError) {
        if let value = ASCII.hexValue(byte) {
            if step == .sizeStart { (size, digits, extensionBytes) = (0, 0, 0) }
            step = .size
            return try addDigit(Int(value), limits)
        }
        guard step == .size else { throw HTTPError(400, "chunk without a size") }
        if byte == ASCII.carriageReturn {
            step = .sizeLineFeed
        } else if byte == 0x3B {
            step = .extensionName
            try countExtension(limits)
        } else {
            throw HTTPError(400, "malformed chunk size")
        }
    }

    private mutating func addDigit(_ value: Int, _ limits: HTTPLimits) throws(HTTPError) {
        digits += 1
        guard digits <= limits.chunkSizeDigits else { throw HTTPError(400, "chunk size over chunkSizeDigits") }
        let (shifted, overflowed) = size.multipliedReportingOverflow(by: 16)
        let (sum, sumOverflowed) = shifted.addingReportingOverflow(value)
        let (total, totalOverflowed) = received.addingReportingOverflow(sum)
        guard !overflowed, !sumOverflowed, !totalOverflowed, total <= limits.bodyBytes else {
            throw HTTPError(413, "chunks over bodyBytes")
        }
        size = sum
    }

    /// *( ";" token [ "=" ( token / quoted-string ) ] ), without the bad white space that RFC 9112 lets a reader take.
    private mutating func advanceExtension(_ byte: UInt8, _ limits: HTTPLimits) throws(HTTPError) {
        let isToken = ByteSet.token.contains(byte)
        switch step {
        case .extensionName where isToken: step = .extensionNameRest
        case .extensionNameRest where isToken, .token where isToken: break
        case .extensionNameRest where byte == 0x3D: step = .extensionValue
        case .extensionValue where isToken: step = .token
        case .extensionValue where byte == 0x22: step = .quoted
        case .quoted where byte == 0x22: step = .quotedEnd
        case .quoted where byte == 0x5C: step = .escaped
        case .quoted where ByteSet.isFieldValue(byte): break
        case .escaped where ByteSet.isFieldValue(byte): step = .quoted
        case .extensionNameRest where byte == 0x3B, .token where byte == 0x3B, .quotedEnd where byte == 0x3B:
            step = .extensionName
        case .extensionNameRest where byte == ASCII.carriageReturn, .token where byte == ASCII.carriageReturn,
            .quotedEnd where byte == ASCII.carriageReturn:
            step = .sizeLineFeed
            return
        default: throw HTTPError(400, "malformed chunk extension")
        }
        try countExtension(limits)
    }

    private mutating func countExtension(_ limits: HTTPLimits) throws(HTTPError) {
        extensionBytes += 1
        messageExtensionBytes += 1
        guard extensionBytes <= limits.chunkExtensionBytes else {
            throw HTTPError(400, "chunk extensions over chunkExtensionBytes")
        }
        guard messageExtensionBytes <= limits.messageExtensionBytes else {
            throw HTTPError(400, "chunk extensions over messageExtensionBytes")
        }
    }
}
