// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Reads a head, or a trailer section, from the bytes collected so far. Every byte is looked at once, in order, and the
/// state between two bytes is complete: the verdict is the same however the bytes arrive, and comes with the first
/// byte that decides it.
struct HeadScanner {
    enum Step {
        case method, target, version
        case statusLine
        /// At the first byte of a field line, or of the empty line.
        case lineStart
        case name, value
        /// Behind the CR of a line, and of the empty line.
        case lineFeed, lastLineFeed
        case done
    }

    private(set) var step: Step
    /// The next byte to look at.
    private(set) var index = 0
    /// The first byte of what is being read.
    private var mark = 0

    private(set) var method = HTTPMethod.other
    private(set) var methodEnd = 0
    private(set) var target = RequestTarget(form: .origin, authority: nil, path: 0..<0, query: nil)
    private(set) var isHTTP10 = false
    /// Of a response; 0 until it is read.
    private(set) var status = 0

    private(set) var lines: [FieldLine] = []
    private(set) var present: UInt64 = 0
    private var lineCount = 0
    private var nameEnd = 0
    /// Field lines end before this offset. Known once the request line is read.
    private var fieldsEnd: Int

    private let limits: HTTPLimits
    private let keepsLines: Bool
    private let names: ByteSet

    /// Field offsets are 32 bits wide; this keeps them far from that.
    private static let fieldBytesMax = 16 << 20

    static func head(_ limits: HTTPLimits) -> HeadScanner {
        HeadScanner(step: .method, fieldsEnd: 0, limits: limits, keepsLines: true, names: .fieldName)
    }

    /// The head of a response. Its names may hold `_`: only listed fields go on to a client, and none of them has one.
    /// `limits.requestLineBytes` is the limit of its status line.
    static func response(_ limits: HTTPLimits) -> HeadScanner {
        HeadScanner(step: .statusLine, fieldsEnd: 0, limits: limits, keepsLines: true, names: .token)
    }

    /// A scanner that holds nothing, for the time between heads.
    static var idle: HeadScanner {
        HeadScanner(step: .done, fieldsEnd: 0, limits: HTTPLimits(), keepsLines: false, names: .fieldName)
    }

    /// Trailers obey the grammar and the limits of fields; nobody gets to see them.
    static func trailers(_ limits: HTTPLimits, names: ByteSet) -> HeadScanner {
        let end = min(max(limits.trailerBytes, 0), fieldBytesMax)
        return HeadScanner(step: .lineStart, fieldsEnd: end, limits: limits, keepsLines: false, names: names)
    }

    private init(step: Step, fieldsEnd: Int, limits: HTTPLimits, keepsLines: Bool, names: ByteSet) {
        self.step = step
        self.fieldsEnd = fieldsEnd
        self.limits = limits
        self.keepsLines = keepsLines
        self.names = names
    }

    /// Goes on where the last call stopped. True once the empty line is read; `index` is then behind it.
    mutating func scan(_ collected: [UInt8]) throws(HTTPError) -> Bool {
        let bytes = collected.span
        while index < bytes.count {
            switch step {
            case .method: try scanMethod(bytes)
            case .target: try scanTarget(bytes)
            case .version: try scanVersion(bytes)
            case .statusLine: try scanStatusLine(bytes)
            case .lineStart: try scanLineStart(bytes[index])
            case .name: try scanName(bytes)
            case .value: try scanValue(bytes)
            case .lineFeed, .lastLineFeed: try scanLineFeed(bytes[index])
            case .done: return true
            }
        }
        return step == .done
    }

    private mutating func scanMethod(_ bytes: Span<UInt8>) throws(HTTPError) {
        var at = index
        while at < bytes.count, ByteSet.token.contains(bytes[at]) {
            guard at < limits.methodBytes else { throw HTTPError(501, "method over methodBytes") }
            at += 1
        }
        index = at
        guard at < bytes.count else { return }
        guard bytes[at] == ASCII.space, at > 0 else { throw HTTPError(400, "malformed method") }
        method = HTTPMethod(bytes.extracting(0..<at))
        guard method != .trace else { throw HTTPError(405, "TRACE is not served") }
        guard method != .connect else { throw HTTPError(501, "CONNECT is not served") }
        methodEnd = at
        index = at + 1
        mark = at + 1
        step = .target
    }

    private mutating func scanTarget(_ bytes: Span<UInt8>) throws(HTTPError) {
        let end = min(bytes.count, max(limits.requestLineBytes, 0))
        var at = index
        while at < end, bytes[at] > 0x20, bytes[at] < 0x7F { at += 1 }
        index = at
        guard at < end else {
            if at < bytes.count { throw HTTPError(414, "request line over requestLineBytes") }
            return
        }
        guard bytes[at] == ASCII.space else { throw HTTPError(400, "byte in the request target that no form has") }
        target = try RequestTarget.read(bytes, mark..<at, method)
        index = at + 1
        mark = at + 1
        step = .version
    }

    private mutating func scanVersion(_ bytes: Span<UInt8>) throws(HTTPError) {
        var at = index
        while at < bytes.count, bytes[at] != ASCII.carriageReturn {
            guard at < limits.requestLineBytes else { throw HTTPError(414, "request line over requestLineBytes") }
            guard at - mark < 8, bytes[at] > 0x20, bytes[at] < 0x7F else { throw HTTPError(400, "malformed version") }
            at += 1
        }
        index = at
        guard at < bytes.count else { return }
        try judgeVersion(bytes.extracting(mark..<at))
        finishStartLine(at)
    }

