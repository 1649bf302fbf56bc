// SPDX-License-Identifier: Apache-2.0

import Bytes

/// What a head means for its message.
struct HeadVerdict {
    let keepAlive: Bool
    let framing: RequestHead.Framing
    let host: Range<Int>
    let expectsContinue: Bool
    let hasContentCoding: Bool

    init(_ judge: borrowing HeadJudge, _ limits: HTTPLimits) throws(HTTPError) {
        keepAlive = try judge.connection()
        framing = try judge.framing()
        host = try judge.host()
        let expects = try judge.expectsContinue()
        expectsContinue = expects && framing != .none && framing != .length(0)
        hasContentCoding = judge.hasContentCoding()
    }
}

/// Reads the fields of a head: how it is framed, for whom it is, whether the connection lives on.
struct HeadJudge: ~Escapable {
    private let bytes: Span<UInt8>
    private let scanner: HeadScanner

    @_lifetime(copy bytes)
    init(bytes: Span<UInt8>, scanner: HeadScanner) {
        self.bytes = bytes
        self.scanner = scanner
    }

    /// RFC 9112, section 6.3, with everything refused that a second reader could frame otherwise.
    func framing() throws(HTTPError) -> RequestHead.Framing {
        if has(.transferEncoding) {
            try judgeTransferEncoding()
            return .chunked
        }
        guard has(.contentLength) else { return .none }
        return .length(try contentLength())
    }

    private func judgeTransferEncoding() throws(HTTPError) {
        guard !scanner.isHTTP10 else { throw HTTPError(400, "Transfer-Encoding in HTTP/1.0") }
        guard !has(.contentLength) else { throw HTTPError(400, "Transfer-Encoding and Content-Length") }
        let text = bytes.extracting(first(.transferEncoding))
        guard !text.equalsIgnoringCase("chunked") else { return }
        for index in text.indices where !ByteSet.token.contains(text[index]) {
            throw HTTPError(400, "Transfer-Encoding other than chunked alone")
        }
        throw text.isEmpty ? HTTPError(400, "empty Transfer-Encoding") : HTTPError(501, "unknown transfer coding")
    }

    /// `1*DIGIT`, at most 19 of them; leading zeros are legal.
    private func contentLength() throws(HTTPError) -> Int {
        let text = bytes.extracting(first(.contentLength))
        guard 1...19 ~= text.count else { throw HTTPError(400, "Content-Length without or with too many digits") }
        for index in text.indices where !ASCII.isDigit(text[index]) {
            throw HTTPError(400, "Content-Length that is no number")
        }
        // Nineteen digits can pass Int.max, which no limit does.
        guard let length = DecimalText.parse(text) else { throw HTTPError(413, "Content-Length over any limit") }
        return length
    }

    /// The `Host` field must be there in HTTP/1.1 and valid wherever it is, also when an absolute form replaces it.
    func host() throws(HTTPError) -> Range<Int> {
        guard has(.host) else {
            guard scanner.isHTTP10 else { throw HTTPError(400, "no Host") }
            return scanner.target.authority ?? 0..<0
        }
        let range = first(.host)
        guard HostText.isValid(bytes.extracting(range)) else { throw HTTPError(400, "invalid Host") }
        return scanner.target.authority ?? range
    }

    /// RFC 9110, section 10.1.1. HTTP/1.0 has no expectations.
    func expectsContinue() throws(HTTPError) -> Bool {
        guard has(.expect), !scanner.isHTTP10 else { return false }
        guard bytes.extracting(first(.expect)).equalsIgnoringCase("100-continue") else {
            throw HTTPError(417, "unknown expectation")
        }
        return true
    }

    /// RFC 9110, section 8.4. A list of `identity` is not legal and counts as a coding.
    func hasContentCoding() -> Bool {
        guard has(.contentEncoding) else { return false }
        for line in scanner.lines where line.known == .contentEncoding {
            guard bytes.extracting(line.value).equalsIgnoringCase("identity") else { return true }
        }
        return false
    }

    /// Whether the connection persists (RFC 9112, section 9.3). Refuses a `Connection` that asks for the removal of a
    /// field which decides about the request.
    func connection() throws(HTTPError) -> Bool {
        guard has(.connection) else { return !scanner.isHTTP10 }
        if bytes.extracting(first(.connection)).equalsIgnoringCase("keep-alive"), isOnly(.connection) { return true }
        var options = ConnectionOptions()
        for line in scanner.lines where line.known == .connection {
            try options.read(bytes.extracting(line.value))
        }
        return !options.close && (options.keepAlive || !scanner.isHTTP10)
    }

    private func has(_ field: KnownField) -> Bool { scanner.present & field.bit != 0 }

    /// Whether a field that is present has one line.
    private func isOnly(_ field: KnownField) -> Bool {
        var count = 0
        for line in scanner.lines where line.known == field { count += 1 }
        return count == 1
    }

    /// Only for fields that are present.
    private func first(_ field: KnownField) -> Range<Int> {
        for line in scanner.lines where line.known == field { return line.value }
        return 0..<0
    }
}

/// What the `Connection` lines of a head say.
private struct ConnectionOptions {
    private(set) var close = false
    private(set) var keepAlive = false

    /// A list of tokens; empty elements are legal (RFC 9110, section 5.6.1.2) and the header limit bounds them.
    mutating func read(_ list: Span<UInt8>) throws(HTTPError) {
        var start = 0
        while start <= list.count {
            let end = list.firstOffset(of: 0x2C, from: start) ?? list.count
            let element = list.extracting(start..<end)
            try readOption(element.extracting(element.trimmed))
            start = end + 1
        }
    }

    private mutating func readOption(_ option: Span<UInt8>) throws(HTTPError) {
        guard !option.isEmpty else { return }
        for index in option.indices where !ByteSet.token.contains(option[index]) {
            throw HTTPError(400, "malformed Connection")
        }
        if option.equalsIgnoringCase("close") {
            close = true
        } else if option.equalsIgnoringCase("keep-alive") {
            keepAlive = true
        } else {
            try judgeNomination(option)
        }
    }

    private func judgeNomination(_ name: Span<UInt8>) throws(HTTPError) {
        let known = NameKey(name).flatMap { KnownField.find($0) }
        let isOurs = name.hasPrefixIgnoringCase("mcp-") || name.hasPrefixIgnoringCase("x-gatehouse-")
        guard known?.mayBeNominated ?? !isOurs else {
            throw HTTPError(400, "Connection names a field that may not be removed")
        }
    }
}

extension Span where Element == UInt8 {
    func hasPrefixIgnoringCase(_ prefix: StaticString) -> Bool {
        count >= prefix.utf8CodeUnitCount && extracting(0..<prefix.utf8CodeUnitCount).equalsIgnoringCase(prefix)
    }
}
