// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Why a request to an upstream cannot be written.
public enum RequestWriteError: Error, Equatable, Sendable {
    // The operator's: the address or the injected fields of a server.
    /// Not an origin-form (RFC 9112, section 3.2.1).
    case target
    /// Not a host with perhaps a port.
    case host
    /// Not a token, or a field that the gateway itself writes or that frames a message.
    case injectedName
    /// Injected twice.
    case injectedTwice
    /// A control byte in an injected value.
    case injectedValue
    // The caller's.
    /// Not a field that goes upstream.
    case name
    /// A control byte in a value.
    case value
    /// A second line of a field that may occur once.
    case repeated
}

/// What all requests to one upstream have in common: its address and the fields that the configuration injects, checked
/// once. Never prints its bytes, some of which are secrets.
public struct RequestTemplate: Sendable, CustomStringConvertible, CustomReflectable {
    /// From the space in front of the target to the last injected line.
    let bytes: [UInt8]

    /// - Parameters:
    ///   - target: path and perhaps query of the upstream's URL.
    ///   - host: its host and perhaps port.
    ///   - injected: the configured fields. None may be one that `RequestWriter` writes itself.
    public init(
        target: [UInt8],
        host: [UInt8],
        injected: [(name: [UInt8], value: [UInt8])] = []
    ) throws(RequestWriteError) {
        guard Self.isOriginForm(target) else { throw .target }
        guard HostText.isValid(host.span) else { throw .host }
        var bytes: [UInt8] = [ASCII.space]
        bytes += target
        bytes.append(" HTTP/1.1\r\nhost: ")
        bytes += host
        // What is inspected must be readable: no coding is ever asked for.
        bytes.append("\r\naccept-encoding: identity\r\n")
        var names: [[UInt8]] = []
        for field in injected {
            guard UpstreamField.mayBeInjected(field.name.span) else { throw .injectedName }
            let name = field.name.map(ASCII.lower)
            guard !names.contains(name) else { throw .injectedTwice }
            guard UpstreamField.isValue(field.value.span) else { throw .injectedValue }
            names.append(name)
            UpstreamField.append(field.name.span, field.value.span, to: &bytes)
        }
        self.bytes = bytes
    }

    public var description: String { "RequestTemplate(redacted)" }
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// `/` and then what RFC 3986 has in paths and queries. The operator's own path is not judged further.
    private static func isOriginForm(_ target: [UInt8]) -> Bool {
        guard target.first == 0x2F else { return false }
        var index = 0
        while index < target.count {
            if target[index] == 0x25 {
                guard index + 2 < target.count, ASCII.hexValue(target[index + 1]) != nil,
                    ASCII.hexValue(target[index + 2]) != nil
                else { return false }
            } else if !ByteSet.query.contains(target[index]) {
                return false
            }
            index += 1
        }
        return true
    }
}

/// Builds the head of one request to an upstream, from nothing: own request line, one own `Host`, own framing. Besides
/// the injected fields only listed ones can be written (`field`), and no value with a control byte. It prints none of
/// them.
public struct RequestWriter: Sendable, CustomStringConvertible, CustomReflectable {
    /// The methods that MCP uses.
    public enum Method: Sendable { case get, post, delete }

    private let method: Method
    /// From the method to the last field line.
    private var bytes: [UInt8] = []
    /// Names that `bytes` holds: known ones as bits, others in lower case.
    private var present: UInt64 = 0
    private var others: [[UInt8]] = []

    /// - Parameter room: bytes that the fields and the content are likely to take. More are taken where they do not
    ///   suffice, at the cost of a copy.
    public init(_ template: RequestTemplate, _ method: Method, reserving room: Int = 512) {
        self.method = method
        bytes.reserveCapacity(template.bytes.count + min(max(room, 0), Self.roomMax) + 64)
        switch method {
        case .get: bytes.append("GET")
        case .post: bytes.append("POST")
        case .delete: bytes.append("DELETE")
        }
        bytes.append(contentsOf: template.bytes)
    }

    /// Adds a line: `Accept`, `Content-Type`, `Mcp-*`, `Last-Event-ID`, `X-Request-Id`, the trace context or an
    /// identity field (`X-Gatehouse-*`).
    /// - Throws: `name`, `value` or `repeated`; nothing is added then.
    public mutating func field(_ name: Span<UInt8>, _ value: Span<UInt8>) throws(RequestWriteError) {
        let known = KnownField.find(name)
        guard UpstreamField.isWritable(name, known) else { throw .name }
        try add(name, checked: value, known)
    }

