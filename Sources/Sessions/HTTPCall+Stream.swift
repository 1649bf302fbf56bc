// SPDX-License-Identifier: Apache-2.0

internal import Bytes
internal import HTTP
internal import JSON
internal import MCP
internal import Reactor
internal import Upstream

/// What an HTTP server sends as an event stream.
extension HTTPCall {
    func read(events content: Span<UInt8>) {
        let waiting = listener
        waiting?.burstBegins()
        defer { waiting?.burstEnds() }
        var offset = 0
        do {
            while !isOver, let event = try events?.next(content, offset: &offset) { take(event) }
        } catch {
            breakOff(.nonsense("an event over the limit"))
        }
    }

    /// The server has ended the stream in an orderly way.
    func finishEvents() {
        let waiting = listener
        guard events?.hasUnfinishedEvent != true else {
            return breakOff(.nonsense("a stream that ends inside an event"))
        }
        guard let expected = expectsAnswer else {
            end()
            waiting?.receive(.ended)
            return
        }
        // > MCP 2025-11-25, transports: a server may close the connection of a stream it has given an event id for; the
        // > client then comes back for the rest.
        if isResumable {
            end(mayBeResumed: true)
            waiting?.receive(.ended)
            return
        }
        home.noteFailure(of: self, "a stream that ends without the answer")
        end()
        waiting?.receive(.failed(.died, id: expected.id))
    }

    private func take(_ event: StreamEvent) {
        var frame = event
        frame.data = nil
        frame.id = shownID(event.id)
        guard let data = event.data, !data.isEmpty else {
            frame.data = event.data
            return show(frame)
        }
        let message: MCPMessage
        do {
            message = try MCPReader.readUpstream(data, limits: UpstreamLimits.json)
        } catch {
            return drop("an event that is no JSON-RPC message", frame, isGarbage: true)
        }
        garbage = 0
        switch message {
        case .response(let response):
            guard isAnswer(response) else { return drop("an answer to no request of this stream", frame) }
            noteShown(frame)
            answer(response, head: nil, frame: frame)
        case .request(let request):
            ask(request, data, frame)
        case .notification(let notification):
            notify(notification, data, frame)
        }
    }

    /// A block without a message: comments, an id to resume from, a time to wait.
    private func show(_ block: StreamEvent) {
        if case .initialize = kind { return }
        guard block != StreamEvent() else { return }
        noteShown(block)
        deliver(.block(block), bytes: SessionEvent.bytes(of: block))
    }

    /// What cannot be shown still moves the place from which the client can resume.
    private func drop(_ reason: StaticString, _ frame: StreamEvent, isGarbage: Bool = false) {
        home.noteDropped(by: self, reason)
        if isGarbage {
            garbage += 1
            guard garbage <= Self.garbageEventsMax else {
                return breakOff(.nonsense("too many events without a message"))
            }
        }
        // Without a payload no reader takes it for an event.
        var rest = frame
        rest.data = frame.id == nil ? nil : []
        show(rest)
    }

    // MARK: messages

    /// > semantics 5: "They are delivered only within their own session and only if the client declared the capability;
    /// > anything else is answered -32601 to the upstream"
    private func ask(_ request: MCPRequest, _ text: [UInt8], _ frame: StreamEvent) {
        guard let record else { return drop("a request without a session", frame) }
        let method = request.call.method
        let kind = ServerRequestKinds(method)
        let isKnown =
            method == .ping
            || kind.map { server.allowedRequests.contains($0) && record.capabilities.contains($0) } ?? false
        guard isKnown else {
            tellServer(.refusal(of: request.id, code: -32601, message: "Method not found"))
            return drop("a request that the client cannot answer", frame)
        }
        guard canStream, record.owner == owner else {
            if !isResumable {
                tellServer(.refusal(of: request.id, code: 503, message: "The client has no stream open"))
            }
            return drop("a request for a client that has gone", frame)
        }
        if isResuming, record.isAsked(request.id) {
            // Seen before, on the stream that is resumed here.
        } else {
            guard record.ask(request.id, now: home.loop.now) else {
                tellServer(.refusal(of: request.id, code: -32600, message: "Too many requests under way"))
                return drop("too many requests of the server's", frame)
            }
        }
        hasAsked = true
        noteShown(frame)
        deliver(.message(.request(request), text: text, frame: frame), bytes: text.count)
    }

    private func notify(_ notification: MCPNotification, _ text: [UInt8], _ frame: StreamEvent) {
        switch notification.method {
        case .notificationProgress:
            guard let token = notification.progressToken, isExpected(token) else {
                return drop("progress of no request that is under way", frame)
            }
            if isOwn(token) { restartClock() }
        case .notificationCancelled:
            guard let id = notification.cancelledID, record?.settle(id, now: home.loop.now) == true else {
                return drop("cancellation of a request that is not under way", frame)
            }
        default: break
        }
        guard record.map({ $0.owner == owner }) ?? true else { return drop("a message for a former owner", frame) }
        noteShown(frame)
        deliver(.message(.notification(notification), text: text, frame: frame), bytes: text.count)
    }

    private func isExpected(_ token: [UInt8]) -> Bool { isOwn(token) || record?.hasProgressToken(token) ?? false }

    private func isOwn(_ token: [UInt8]) -> Bool {
        if case .request(let request, _) = kind { request.progressToken == token } else { false }
    }

    private var isResuming: Bool {
        if case .stream(.some) = kind { true } else { false }
    }

    // MARK: event ids

    /// What the client sees for an id of the server's; nil where it sees none.
    private func shownID(_ id: [UInt8]?) -> [UInt8]? {
        guard let id else { return nil }
        // An empty one takes an earlier id back.
        guard !id.isEmpty else { return [] }
        server.eventIDs.note()
        // One that could not be sent back is of no use.
        guard id.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
        switch kind {
        case .request(let request, let upstreamID?):
            return home.events.seal(id, scope: scope, request: (request.id, upstreamID, request.call))
        case .stream(let resumption?):
            return home.events.seal(id, scope: scope, request: (resumption.id, resumption.upstreamID, resumption.call))
        case .stream(nil):
            return home.events.seal(id, scope: scope, request: nil)
        case .request, .initialize, .message, .close, .own:
            return nil
        }
    }

    private func noteShown(_ frame: StreamEvent) {
        guard canStream, frame.id?.isEmpty == false, expectsAnswer != nil else { return }
        isResumable = true
    }
}
