// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Which fields a request to an upstream may have, and how one is written.
public enum UpstreamField {
    /// Names that the gateway writes, for itself or for a client. No other name goes upstream but by configuration.
    static func isWritable(_ name: Span<UInt8>) -> Bool { isWritable(name, KnownField.find(name)) }

    /// - Parameter known: what the name is known as.
    static func isWritable(_ name: Span<UInt8>, _ known: KnownField?) -> Bool {
        if let known { return isWritable(known) }
        guard name.hasPrefixIgnoringCase("mcp-") || name.hasPrefixIgnoringCase("x-gatehouse-") else { return false }
        return isName(name, .fieldName)
    }

    static func isWritable(_ field: KnownField) -> Bool {
        switch field {
        case .accept, .contentType, .mcpSessionID, .mcpProtocolVersion, .mcpMethod, .mcpName, .lastEventID,
            .requestID, .traceparent, .tracestate:
            true
        default: false
        }
    }

    /// Names that the configuration may inject: every token that the gateway does not write itself and that neither
    /// frames nor codes the message nor belongs to one hop.
    static func mayBeInjected(_ name: Span<UInt8>) -> Bool {
        guard isName(name, .token), !isWritable(name), !name.equalsIgnoringCase("accept-encoding") else {
            return false
        }
        guard let known = KnownField.find(name) else { return true }
        // Proxy-Authorization ends at the next hop: the upstream is that hop.
        if known == .proxyAuthorization { return true }
        switch known {
        case .host, .contentLength, .contentEncoding, .expect: return false
        default: return !known.isHopByHop
        }
    }

    /// Whether a value holds no control byte. Tabs are legal in HTTP, and still no value of ours has one.
    static func isValue(_ value: Span<UInt8>) -> Bool {
        var index = value.offsetBehindValueBytes(from: 0, to: value.count)
        while index < value.count, value[index] >= 0x20, value[index] != 0x7F { index += 1 }
        return index == value.count
    }

    /// Writes a line. A byte that `isValue` refuses becomes a space: a client's tabs do.
    static func append(_ name: Span<UInt8>, _ value: Span<UInt8>, to out: inout [UInt8]) {
        out.append(name, 0..<name.count)
        out.append(": ")
        let start = out.count
        out.append(value, 0..<value.count)
        if !isValue(value) {
            for index in start..<out.count where out[index] < 0x20 || out[index] == 0x7F { out[index] = ASCII.space }
        }
        out.append("\r\n")
    }

    /// Whether this is a name that a field may have at all (RFC 9110, section 5.6.2).
    public static func isToken(_ name: Span<UInt8>) -> Bool { isName(name, .token) }

    private static func isName(_ name: Span<UInt8>, _ set: ByteSet) -> Bool {
        for index in name.indices where !set.contains(name[index]) { return false }
        return !name.isEmpty
    }
}
