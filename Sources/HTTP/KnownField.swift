// SPDX-License-Identifier: Apache-2.0

import Bytes

/// The field names that the gateway itself asks for or acts upon, recognised once when a head is read.
public enum KnownField: UInt8, CaseIterable, Sendable {
    case host, contentLength, transferEncoding, contentType, contentEncoding, connection, expect
    case authorization, apiKey, cookie, origin, accept, userAgent
    case mcpSessionID, mcpProtocolVersion, mcpMethod, mcpName, lastEventID
    case keepAlive, proxyConnection, te, trailer, upgrade, http2Settings, proxyAuthorization
    case requestID, traceparent, tracestate, forwarded, forwardedFor, forwardedProto, forwardedHost

    /// In lower case. At most 24 bytes (`NameKey`).
    public var name: StaticString {
        switch self {
        case .host: "host"
        case .contentLength: "content-length"
        case .transferEncoding: "transfer-encoding"
        case .contentType: "content-type"
        case .contentEncoding: "content-encoding"
        case .connection: "connection"
        case .expect: "expect"
        case .authorization: "authorization"
        case .apiKey: "x-api-key"
        case .cookie: "cookie"
        case .origin: "origin"
        case .accept: "accept"
        case .userAgent: "user-agent"
        case .mcpSessionID: "mcp-session-id"
        case .mcpProtocolVersion: "mcp-protocol-version"
        case .mcpMethod: "mcp-method"
        case .mcpName: "mcp-name"
        case .lastEventID: "last-event-id"
        case .keepAlive: "keep-alive"
        case .proxyConnection: "proxy-connection"
        case .te: "te"
        case .trailer: "trailer"
        case .upgrade: "upgrade"
        case .http2Settings: "http2-settings"
        case .proxyAuthorization: "proxy-authorization"
        case .requestID: "x-request-id"
        case .traceparent: "traceparent"
        case .tracestate: "tracestate"
        case .forwarded: "forwarded"
        case .forwardedFor: "x-forwarded-for"
        case .forwardedProto: "x-forwarded-proto"
        case .forwardedHost: "x-forwarded-host"
        }
    }

    /// Whether a second line of this name makes the request ambiguous: which of the two counts differs by reader.
    var isSingleton: Bool {
        switch self {
        case .host, .contentLength, .transferEncoding, .contentType, .expect, .authorization, .apiKey, .origin,
            .mcpSessionID, .mcpProtocolVersion, .mcpMethod, .mcpName, .lastEventID:
            true
        default: false
        }
    }

    /// Whether the field ends at this hop (RFC 9110, section 7.6.1): never forwarded, in neither direction.
    public var isHopByHop: Bool {
        switch self {
        case .connection, .transferEncoding, .keepAlive, .proxyConnection, .te, .trailer, .upgrade, .http2Settings,
            .proxyAuthorization:
            true
        default: false
        }
    }

    /// Whether `Connection` may name the field and so ask for its removal. What decides about the request, or is set
    /// by the gateway, may not be taken out by the caller.
    var mayBeNominated: Bool {
        switch self {
        case .keepAlive, .proxyConnection, .te, .trailer, .upgrade, .http2Settings: true
        default: false
        }
    }

    /// The set of present fields holds one bit each.
    var bit: UInt64 { 1 &<< UInt64(rawValue) }

    static func find(_ key: NameKey) -> KnownField? {
        names.find(key)
    }

    private static let names = NameTable()
}

/// A field name of at most 24 bytes in lower case, packed into three words: comparing names is comparing words.
struct NameKey: Equatable, Sendable {
    private let first, second, third: UInt64
    private let count: Int

    static let countMax = 24

    /// Nil for longer names, none of which is known.
    init?(_ text: Span<UInt8>) {
        self.init(text, 0..<text.count)
    }

    /// The key of a part. Faster where eight bytes follow it.
    @inline(__always)
    init?(_ text: Span<UInt8>, _ name: Range<Int>) {
        guard name.count <= Self.countMax else { return nil }
        count = name.count
        first = Self.word(text, name.lowerBound, name.upperBound)
        second = count > 8 ? Self.word(text, name.lowerBound + 8, name.upperBound) : 0
        third = count > 16 ? Self.word(text, name.lowerBound + 16, name.upperBound) : 0
    }

    /// The key of a literal.
    init?(_ text: StaticString) {
        guard let key = text.withSpan({ NameKey($0) }) else { return nil }
        self = key
    }

    /// Up to eight bytes from `start`, the first one lowest.
    @inline(__always)
    private static func word(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> UInt64 {
        guard start <= text.count - 8 else { return wordByByte(text, start, end) }
        let word = text.word(at: start)
        let rest = end - start
        return ASCII.lower(rest >= 8 ? word : word & ((1 &<< UInt64(rest &* 8)) &- 1))
    }

    private static func wordByByte(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> UInt64 {
        var word: UInt64 = 0
        var index = min(start + 8, end)
        while index > start {
            index -= 1
            word = word &<< 8 | UInt64(ASCII.lower(text[index]))
        }
        return word
    }

    /// 0…127.
    var hash: Int {
        let mixed = (first ^ second &* 3 ^ third &* 5 ^ UInt64(truncatingIfNeeded: count)) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: mixed &>> 57)
    }
}

/// Every known name, open addressing with 128 places.
private struct NameTable: Sendable {
    private struct Entry: Sendable {
        let key: NameKey
        let field: KnownField
    }

    private var entries = [Entry?](repeating: nil, count: 128)

    init() {
        for field in KnownField.allCases {
            guard let key = NameKey(field.name) else { continue }
            var place = key.hash
            while entries[place] != nil { place = (place + 1) & 127 }
            entries[place] = Entry(key: key, field: field)
        }
    }

    func find(_ key: NameKey) -> KnownField? {
        var place = key.hash
        while let entry = entries[place] {
            if entry.key == key { return entry.field }
            place = (place + 1) & 127
        }
        return nil
    }
}