    /// As with spans.
    public mutating func field(_ field: KnownField, _ value: [UInt8]) throws(RequestWriteError) {
        try self.field(field, value.span)
    }

    /// As with spans.
    public mutating func field(_ field: KnownField, _ value: Span<UInt8>) throws(RequestWriteError) {
        guard UpstreamField.isWritable(field) else { throw .name }
        guard UpstreamField.isValue(value) else { throw .value }
        guard present & field.bit == 0 || field.mayRepeat else { throw .repeated }
        present |= field.bit
        field.name.withSpan { UpstreamField.append($0, value, to: &bytes) }
    }

    /// Adds what may pass of a client's head and is not there yet: `Accept`, `Content-Type` (with content only),
    /// `Mcp-*` and the trace context. What the gateway writes itself must be added before. The session id and the event
    /// id never pass: those that a client knows are the gateway's own. Nor do the fields that repeat what the body says
    /// (`Mcp-Method`, `Mcp-Name`, `Mcp-Param-*`): the protocol versions of before 2026-07-28 do not have them, and a
    /// server that believed them might do something else than what was judged.
    /// - Throws: `repeated` for a second line of an `Mcp-*` field: its readers differ in which of the two counts.
    public mutating func pass(from head: RequestHead) throws(RequestWriteError) {
        let before = present
        let othersBefore = others.count
        for line in head.fields {
            let name = head.bytes.span.extracting(line.name)
            guard passes(name, line.known) else { continue }
            if let known = line.known {
                guard before & known.bit == 0 else { continue }
                guard present & known.bit == 0 || known.mayRepeat else { continue }
            } else if let place = place(of: name) {
                guard place < othersBefore else { throw .repeated }
                continue
            }
            add(name, head.bytes.span.extracting(line.value), line.known)
        }
    }

    /// Writes the head.
    /// - Parameter contentLength: of the content that follows. Written for POST alone: the others have none.
    public func append(to out: inout [UInt8], contentLength: Int) {
        out.append(contentsOf: bytes)
        Self.end(&out, method, contentLength)
    }

    /// The whole request: the head, and for POST the content behind it, in one array without a further copy of the
    /// head.
    public consuming func finish(_ content: Span<UInt8>) -> [UInt8] {
        var bytes = bytes
        bytes.reserveCapacity(bytes.count + 48 + content.count)
        Self.end(&bytes, method, content.count)
        if method == .post { bytes.append(contentsOf: content) }
        return bytes
    }

    /// The most that is reserved beforehand.
    private static let roomMax = 1 << 20

    private static func end(_ bytes: inout [UInt8], _ method: Method, _ contentLength: Int) {
        if method == .post {
            bytes.append("content-length: ")
            DecimalText.append(max(contentLength, 0), to: &bytes)
            bytes.append("\r\n")
        }
        bytes.append("\r\n")
    }

    private mutating func add(
        _ name: Span<UInt8>,
        checked value: Span<UInt8>,
        _ known: KnownField?
    ) throws(RequestWriteError) {
        guard UpstreamField.isValue(value) else { throw .value }
        guard !isPresent(name, known) || known?.mayRepeat == true else { throw .repeated }
        add(name, value, known)
    }

    public var description: String { "RequestWriter(redacted)" }
    public var customMirror: Mirror { Mirror(self, children: []) }

    private func passes(_ name: Span<UInt8>, _ known: KnownField?) -> Bool {
        switch known {
        case .accept, .mcpProtocolVersion, .traceparent, .tracestate: true
        case .contentType: method == .post
        case nil: name.hasPrefixIgnoringCase("mcp-") && !name.hasPrefixIgnoringCase("mcp-param-")
        default: false
        }
    }

    private func isPresent(_ name: Span<UInt8>, _ known: KnownField?) -> Bool {
        if let known { return present & known.bit != 0 }
        return place(of: name) != nil
    }

    private func place(of name: Span<UInt8>) -> Int? {
        for (index, other) in others.enumerated() where name.equalsIgnoringCase(other.span) { return index }
        return nil
    }

    private mutating func add(_ name: Span<UInt8>, _ value: Span<UInt8>, _ known: KnownField?) {
        if let known {
            present |= known.bit
        } else {
            others.append(name.array)
        }
        UpstreamField.append(name, value, to: &bytes)
    }
}

extension KnownField {
    static func find(_ name: Span<UInt8>) -> KnownField? {
        NameKey(name).flatMap { find($0) }
    }

    /// Lists, whose lines add up (RFC 9110, section 5.2; W3C Trace Context, section 3.3.1).
    fileprivate var mayRepeat: Bool { self == .accept || self == .tracestate }
}
