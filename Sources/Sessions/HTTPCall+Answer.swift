// SPDX-License-Identifier: Apache-2.0

internal import Bytes
internal import HTTP
internal import JSON
internal import MCP
internal import Upstream

/// What an HTTP server answers as a whole: heads, JSON, refusals.
extension HTTPCall {
    /// Why a response that had begun came to nothing.
    enum Break {
        /// The connection, or its framing, broke.
        case lost(OriginFailure)
        /// It can be read, and is not what was asked for.
        case nonsense(StaticString)
    }

    /// The client's id of the request that is to be answered.
    var requestID: RequestID? {
        switch kind {
        case .request(let request, _), .initialize(let request, _): request.id
        case .stream(let resumption): resumption?.id
        case .message, .close, .own: nil
        }
    }

    /// What the server's answer must have for an id.
    var expectsAnswer: (id: RequestID, upstreamID: [UInt8]?, call: MCPCall)? {
        switch kind {
        case .request(let request, let upstreamID): (request.id, upstreamID, request.call)
        case .initialize(let request, _): (request.id, nil, request.call)
        case .stream(let resumption): resumption.map { ($0.id, $0.upstreamID, $0.call) }
        case .message, .close, .own: nil
        }
    }

    func isAnswer(_ response: MCPResponse) -> Bool {
        guard let expected = expectsAnswer, let id = response.id else { return false }
        return expected.upstreamID.map { $0 == id.text } ?? (expected.id == id)
    }

    /// > semantics 6: "An upstream's 401, 403, 407 or 3xx is 502." The caller's credential is not what they are about.
    func judge(_ head: ReceivedHead) {
        switch head.status {
        case 200..<300: judgeSuccess(head)
        case 401, 403, 407, 300..<400, 500..<503, 504..<600: breakOff(.nonsense(Self.statusReason(head.status)))
        case 429, 503: busy(head)
        case 404 where record != nil: forget(head)
        default: refused(head)
        }
    }

    private func judgeSuccess(_ head: ReceivedHead) {
        switch kind {
        case .message, .own:
            reading = .nothing
            if case .none = head.framing { return }
            if head.framing != .length(0) { release(telling: .accepted) }
        case .close:
            closed()
        case .request, .initialize, .stream:
            openedID = head.value(.mcpSessionID)
            guard !head.hasContentCoding else { return breakOff(.nonsense("a coded answer")) }
            judgeContent(head)
        }
    }

    private func judgeContent(_ head: ReceivedHead) {
        let isStream = if case .stream = kind { true } else { false }
        switch MediaType(head) {
        case .events:
            reading = .events
            events = EventStreamReader(eventBytesMax: server.messageBytesMax)
            beginStream()
            if case .initialize = kind { return }
            tell(isStream ? .accepted : .streaming)
        case .json where !isStream:
            if case .length(let count) = head.framing {
                guard count <= server.messageBytesMax else { return breakOff(.nonsense("a message over the limit")) }
                body.reserveCapacity(min(count, 64 << 10))
            }
            reading = .whole(head)
        case .json, .other:
            breakOff(.nonsense("an answer that is neither JSON nor an event stream"))
        }
    }

    /// The session is over, by its client's wish or because the server had forgotten it.
    private func closed() {
        if let record { home.ended(record, server) }
        release(telling: .accepted)
    }

    /// The server does not know the session any more. For the client it is over as well (MCP-86).
    private func forget(_ head: ReceivedHead) {
        if case .close = kind { return closed() }
        // Some servers have no standalone streams, and say so by this.
        if case .stream(nil) = kind { return refused(head) }
        if let record { home.ended(record, server) }
        let (waiting, id) = (listener, requestID)
        release()
        waiting?.receive(.failed(.gone, id: id))
    }

    private func busy(_ head: ReceivedHead) {
        let seconds = head.value("retry-after").flatMap { DecimalText.parse($0.span) }
        let (waiting, id) = (listener, requestID)
        home.noteFailure(of: self, "the server says that it is busy")
        release()
        waiting?.receive(.failed(.busy(retryAfter: seconds), id: id))
    }

    private func refused(_ head: ReceivedHead) {
        guard head.hasContentCoding || MediaType(head) != .json else {
            reading = .refusal(head)
            return
        }
        refuse(UpstreamRefusal(status: head.status, error: nil))
    }

