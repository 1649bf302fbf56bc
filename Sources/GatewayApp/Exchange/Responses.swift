// SPDX-License-Identifier: Apache-2.0

import Bytes
import HTTP
import JSON
import MCP
import Policy
import Sessions

/// What a caller is told of a refusal: contract, section 3. The only place where errors become responses.
struct ErrorAnswer {
    /// What logs and metrics say, whatever was sent.
    let status: Int
    /// ◆ in the contract's table: a legacy request that is well-formed and authenticated gets it with HTTP 200.
    var isLegacyResult = false
    let code: Int
    let message: [UInt8]
    /// The error of RFC 9209, section 2.3, for `Proxy-Status`.
    var proxyError: StaticString = "http_request_error"
    var fields: [(name: StaticString, value: [UInt8])] = []
    /// `error.data` beside `requestId`.
    var data: [(name: StaticString, json: [UInt8])] = []
    /// The connection cannot go on: what follows on it is not known to be a request.
    var closes = false
    /// Why, for the log.
    let reason: StaticString
    /// It is the server's own answer, and not the gateway's.
    var isUpstreams = false
    /// JSON text of the server's own error object, in place of code and message.
    var upstreamError: [UInt8]?

    init(
        _ status: Int,
        _ code: Int? = nil,
        _ message: StaticString,
        reason: StaticString,
        proxyError: StaticString
    ) {
        self.init(status, code, message.bytes, reason: reason, proxyError: proxyError)
    }

    init(
        _ status: Int,
        _ code: Int? = nil,
        _ message: [UInt8],
        reason: StaticString,
        proxyError: StaticString = "http_request_error"
    ) {
        self.status = status
        self.code = code ?? status
        self.message = message
        self.reason = reason
        self.proxyError = proxyError
    }

    init(_ refusal: Refusal) {
        switch refusal {
        case .malformedHTTP, .badForwardedAddress, .encodedBody, .bodyTooLarge, .methodNotAllowed, .wrongHost,
            .originNotAllowed, .noEndpoint,
            .notAcceptable, .unsupportedMediaType, .slowRequest:
            self = Self.http(refusal)
        case .unreadableBody, .batchNotAllowed, .elementRefused, .unsupportedVersion, .missingSession,
            .initializeInSession, .idInUse, .noSuchServerRequest, .streamTaken, .unknownEvent, .cancelled:
            self = Self.message(refusal)
        case .noCredentials, .badCredentials, .twoCredentials, .noAccess, .unknownSession:
            self = Self.caller(refusal)
        case .denied(let denial, let explain):
            self = explain ? Self.explained(denial) : Self.hidden(denial)
        case .full, .overloaded, .upstreamFailed, .upstreamNonsense, .upstreamTooSlow, .upstreamUnreachable,
            .upstreamBusy:
            self = Self.behind(refusal)
        case .upstreamRefused(let own):
            self = Self.upstreamsOwn(own)
        }
    }

    private static func http(_ refusal: Refusal) -> ErrorAnswer {
        var answer: ErrorAnswer
        switch refusal {
        case .malformedHTTP(let error):
            answer = ErrorAnswer(error.status, nil, httpMessage(error.status), reason: error.reason)
            answer.closes = true
            if error.status == 405 { answer.fields.append(("Allow", Array("GET, POST, DELETE"))) }
        case .badForwardedAddress(let error):
            answer = ErrorAnswer(400, nil, httpMessage(400), reason: error.reason)
        case .encodedBody:
            answer = ErrorAnswer(415, nil, Array("Content-Encoding is not accepted"), reason: "encoded body")
        case .bodyTooLarge:
            answer = ErrorAnswer(413, nil, httpMessage(413), reason: "body over limits.body")
        case .methodNotAllowed(let allow):
            answer = ErrorAnswer(405, nil, Array("Method not allowed"), reason: "method")
            answer.fields.append(("Allow", allow.bytes))
        case .wrongHost:
            answer = ErrorAnswer(421, nil, Array("Unknown host"), reason: "host not in allowed_hosts")
        case .originNotAllowed:
            answer = ErrorAnswer(403, nil, "Origin not allowed", reason: "origin", proxyError: "http_request_denied")
        case .notAcceptable:
            let message: StaticString = "Accept must allow application/json and text/event-stream"
            answer = ErrorAnswer(406, nil, message.bytes, reason: "accept")
        case .unsupportedMediaType:
            answer = ErrorAnswer(415, nil, Array("Content-Type must be application/json"), reason: "media type")
        case .slowRequest:
            answer = ErrorAnswer(408, nil, Array("The request took too long"), reason: "request time-out")
            answer.closes = true
        default:
            answer = ErrorAnswer(404, nil, Array("No such endpoint"), reason: "no endpoint at this path")
        }
        return answer
    }

    private static func message(_ refusal: Refusal) -> ErrorAnswer {
        switch refusal {
        case .unreadableBody(let error): return unreadable(error)
        case .batchNotAllowed:
            return ErrorAnswer(400, -32600, Array("Batches are not allowed here"), reason: "batch")
        case .elementRefused:
            let message: StaticString = "Not executed: another message of the batch was refused"
            return ErrorAnswer(400, -32600, message.bytes, reason: "batch with a refused message")
        case .unsupportedVersion(let requested):
            return unsupportedVersion(requested)
        case .missingSession:
            return ErrorAnswer(400, -32600, Array("Mcp-Session-Id is missing"), reason: "no session id")
        case .initializeInSession:
            return ErrorAnswer(400, -32600, Array("The session is already initialized"), reason: "second initialize")
        case .idInUse:
            var answer = ErrorAnswer(400, -32600, Array("The id is in use"), reason: "id in use")
            answer.isLegacyResult = true
            return answer
        case .noSuchServerRequest:
            return ErrorAnswer(400, -32600, Array("No such request"), reason: "an answer that nobody waits for")
        case .unknownEvent:
            return ErrorAnswer(400, -32600, Array("Unknown event id"), reason: "an event id of another session")
        case .streamTaken:
            return ErrorAnswer(409, nil, Array("The session has a stream already"), reason: "second GET stream")
        default:
            var answer = ErrorAnswer(499, nil, Array("Cancelled"), reason: "cancelled by the client")
            answer.isLegacyResult = true
            return answer
        }
    }

