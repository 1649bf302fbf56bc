// SPDX-License-Identifier: Apache-2.0

import Bytes
import HTTP
import JSON
import MCP
import Policy
import Reactor
import Sessions

/// What comes back: answers, streams and refusals.
extension Exchange {
    /// Takes what the session says.
    func receive(_ event: SessionEvent) {
        guard case .waiting(var waiting) = state else { return }
        switch event {
        case .opened(let id, let answer):
            record.upstreamNanoseconds = answer.upstreamNanoseconds
            respond(with: answer, sessionID: id, waiting)
        case .answered(let answer):
            take(answer, &waiting)
        case .message(let message, let text, let frame):
            unacknowledged += text.count
            show(message, text, frame, &waiting)
        case .accepted:
            if waiting.isListener { return _ = openStream(&waiting) }
            // In a batch with requests nobody waits for this: the answers end the exchange.
            guard waiting.answersLeft == 0 else { return }
            respondEmpty(waiting.isClosing ? 204 : 202)
        case .failed(let failure, let id):
            guard id != nil || waiting.answersLeft == 0 else { return }
            if failure.isBeforeServer { record.termination.delivered = .no }
            fail(Refusal(failure), id: id, &waiting)
        case .ended:
            endStream()
        case .streaming:
            if waiting.admitted.accepts.events { _ = openStream(&waiting) }
        case .block(let block):
            unacknowledged += SessionEvent.bytes(of: block)
            guard waiting.admitted.accepts.events, openStream(&waiting) else { return }
            send(block)
        case .broken(let failure, let id):
            breakOff(Refusal(failure), id: id, &waiting)
        }
    }

    private func take(_ answer: SessionAnswer, _ waiting: inout Waiting) {
        record.upstreamNanoseconds = answer.upstreamNanoseconds
        record.note(answer.response)
        guard let text = text(of: answer, waiting) else {
            return fail(.upstreamNonsense, id: answer.id, &waiting)
        }
        deliver(text, answer.frame, &waiting)
    }

    /// Answers with an error. `closes`: there is, or may be, a body that nobody will read.
    func refuse(_ refusal: Refusal, id: RequestID? = nil, admitted: Admitted? = nil, closes: Bool = false) {
        let answer = ErrorAnswer(refusal)
        record.note(answer)
        // > semantics 7: "GET and DELETE keep HTTP status."
        let mayBeResult = answer.isLegacyResult && id != nil && record.httpMethod == .post
        let asResult = mayBeResult && admitted?.route.server.errorStatus == .compatible
        let status = asResult ? 200 : answer.status
        record.responseStatus = status
        var head = head(status: status)
        answer.describe(in: &head)
        let body = answer.body(id: id, requestID: record.requestID)
        record.responseBytes += body.count
        stream.respond(head, body: body, closes: closes || answer.closes)
        finish()
    }

    /// An answer without a body.
    func respondEmpty(_ status: Int) {
        record.responseStatus = status
        var head = head(status: status)
        head.field("Cache-Control", "no-store")
        stream.respond(head, body: [], closes: false)
        finish()
    }

    func refuseBatch(_ refusals: [MessageRefusal], _ ids: [RequestID], _ admitted: Admitted) {
        let isMasked = admitted.route.server.errorStatus == .compatible
        if let first = refusals.first(where: { !isMasked || !ErrorAnswer($0.refusal).isLegacyResult }) {
            return refuse(first.refusal, id: first.id, admitted: admitted)
        }
        var texts: [[UInt8]] = []
        for id in ids {
            let own = refusals.first { $0.id == id }?.refusal ?? .elementRefused
            texts.append(ErrorAnswer(own).body(id: id, requestID: record.requestID))
        }
        let answer = refusals.first.map { ErrorAnswer($0.refusal) }
        if let answer { record.note(answer) }
        respondJSON(Self.array(texts), meaning: answer)
    }

    func endStream() {
        guard case .waiting(var waiting) = state else { return }
        // A listener that ends before it began is answered all the same.
        if waiting.isStreaming || waiting.isListener, openStream(&waiting) { stream.endStream() }
        finish()
    }

