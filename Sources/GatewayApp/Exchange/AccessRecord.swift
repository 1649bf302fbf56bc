// SPDX-License-Identifier: Apache-2.0

import Bytes
import HTTP
import Identity
import JSON
import MCP
import Policy
import Telemetry

/// What the access line says of one exchange: contract, section 5. It is filled in on the way and written once.
struct AccessRecord {
    enum Outcome {
        case ok, toolError, error, cancelled, disconnected

        var text: StaticString {
            switch self {
            case .ok: "ok"
            case .toolError: "tool_error"
            case .error: "error"
            case .cancelled: "cancelled"
            case .disconnected: "disconnected"
            }
        }
    }

    let requestID: [UInt8]
    /// The client's, as far as that may be believed: `client_address_from`.
    var address: IPAddress
    let listener: [UInt8]
    let began: UInt64
    var httpMethod: HTTPMethod?
    var server: [UInt8]?
    var session: [UInt8]?
    var era = Era.legacy
    var caller: Authenticated?
    /// The key that was presented and refused.
    var refusedKey: [UInt8]?
    var call: MCPCall?
    var rule: [UInt8]?
    var denial: Denial?
    /// Rules in report mode that would have matched.
    var reported: [ReportedRule] = []
    var reason: [UInt8]?
    /// The intended status, where it is another than the one sent.
    var status: Int?
    var responseStatus: Int?
    var errorCode: Int?
    var outcome = Outcome.ok
    var termination = Termination()
    var requestBytes = 0
    var responseBytes = 0
    var upstreamNanoseconds: UInt64?

    init(requestID: [UInt8], address: IPAddress, listener: [UInt8], began: UInt64) {
        self.requestID = requestID
        self.address = address
        self.listener = listener
        self.began = began
    }

    mutating func note(_ call: MCPCall) {
        self.call = call
    }

    mutating func denied(_ denial: Denial) {
        self.denial = denial
        rule = denial.rule
    }

    mutating func note(_ answer: ErrorAnswer) {
        status = answer.status
        errorCode = answer.code
        if reason == nil { reason = answer.reason.bytes }
        outcome = answer.status == 499 && !answer.isUpstreams ? .cancelled : .error
        let isUpstreams = answer.isUpstreams || answer.status >= 500 && answer.status != 503
        let party: Termination.Party = isUpstreams ? .upstream : .gateway
        let how: Termination.How =
            switch answer.status {
            case 401, 403, 404, 421: .denied
            case 408, 504: .timeout
            default: denial == nil ? .error : .denied
            }
        termination = termination.ended(by: party, how: how)
    }

    mutating func note(_ response: MCPResponse) {
        if let error = response.error {
            outcome = .error
            errorCode = error["code"]?.integer
        } else if response.result?["isError"]?.bool == true {
            outcome = .toolError
        }
    }

    func write(to log: Log, snapshot: Snapshot, now: UInt64) {
        guard log.isEnabled(.info) else { return }
        log.write(.info, event) { line in
            line.member("request_id", requestID)
            line.member("address", address.text)
            line.member("listener", listener)
            if let server { line.member("server", server) }
            if let session { line.member("session", session) }
            line.member("era", era == .modern ? "modern" : "legacy")
            writeCaller(&line)
            writeCall(&line)
            writeDecision(&line)
            line.member("policy", snapshot.configuration.hash)
            writeEnd(&line, now)
        }
    }

    private var event: StaticString {
        if denial != nil { return "denied" }
        return switch status {
        case 401: "unauthenticated"
        case 403: "denied"
        default: "call"
        }
    }

    private func writeCaller(_ line: inout JSONWriter) {
        line.name("principal")
        guard let caller else {
            guard let refusedKey else { return line.null() }
            line.beginObject()
            line.member("kind", "api_key")
            line.member("id", refusedKey)
            return line.endObject()
        }
        line.beginObject()
        line.member("kind", caller.isAnonymous ? "anonymous" : "api_key")
        if !caller.isAnonymous { line.member("id", caller.principal.id) }
        line.member("subject", caller.principal.subject)
        line.name("roles")
        line.beginArray()
        for role in caller.roles { line.string(role) }
        line.endArray()
        line.endObject()
    }

    private func writeCall(_ line: inout JSONWriter) {
        if let httpMethod { line.member("http_method", httpMethod.logText) }
        guard let call else { return }
        line.member("method", Array(call.method.text.prefix(Self.namedBytesMax)))
        if let target = call.target.name { line.member("target", Array(target.prefix(Self.namedBytesMax))) }
    }

    private func writeDecision(_ line: inout JSONWriter) {
        line.name("decision")
        line.beginObject()
        let isRefused = denial != nil || status == 401 || status == 403
        line.member("effect", isRefused ? "deny" : "allow")
        if let rule { line.member("rule", rule) }
        line.member("mode", "enforce")
        if let reason = denial?.logReason ?? reason { line.member("reason", reason) }
        writeReported(&line)
        line.endObject()
    }

    /// > semantics 3: "`mode: "report"` never changes an outcome … and is only recorded."
    private func writeReported(_ line: inout JSONWriter) {
        guard !reported.isEmpty else { return }
        line.name("reported")
        line.beginArray()
        for rule in reported {
            line.beginObject()
            line.member("rule", rule.id)
            line.member("effect", rule.effect.text)
            line.member("mode", "report")
            line.endObject()
        }
        line.endArray()
    }

    private func writeEnd(_ line: inout JSONWriter, _ now: UInt64) {
        let sent = responseStatus ?? 0
        line.member("status", status ?? sent)
        line.member("sent_status", sent)
        var end = termination
        if end.party == .nobody { end.phase = .complete }
        line.member("termination", end.letters)
        line.member("outcome", outcome.text)
        if let errorCode { line.member("error_code", errorCode) }
        line.member("request_bytes", requestBytes)
        line.member("response_bytes", responseBytes)
        if let upstreamNanoseconds { line.member("upstream_ms", Self.milliseconds(upstreamNanoseconds)) }
        line.member("total_ms", Self.milliseconds(now - began))
    }

    private static func milliseconds(_ nanoseconds: UInt64) -> Int { Int(nanoseconds / 1_000_000) }

    /// How much of a name that a client made up goes into a line, bytes.
    private static let namedBytesMax = 512
}

extension HTTPMethod {
    fileprivate var logText: StaticString {
        switch self {
        case .get: "GET"
        case .post: "POST"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .head: "HEAD"
        case .put: "PUT"
        case .trace: "TRACE"
        case .connect: "CONNECT"
        case .other: "other"
        }
    }
}

extension Denial {
    fileprivate var logReason: [UInt8] {
        switch reason {
        case .noAccess: Array("nothing is allowed to this caller here")
        case .denied: Array("a deny rule")
        case .notAllowed: Array("no allow rule")
        case .badURI: Array("a resource URI with more than one meaning")
        }
    }
}
