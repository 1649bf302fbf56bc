// SPDX-License-Identifier: Apache-2.0

import JSON
import MCP
import Testing

@testable import Sessions

/// A session's rules with a clock in seconds and messages as text.
struct Session {
    static let second: UInt64 = 1_000_000_000

    var core: SessionCore
    var now: UInt64 = 100 * second

    init(allowed: ServerRequestKinds = [.sampling, .elicitation, .roots], limits: SessionCore.Limits = .init()) {
        core = SessionCore(limits: limits, allowedRequests: allowed)
    }

    static func key(_ number: UInt64) -> StreamKey { StreamKey(loop: 0, sequence: number) }

    mutating func pass(seconds: UInt64) { now += seconds * Self.second }

    /// Begins a client's request; nil where it was refused.
    mutating func begin(_ text: String, on stream: UInt64 = 1, events: Bool = true) throws -> Int? {
        guard case .single(.request(let request)) = try MCPReader.read(Array(text.utf8), limits: JSONLimits()) else {
            return nil
        }
        return try? core.begin(request, on: Self.key(stream), acceptsEvents: events, now: now).get()
    }

    mutating func call(_ id: Int, token: Int? = nil, on stream: UInt64 = 1, events: Bool = true) throws -> Int? {
        let meta = token.map { #","_meta":{"progressToken":\#($0)}"# } ?? ""
        let text = #"{"jsonrpc":"2.0","id":\#(id),"method":"tools/call","params":{"name":"t"\#(meta)}}"#
        return try begin(text, on: stream, events: events)
    }

    mutating func initialize(_ capabilities: String) throws {
        let number = try begin(
            #"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","#
                + #""capabilities":\#(capabilities)}}"#,
            on: 900,
            events: false
        )
        _ = try says(#"{"jsonrpc":"2.0","id":\#(number ?? 0),"result":{"protocolVersion":"2025-06-18"}}"#)
    }

    /// What the server says, and what comes of it, in words.
    mutating func says(_ line: String) throws -> [String] {
        words(core.receive(try MCPReader.readUpstream(Array(line.utf8), limits: JSONLimits()), now: now))
    }

    mutating func notify(_ text: String) throws -> [String] {
        guard case .single(.notification(let note)) = try MCPReader.read(Array(text.utf8), limits: JSONLimits())
        else { return [] }
        return words(core.notify(note, now: now))
    }

    mutating func answer(_ text: String, from stream: UInt64) throws -> [String] {
        guard case .single(.response(let answer)) = try MCPReader.read(Array(text.utf8), limits: JSONLimits()) else {
            return []
        }
        return words(core.answer(answer, from: Self.key(stream), now: now))
    }

    mutating func listen(_ stream: UInt64) -> [String] { words(core.listen(Self.key(stream))) }
    mutating func detach(_ stream: UInt64) { core.detach(Self.key(stream)) }
    mutating func disown() -> [String] { words(core.disown()) }
    mutating func expire() -> [String] { words(core.expire(now)) }
    mutating func fail(_ failure: SessionFailure) -> [String] { words(core.fail(failure)) }

    private func words(_ actions: [SessionCore.Action]) -> [String] {
        actions.map { action in
            switch action {
            case .drop(let reason): "drop: \(reason)"
            case .write(.notification): "write: notification"
            case .write(.answer): "write: answer"
            case .write(.gateway): "write: gateway"
            case .deliver(let key, let event): "\(key.sequence): \(words(event))"
            }
        }
    }

    private func words(_ event: SessionEvent) -> String {
        switch event {
        case .opened: "opened"
        case .answered(let answer): "answer to \(String(decoding: answer.id.text, as: UTF8.self))"
        case .message(.request, _, _): "request"
        case .message(.notification(let note), _, _): String(decoding: note.method.text, as: UTF8.self)
        case .message(.response, _, _): "response"
        case .accepted: "accepted"
        case .failed(let failure, let id):
            "failed \(failure) \(id.map { String(decoding: $0.text, as: UTF8.self) } ?? "-")"
        case .ended: "ended"
        case .streaming: "streaming"
        case .block: "block"
        case .broken(let failure, _): "broken \(failure)"
        }
    }
}