    private static func unreadable(_ error: MCPError) -> ErrorAnswer {
        switch error {
        case .json(let error):
            ErrorAnswer(400, -32700, Array("Parse error"), reason: error.sentence)
        case .invalidRequest(let reason, _):
            ErrorAnswer(400, -32600, Array("Invalid request"), reason: reason)
        case .invalidParams(let reason, _):
            ErrorAnswer(400, -32602, Array("Invalid params"), reason: reason)
        }
    }

    /// > MCP 2026-07-28: 400 with -32022 and `data: {supported, requested}`. Clients of both eras fall back on it.
    private static func unsupportedVersion(_ requested: [UInt8]) -> ErrorAnswer {
        var answer = ErrorAnswer(400, -32022, Array("Unsupported protocol version"), reason: "protocol version")
        var supported = JSONWriter()
        supported.beginArray()
        for version in ProtocolVersion.allCases where version.era == .legacy {
            supported.string(version.text)
        }
        supported.endArray()
        var named = JSONWriter()
        named.string(Array(requested.prefix(64)))
        answer.data = [("supported", supported.bytes), ("requested", named.bytes)]
        return answer
    }

    private static func caller(_ refusal: Refusal) -> ErrorAnswer {
        let denied: StaticString = "http_request_denied"
        switch refusal {
        case .noCredentials:
            var answer = ErrorAnswer(401, nil, "Authentication required", reason: "no credentials", proxyError: denied)
            // RFC 6750, section 3: without credentials the challenge "SHOULD NOT include an error code".
            answer.fields.append(("WWW-Authenticate", Array("Bearer realm=\"gatehouse\"")))
            return answer
        case .badCredentials:
            var answer = ErrorAnswer(401, nil, "Invalid credentials", reason: "bad credentials", proxyError: denied)
            answer.fields.append(("WWW-Authenticate", Array("Bearer realm=\"gatehouse\", error=\"invalid_token\"")))
            return answer
        case .twoCredentials:
            return ErrorAnswer(400, nil, "More than one credential", reason: "two credentials", proxyError: denied)
        case .noAccess:
            return ErrorAnswer(403, nil, "No access to this server", reason: "no access", proxyError: denied)
        default:
            return ErrorAnswer(404, -32600, "Session not found", reason: "unknown session", proxyError: denied)
        }
    }

    private static func behind(_ refusal: Refusal) -> ErrorAnswer {
        var answer: ErrorAnswer
        switch refusal {
        case .full(let limit):
            answer = ErrorAnswer(503, nil, "Too busy", reason: limit, proxyError: "connection_limit_reached")
        case .overloaded:
            let reason: StaticString = "the server does not take its input"
            answer = ErrorAnswer(503, nil, "Too busy", reason: reason, proxyError: "destination_unavailable")
        case .upstreamTooSlow:
            let message: StaticString = "The server took too long"
            answer = ErrorAnswer(504, nil, message, reason: "response time-out", proxyError: "http_response_timeout")
        case .upstreamBusy:
            let reason: StaticString = "the server says that it is busy"
            answer = ErrorAnswer(503, nil, "Too busy", reason: reason, proxyError: "destination_unavailable")
        case .upstreamUnreachable:
            let reason: StaticString = "no connection to the server"
            answer = ErrorAnswer(502, nil, "The server failed", reason: reason, proxyError: "destination_unavailable")
        case .upstreamNonsense:
            let reason: StaticString = "an answer that cannot be read"
            answer = ErrorAnswer(502, nil, "The server failed", reason: reason, proxyError: "http_protocol_error")
        default:
            let reason: StaticString = "the server could not be started, or ended"
            answer = ErrorAnswer(502, nil, "The server failed", reason: reason, proxyError: "connection_terminated")
        }
        answer.isLegacyResult = true
        if answer.status == 503 {
            var seconds: [UInt8] = []
            DecimalText.append(retryAfter(refusal), to: &seconds)
            answer.fields.append(("Retry-After", seconds))
            answer.data.append(("retryAfter", seconds))
        }
        return answer
    }

    /// Seconds.
    private static func retryAfter(_ refusal: Refusal) -> Int {
        guard case .upstreamBusy(let seconds?) = refusal else { return 1 }
        return min(max(seconds, 1), 3600)
    }

    /// A server's refusal of a message: its status and its error object go to its client unchanged.
    private static func upstreamsOwn(_ refusal: UpstreamRefusal) -> ErrorAnswer {
        var answer = ErrorAnswer(
            refusal.status,
            nil,
            "The server refused the message",
            reason: "the server's own refusal",
            proxyError: "http_response_incomplete"
        )
        answer.isUpstreams = true
        answer.upstreamError = refusal.error
        if refusal.status == 405 { answer.fields.append(("Allow", Array("POST"))) }
        return answer
    }

    private static func httpMessage(_ status: Int) -> [UInt8] {
        switch status {
        case 413: Array("The body is too large")
        case 414, 431: Array("The request head is too large")
        case 415: Array("Content-Encoding is not accepted")
        case 417: Array("Expectation failed")
        case 501: Array("Not implemented")
        case 505: Array("HTTP version not supported")
        default: Array("Malformed request")
        }
    }
}