    /// The CR of the first line is at `end`: field lines follow.
    private mutating func finishStartLine(_ end: Int) {
        index = end + 1
        let limit = min(max(limits.headerBytes, 0), Self.fieldBytesMax)
        fieldsEnd = end + 2 + limit
        lines.reserveCapacity(min(16, max(limits.headers, 0)))
        step = .lineFeed
    }

    /// RFC 9112, section 4: version SP status SP [ reason ]. Judged byte by byte, so that a peer which speaks another
    /// protocol is found out by its first bytes.
    private mutating func scanStatusLine(_ bytes: Span<UInt8>) throws(HTTPError) {
        while index < bytes.count {
            let byte = bytes[index]
            if byte == ASCII.carriageReturn, index > 12 { return finishStartLine(index) }
            guard index < limits.requestLineBytes else { throw HTTPError(431, "status line over statusLineBytes") }
            guard Self.isStatusLine(byte, at: index) else { throw HTTPError(400, "malformed status line") }
            if index == 7 { isHTTP10 = byte == 0x30 }
            if 9...11 ~= index { status = status * 10 + Int(byte &- 0x30) }  // Three digits.
            index += 1
        }
    }

    /// HTTP/1.0 or HTTP/1.1, and a status of 100…599: RFC 9110, section 15, has no others.
    private static func isStatusLine(_ byte: UInt8, at index: Int) -> Bool {
        switch index {
        case 0: byte == 0x48
        case 1, 2: byte == 0x54
        case 3: byte == 0x50
        case 4: byte == 0x2F
        case 5: byte == 0x31
        case 6: byte == 0x2E
        case 7: byte == 0x30 || byte == 0x31
        case 8, 12: byte == ASCII.space
        case 9: 0x31...0x35 ~= byte
        case 10, 11: ASCII.isDigit(byte)
        default: ByteSet.isFieldValue(byte)
        }
    }

    /// RFC 9112, section 2.3: `HTTP/` DIGIT `.` DIGIT, in capitals.
    private mutating func judgeVersion(_ text: Span<UInt8>) throws(HTTPError) {
        guard text.count == 8, text.starts(with: "HTTP/"), ASCII.isDigit(text[5]), text[6] == 0x2E,
            ASCII.isDigit(text[7])
        else { throw HTTPError(400, "malformed version") }
        guard text[5] == 0x31, text[7] <= 0x31 else { throw HTTPError(505, "neither HTTP/1.1 nor HTTP/1.0") }
        isHTTP10 = text[7] == 0x30
    }

    private mutating func scanLineStart(_ byte: UInt8) throws(HTTPError) {
        guard byte != ASCII.carriageReturn else {
            index += 1
            step = .lastLineFeed
            return
        }
        guard byte != ASCII.space, byte != ASCII.tab else { throw HTTPError(400, "white space before a field name") }
        guard index < fieldsEnd else { throw HTTPError(431, "field lines over their byte limit") }
        guard lineCount < limits.headers else { throw HTTPError(431, "more field lines than headers allows") }
        lineCount += 1
        mark = index
        step = .name
    }

    private mutating func scanName(_ bytes: Span<UInt8>) throws(HTTPError) {
        let end = min(bytes.count, fieldsEnd)
        let names = names
        var at = bytes.offsetBehindNameBytes(from: index, to: end)
        while at < end, names.contains(bytes[at]) { at += 1 }
        index = at
        guard at < end else { return try requireRoom(bytes) }
        guard bytes[at] == 0x3A, at > mark else { throw HTTPError(400, "malformed field name") }
        nameEnd = at
        index = at + 1
        step = .value
    }

    private mutating func scanValue(_ bytes: Span<UInt8>) throws(HTTPError) {
        let end = min(bytes.count, fieldsEnd)
        var at = bytes.offsetBehindValueBytes(from: index, to: end)
        while at < end, ByteSet.isFieldValue(bytes[at]) { at += 1 }
        index = at
        guard at < end else { return try requireRoom(bytes) }
        guard bytes[at] == ASCII.carriageReturn else { throw HTTPError(400, "control byte in a field value") }
        if keepsLines { try keepLine(bytes, at) }
        index = at + 1
        step = .lineFeed
    }

    /// The CR of the line at `end` is read: what comes before it is the line.
    private mutating func keepLine(_ bytes: Span<UInt8>, _ end: Int) throws(HTTPError) {
        let key = NameKey(bytes, mark..<nameEnd)
        let known = if let key { KnownField.find(key) } else { KnownField?.none }
        if let known {
            guard present & known.bit == 0 || !known.isSingleton else {
                throw HTTPError(400, "second line of a field that may occur once")
            }
            present |= known.bit
        }
        let value = bytes.extracting(nameEnd + 1..<end).trimmed
        lines.append(
            FieldLine(
                name: mark..<nameEnd,
                value: nameEnd + 1 + value.lowerBound..<nameEnd + 1 + value.upperBound,
                known
            )
        )
    }

    private mutating func scanLineFeed(_ byte: UInt8) throws(HTTPError) {
        guard step == .lastLineFeed || index < fieldsEnd else {
            throw HTTPError(431, "field lines over their byte limit")
        }
        guard byte == ASCII.lineFeed else { throw HTTPError(400, "CR without LF") }
        index += 1
        step = step == .lastLineFeed ? .done : .lineStart
    }

    /// A line that is still open at the byte limit has gone over it with the next byte.
    private func requireRoom(_ bytes: Span<UInt8>) throws(HTTPError) {
        guard bytes.count <= fieldsEnd else { throw HTTPError(431, "field lines over their byte limit") }
    }
}