    /// A comment on a silent stream; a call that has been silent so long becomes one.
    func ping() {
        guard case .waiting(var waiting) = state, waiting.isListener || waiting.answersLeft > 0 else { return }
        guard waiting.admitted.accepts.events else { return }
        if case .none = waiting.link { return }
        guard openStream(&waiting) else { return }
        var comment: [UInt8] = []
        SSEWriter.appendComment(to: &comment)
        send(comment)
    }

    // MARK: one answer

    private func text(of answer: SessionAnswer, _ waiting: Waiting) -> [UInt8]? {
        let method = answer.call.method
        guard method.isList || method == .resourcesRead, answer.response.error == nil else {
            if answer.isVerbatim { return answer.response.json.document.bytes }
            var text: [UInt8] = []
            answer.response.append(to: &text, withID: answer.id.text)
            return text
        }
        let (caller, server) = (waiting.admitted.caller, waiting.admitted.route.index)
        return MCPListFilter.filter(answer.response, withID: answer.id.text, method: method) { target in
            // > semantics 3: "`contents[]` entries […] with another URI are judged as reads of their own"
            target == answer.call.target || snapshot.policy.lists(caller, target, on: server)
        }
    }

    /// The answer to `initialize`. The session's id is in its head.
    private func respond(with answer: SessionAnswer, sessionID: [UInt8]?, _ waiting: Waiting) {
        var text: [UInt8] = []
        answer.response.append(to: &text, withID: answer.id.text)
        record.responseStatus = 200
        var head = head(status: 200)
        if let sessionID { head.field("Mcp-Session-Id", sessionID) }
        head.field("Cache-Control", "no-store")
        guard !waiting.admitted.accepts.json else {
            head.field("Content-Type", "application/json")
            record.responseBytes += text.count
            stream.respond(head, body: text, closes: false)
            return finish()
        }
        eventFields(&head)
        var event: [UInt8] = []
        SSEWriter.append(message: text, event: "message", id: nil, to: &event)
        stream.respond(head, body: event, closes: false)
        finish()
    }

    private func deliver(_ text: [UInt8], _ frame: StreamEvent?, _ waiting: inout Waiting) {
        waiting.answersLeft -= 1
        let isJSON = !waiting.isStreaming && waiting.admitted.accepts.json
        if isJSON, waiting.isBatch { waiting.collected.append(text) }
        state = .waiting(waiting)
        if isJSON {
            guard waiting.isBatch else { return respondJSON(text) }
            if waiting.answersLeft == 0 { respondJSON(Self.array(waiting.collected)) }
            return
        }
        guard openStream(&waiting) else { return }
        sendEvent(text, frame)
        if waiting.answersLeft == 0 { endStream() }
    }

    private func fail(_ refusal: Refusal, id: RequestID?, _ waiting: inout Waiting) {
        let answer = ErrorAnswer(refusal)
        record.note(answer)
        if waiting.isStreaming, id == nil {
            stream.abortStream()
            return finish()
        }
        guard waiting.isStreaming || waiting.isBatch, let id else {
            return refuse(refusal, id: id, admitted: waiting.admitted)
        }
        deliver(answer.body(id: id, requestID: record.requestID), nil, &waiting)
    }

    /// The server's stream broke off. What the client reads is cut, so that it cannot look complete; a call that cannot
    /// be resumed is told so first, since some clients wait for ever otherwise.
    private func breakOff(_ refusal: Refusal, id: RequestID?, _ waiting: inout Waiting) {
        guard waiting.isStreaming else { return fail(refusal, id: id, &waiting) }
        let answer = ErrorAnswer(refusal)
        record.note(answer)
        if let id, waiting.answersLeft > 0 { sendEvent(answer.body(id: id, requestID: record.requestID), nil) }
        guard !isDone else { return }
        stream.abortStream()
        finish()
    }