    func collect(_ content: Span<UInt8>, max: Int) {
        guard content.count <= max - body.count else { return breakOff(.nonsense("a message over the limit")) }
        body.append(contentsOf: content)
    }

    func finishWhole(_ head: ReceivedHead) {
        let bytes = body
        body = []
        do {
            let message = try MCPReader.readUpstream(bytes, limits: UpstreamLimits.json)
            guard case .response(let response) = message, isAnswer(response) else {
                return breakOff(.nonsense("an answer to something else"))
            }
            answer(response, head: head, frame: nil)
        } catch {
            breakOff(.nonsense("an answer that is no JSON-RPC message"))
        }
    }

    /// A refusal is shown as it is, under the client's own id; what cannot be read is left out.
    func finishRefusal(_ head: ReceivedHead) {
        let bytes = body
        body = []
        var error: [UInt8]?
        if let message = try? MCPReader.readUpstream(bytes, limits: UpstreamLimits.json),
            case .response(let response) = message
        {
            error = response.error?.minified
        }
        refuse(UpstreamRefusal(status: head.status, error: error))
    }

    private func refuse(_ refusal: UpstreamRefusal) {
        let (waiting, id) = (listener, requestID)
        release()
        waiting?.receive(.failed(.refused(refusal), id: id))
    }

    /// The answer to the client's request.
    func answer(_ response: MCPResponse, head: ReceivedHead?, frame: StreamEvent?) {
        guard let expected = expectsAnswer else { return }
        let answer = SessionAnswer(
            id: expected.id,
            call: expected.call,
            response: response,
            upstreamNanoseconds: upstreamNanoseconds,
            isVerbatim: expected.upstreamID == nil,
            frame: frame
        )
        let waiting = listener
        if case .initialize(let request, let opener) = kind {
            return opened(request, opener, answer)
        }
        if case .stream(let resumption?) = kind { record?.end(resumption.id, upstreamID: resumption.upstreamID) }
        release()
        waiting?.receive(.answered(answer))
    }

    /// The response is complete and says nothing more.
    func finish() {
        let waiting = listener
        let expects = expectsAnswer != nil
        let id = requestID
        end()
        waiting?.receive(expects ? .failed(.brokeOff, id: id) : .accepted)
    }

    private func release(telling event: SessionEvent) {
        let waiting = listener
        release()
        waiting?.receive(event)
    }

    /// There is no answer to be had before anything was shown.
    func fail(_ failure: SessionFailure) {
        let (waiting, id) = (listener, requestID)
        cut()
        waiting?.receive(.failed(failure, id: id))
    }

    /// The response, or what it says, is of no use. A stream that the client reads already is cut, so that it cannot
    /// look complete.
    func breakOff(_ reason: Break) {
        let failure: SessionFailure
        switch reason {
        case .lost: failure = .died
        case .nonsense(let text):
            failure = .brokeOff
            home.noteFailure(of: self, text)
        }
        guard case .events = reading else { return fail(failure) }
        let (waiting, id, resumable) = (listener, requestID, isResumable)
        // One that can be resumed goes on in the server; the client comes back for its answer.
        cut(mayBeResumed: resumable)
        waiting?.receive(.broken(failure, id: resumable ? nil : id))
    }

    static func statusReason(_ status: Int) -> StaticString {
        switch status {
        case 401: "the server wants credentials of the gateway's: it answered 401"
        case 403: "the server refuses the gateway: it answered 403"
        case 407: "a proxy in front of the server answered 407"
        case 300..<400: "the server answered with a redirection"
        default: "the server answered with a server error"
        }
    }
}

/// The types of content that MCP knows.
private enum MediaType {
    case json, events, other

    init(_ head: ReceivedHead) {
        let value = head.valueSpan(.contentType)
        var end = value.firstOffset(of: 0x3B) ?? value.count
        while end > 0, value[end - 1] == 0x20 || value[end - 1] == 0x09 { end -= 1 }
        let type = value.extracting(0..<end)
        if type.equalsIgnoringCase("application/json") {
            self = .json
        } else if type.equalsIgnoringCase("text/event-stream") {
            self = .events
        } else {
            self = .other
        }
    }
}
