// SPDX-License-Identifier: Apache-2.0

import Bytes
import JSON
import MCP
import Upstream

/// What comes from the server.
extension SessionCore {
    /// Takes one message of the server's.
    mutating func receive(_ message: MCPMessage, now: UInt64) -> [Action] {
        switch message {
        case .response(let response): receive(response, now: now)
        case .request(let request): receive(request, now: now)
        case .notification(let notification): receive(notification, now: now)
        }
    }

    /// > semantics 4: "A response reaches a client only if it answers an outstanding request of that session"
    private mutating func receive(_ response: MCPResponse, now: UInt64) -> [Action] {
        guard let number = response.id.flatMap({ DecimalText.parse($0.text.span) }),
            let request = pending.removeValue(forKey: number)
        else { return [.drop("an answer to no request that is under way")] }
        closeIfDone(request.stream)
        if request.call.method == .initialize { noteVersion(response) }
        let answer = SessionAnswer(
            id: request.id,
            call: request.call,
            response: response,
            upstreamNanoseconds: now - request.began
        )
        return [.deliver(request.stream, .answered(answer))]
    }

    /// > semantics 5: "They are delivered only within their own session and only if the client declared the capability;
    /// > anything else is answered -32601 to the upstream"
    private mutating func receive(_ request: MCPRequest, now: UInt64) -> [Action] {
        let method = request.call.method
        let kind = ServerRequestKinds(method)
        let isKnown = method == .ping || kind.map { allowedRequests.contains($0) && capabilities.contains($0) } ?? false
        guard isKnown else {
            return [.write(.gateway(.refusal(of: request.id, code: -32601, message: "Method not found")))]
        }
        guard serverRequests.count < limits.serverRequestsMax, serverRequests[request.id] == nil else {
            return [.write(.gateway(.refusal(of: request.id, code: -32600, message: "Too many requests under way")))]
        }
        let message = MCPMessage.request(request)
        let stream = streamForRequests
        serverRequests[request.id] = ServerRequest(
            stream: stream,
            deadline: now + limits.serverRequestNanoseconds
        )
        return route(message, request.json.minified, to: stream)
    }

    private mutating func receive(_ notification: MCPNotification, now: UInt64) -> [Action] {
        let message = MCPMessage.notification(notification)
        let text = notification.json.minified
        switch notification.method {
        case .notificationProgress:
            return progress(notification, message, text, now: now)
        case .notificationCancelled:
            guard let id = notification.cancelledID, let request = serverRequests.removeValue(forKey: id) else {
                return [.drop("cancellation of a request that is not under way")]
            }
            restartClocks(now)
            return route(message, text, to: request.stream.flatMap { streams[$0] == nil ? nil : $0 } ?? listener)
        case .notificationMessage:
            return route(message, text, to: streamForRequests)
        default:
            return route(message, text, to: listener ?? streamForRequests)
        }
    }

    /// > semantics 5: "`progress` and `cancelled` only for outstanding tokens and ids of that session"
    private mutating func progress(
        _ notification: MCPNotification,
        _ message: MCPMessage,
        _ text: [UInt8],
        now: UInt64
    ) -> [Action] {
        guard let token = notification.progressToken,
            let found = pending.first(where: { $0.value.progressToken == token })
        else { return [.drop("progress of no request that is under way")] }
        if !found.value.isCancelled { pending[found.key]?.deadline = now + limits.responseNanoseconds }
        let stream = found.value.stream
        guard let open = streams[stream], open.acceptsEvents else {
            return [.drop("progress for a client that does not read streams, or has gone")]
        }
        return [.deliver(stream, .message(message, text: text, frame: nil))]
    }

    /// The stream for what belongs to a call without saying to which: the newest call's, otherwise the listener's.
    ///
    /// > SEP-2260: requests of a server's belong on the stream of the client's request that they were made for.
    private var streamForRequests: StreamKey? {
        let calls = streams.filter { $0.value.acceptsEvents && !$0.value.isListener }
        return calls.max { $0.value.order < $1.value.order }?.key ?? listener
    }

    private mutating func route(_ message: MCPMessage, _ text: [UInt8], to stream: StreamKey?) -> [Action] {
        if let stream { return [.deliver(stream, .message(message, text: text, frame: nil))] }
        backlog.append((message, text))
        backlogBytes += text.count
        var actions: [Action] = []
        while backlog.count > limits.backlogMax || backlogBytes > limits.backlogBytesMax {
            actions += dropOldest()
        }
        return actions
    }

    private mutating func dropOldest() -> [Action] {
        let dropped = backlog.removeFirst()
        backlogBytes -= dropped.text.count
        guard case .request(let request) = dropped.message, serverRequests.removeValue(forKey: request.id) != nil else {
            return [.drop("a message that no stream was open for")]
        }
        return [.write(.gateway(.refusal(of: request.id, code: 503, message: "The client has no stream open")))]
    }

    private mutating func noteVersion(_ response: MCPResponse) {
        version = response.result?["protocolVersion"]?.string.flatMap { ProtocolVersion($0.span) }
    }
}
