// SPDX-License-Identifier: Apache-2.0

import Bytes
import HTTP

/// What browsers on other origins may do: semantics, section 6. Cookies play no part here, so credentials are never
/// allowed: what a page sends, it has itself.
struct CrossOrigin: Sendable {
    /// What a page may read of an answer beyond what every page may.
    private static let exposed: StaticString =
        "WWW-Authenticate, Mcp-Session-Id, X-Request-Id, Retry-After, RateLimit, RateLimit-Policy"
    private static let allowed: [StaticString] = [
        "Authorization", "DPoP", "X-API-Key", "Content-Type", "Accept", "Last-Event-ID", "traceparent", "tracestate",
        "Mcp-Session-Id", "MCP-Protocol-Version", "Mcp-Method", "Mcp-Name",
    ]
    /// How long a browser may remember the answer, seconds.
    private static let maxAgeSeconds = 600
    /// `Mcp-*` names of one preflight that are answered, beyond those that are always.
    private static let namesMax = 32
    private static let nameBytesMax = 128

    private let origins: Set<[UInt8]>

    init(_ origins: [[UInt8]]) { self.origins = Set(origins) }

    /// The request's `Origin`, where it is an allowed one.
    func origin(of head: RequestHead) -> [UInt8]? {
        guard !origins.isEmpty, let origin = head.value(.origin), origins.contains(origin) else { return nil }
        return origin
    }

    /// > Fetch, "CORS protocol and HTTP caches": `Vary` also where no origin was sent
    func describe(_ head: inout ResponseHead, to origin: [UInt8]?) {
        guard !origins.isEmpty else { return }
        head.field("Vary", "Origin")
        guard let origin else { return }
        head.field("Access-Control-Allow-Origin", origin)
        head.field("Access-Control-Expose-Headers", Self.exposed)
    }

    /// Whether a page's browser asks what it may send. It is `OPTIONS` with both fields (Fetch, "CORS-preflight").
    static func isPreflight(_ head: RequestHead) -> Bool {
        head.method == .options && head.has(.origin) && head.value("access-control-request-method") != nil
    }

    /// The answer to a preflight from an allowed origin.
    func describePreflight(_ head: inout ResponseHead, to origin: [UInt8], asking request: RequestHead) {
        head.field("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
        head.field("Access-Control-Allow-Origin", origin)
        head.field("Access-Control-Allow-Methods", "POST, GET, DELETE")
        let names = Self.allowed.map(\.bytes) + Self.requestedNames(request)
        head.field("Access-Control-Allow-Headers", Array(names.joined(separator: [0x2C, ASCII.space])))
        head.field("Access-Control-Max-Age", Self.maxAgeSeconds)
    }

    /// The further `Mcp-*` names that the page wants to send.
    private static func requestedNames(_ request: RequestHead) -> [[UInt8]] {
        guard let list = request.value("access-control-request-headers") else { return [] }
        var names: [[UInt8]] = []
        for element in list.split(separator: 0x2C) {
            let bytes = Array(element)
            let name = Array(bytes[bytes.span.trimmed])
            guard names.count < namesMax else { break }
            guard 5...nameBytesMax ~= name.count, UpstreamField.isToken(name.span),
                name.span.extracting(..<4).equalsIgnoringCase("mcp-")
            else { continue }
            names.append(name)
        }
        return names
    }
}

extension Exchange {
    /// > semantics 6: "`OPTIONS` preflight from an allowed origin is 204 without authentication and never forwarded"
    func respondPreflight(_ request: RequestHead, to origin: [UInt8]) {
        record.responseStatus = 204
        var head = ResponseHead(status: 204)
        head.field("X-Request-Id", record.requestID)
        snapshot.crossOrigin.describePreflight(&head, to: origin, asking: request)
        stream.respond(head, body: [], closes: request.framing.hasBody)
        finish()
    }
}