    /// > semantics 3: "`resources/updated` with another URI are judged as reads of their own"
    private func show(
        _ message: MCPMessage,
        _ text: [UInt8],
        _ frame: StreamEvent?,
        _ waiting: inout Waiting
    ) {
        if case .notification(let notification) = message, notification.method == .notificationResourcesUpdated {
            let (caller, server) = (waiting.admitted.caller, waiting.admitted.route.index)
            guard let uri = notification.uri, snapshot.policy.mayRead(caller, uri, on: server) else {
                unacknowledged -= text.count
                return acknowledge(text.count)
            }
        }
        guard openStream(&waiting) else { return }
        sendEvent(text, frame)
    }

    /// - Parameter error: what the answer means, where it is all of the gateway's own making.
    private func respondJSON(_ text: [UInt8], meaning error: ErrorAnswer? = nil) {
        var head = head(status: 200)
        if let error {
            error.describe(in: &head)
        } else {
            head.field("Content-Type", "application/json")
            head.field("Cache-Control", "no-store")
        }
        record.responseStatus = 200
        record.responseBytes += text.count
        stream.respond(head, body: text, closes: false)
        finish()
    }

    // MARK: streams

    /// Begins the stream, where it has not begun: with the answers of a batch that came before it did.
    /// - Returns: false when the client has gone meanwhile; `stream` is not to be touched any more then.
    func openStream(_ waiting: inout Waiting) -> Bool {
        guard !waiting.isStreaming else { return true }
        let collected = waiting.collected
        waiting.collected = []
        waiting.isStreaming = true
        state = .waiting(waiting)
        record.termination.phase = .stream
        record.responseStatus = 200
        var head = head(status: 200)
        eventFields(&head)
        stream.beginStream(head)
        guard !isDone else { return false }
        startPings(waiting.admitted.route)
        if waiting.isListener { startLifetime(waiting.admitted.route) }
        for text in collected { sendEvent(text, nil) }
        return !isDone
    }

    /// - Parameter frame: what came around the message in the server's own stream, which is kept.
    private func sendEvent(_ text: [UInt8], _ frame: StreamEvent?) {
        guard var block = frame else {
            var event: [UInt8] = []
            SSEWriter.append(message: text, event: "message", id: nil, to: &event)
            return send(event)
        }
        block.data = text
        send(block)
    }

    private func send(_ block: StreamEvent) {
        var event: [UInt8] = []
        SSEWriter.append(block, to: &event)
        send(event)
    }

    /// Nothing once the exchange is done: a write that fails ends the connection, and the exchange with it.
    private func send(_ bytes: [UInt8]) {
        guard !isDone else { return }
        record.responseBytes += bytes.count
        lastWrite = worker.loop.now
        stream.write(bytes)
    }

    // MARK: heads

    private func head(status: Int) -> ResponseHead {
        var head = ResponseHead(status: status)
        head.field("X-Request-Id", record.requestID)
        snapshot.crossOrigin.describe(&head, to: origin)
        return head
    }

    private func eventFields(_ head: inout ResponseHead) {
        head.field("Content-Type", "text/event-stream")
        head.field("Cache-Control", "no-store, no-transform")
        head.field("X-Accel-Buffering", "no")
    }

    private static func array(_ texts: [[UInt8]]) -> [UInt8] {
        var array: [UInt8] = [0x5B]
        for (index, text) in texts.enumerated() {
            if index > 0 { array.append(0x2C) }
            array += text
        }
        array.append(0x5D)
        return array
    }
}

extension Refusal {
    init(_ refusal: SessionDirectory.Refusal) {
        self =
            switch refusal {
            case .unknown: .unknownSession
            case .full(let limit): .full(limit)
            }
    }

    init(_ failure: SessionFailure) {
        self =
            switch failure {
            case .idInUse: .idInUse
            case .noSuchServerRequest: .noSuchServerRequest
            case .streamTaken: .streamTaken
            case .gone: .unknownSession
            case .couldNotStart, .died: .upstreamFailed
            case .unreachable: .upstreamUnreachable
            case .busy(let seconds): .upstreamBusy(retryAfter: seconds)
            case .refused(let refusal): .upstreamRefused(refusal)
            case .brokeOff: .upstreamNonsense
            case .tooSlow: .upstreamTooSlow
            case .cancelled: .cancelled
            case .overloaded: .overloaded
            }
    }
}
