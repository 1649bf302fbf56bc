// SPDX-License-Identifier: Apache-2.0

import Bytes
import HTTP
import Identity
import MCP
import Policy
import Reactor
import Sessions

/// What goes to an HTTP server. The calls live on this loop, and tell the exchange what comes of them.
extension Exchange: SessionListener {
    private static let repeatedField = HTTPError(400, "a field twice that may occur once")
    private static let bothTypes: StaticString = "application/json, text/event-stream"

    /// > semantics 6: "Only listed headers pass. Up: Accept, Content-Type, `Mcp-*`, trace context, a verified
    /// > Last-Event-ID, what the configuration injects."
    func writer(
        _ head: RequestHead,
        from caller: Authenticated,
        for server: HTTPServer,
        forwardsIdentity: Bool
    ) throws(Refusal) -> RequestWriter {
        var writer = RequestWriter(server.template, Self.upstreamMethod(head.method))
        do {
            try writer.field(.requestID, record.requestID)
            if forwardsIdentity {
                for field in caller.forwardedFields { try writer.field(field.name.bytes.span, field.value.span) }
            }
            if !head.has(.accept) { try writer.field(.accept, Self.bothTypes.bytes) }
            try writer.pass(from: head)
        } catch {
            throw .malformedHTTP(Self.repeatedField)
        }
        return writer
    }

    private static func upstreamMethod(_ method: HTTPMethod) -> RequestWriter.Method {
        switch method {
        case .get: .get
        case .delete: .delete
        default: .post
        }
    }

    func forward(_ request: MCPRequest, _ admitted: Admitted, to server: HTTPServer) throws(MessageRefusal) {
        guard request.call.method != .initialize else {
            return try initialize(request, admitted, at: server)
        }
        let context = try context(admitted, server, id: request.id)
        let permit = try authorize(request, admitted)
        start([worker.http.request(request, under: permit, context, self)], admitted, answers: 1)
    }

    private func initialize(_ request: MCPRequest, _ admitted: Admitted, at server: HTTPServer) throws(MessageRefusal) {
        guard admitted.sessionID == nil else {
            throw MessageRefusal(refusal: .initializeInSession, id: request.id)
        }
        let context = try context(admitted, server, id: request.id)
        let permit = try authorize(request, admitted)
        let now = Clock.unixMicroseconds()
        let call: HTTPCall
        do {
            call = try worker.http.initialize(request, under: permit, context, now: now, self)
        } catch {
            throw MessageRefusal(refusal: Refusal(error), id: request.id)
        }
        start([call], admitted, answers: 1, mayStream: false)
    }

    func forward(_ notification: MCPNotification, _ admitted: Admitted, to server: HTTPServer) throws(MessageRefusal) {
        let context = try context(admitted, server, id: nil)
        guard let call = worker.http.notification(notification, context, self) else {
            record.reason = Array("notification dropped")
            return respondEmpty(202)
        }
        start([call], admitted, answers: 0)
    }

    func forward(_ answer: MCPResponse, _ admitted: Admitted, to server: HTTPServer) throws(MessageRefusal) {
        let context = try context(admitted, server, id: nil)
        guard let call = worker.http.answer(answer, context, self) else {
            throw MessageRefusal(refusal: .noSuchServerRequest)
        }
        start([call], admitted, answers: 0)
    }

    /// A batch goes message by message: every one has been judged, and servers differ in whether they take arrays.
    func forward(
        _ commands: [SessionCommand],
        _ admitted: Admitted,
        answers: Int,
        to server: HTTPServer
    ) throws(MessageRefusal) {
        let context = try context(admitted, server, id: nil)
        let calls = commands.compactMap { worker.http.call($0, context, self) }
        guard !calls.isEmpty else { return respondEmpty(202) }
        start(calls, admitted, answers: answers, isBatch: answers > 0)
    }

    /// GET: the client's standalone stream, or the rest of one that broke off.
    func listen(_ admitted: Admitted, to server: HTTPServer) throws(Refusal) {
        let context = try httpContext(admitted, server)
        var resumption: Resumption?
        if let eventID = admitted.lastEventID {
            do {
                resumption = try worker.http.resumption(eventID, context)
            } catch {
                throw .unknownEvent
            }
        }
        // > semantics 5: the right must be "still held".
        if let resumption {
            record.note(resumption.call)
            guard allows(resumption.call, admitted) else { throw .unknownEvent }
        }
        let call = worker.http.stream(resuming: resumption, context, self)
        admitted.writer = nil
        state = .waiting(
            Waiting(
                admitted: admitted,
                answersLeft: resumption == nil ? 0 : 1,
                isListener: true,
                link: .calls([call])
            )
        )
        record.termination.phase = .stream
        call.start()
    }

    /// DELETE: the client ends its session.
    func close(_ admitted: Admitted, _ ticket: SessionTicket, at server: HTTPServer) throws(Refusal) {
        let call = worker.http.close(try httpContext(admitted, server), self)
        state = .waiting(Waiting(admitted: admitted, answersLeft: 0, isClosing: true, link: .calls([call])))
        record.termination.phase = .upstream
        worker.count(self)
        call.start()
    }

    private func start(
        _ calls: [HTTPCall],
        _ admitted: Admitted,
        answers: Int,
        isBatch: Bool = false,
        mayStream: Bool = true
    ) {
        admitted.writer = nil
        state = .waiting(Waiting(admitted: admitted, answersLeft: answers, isBatch: isBatch, link: .calls(calls)))
        record.termination.phase = .upstream
        record.termination.delivered = .yes
        worker.count(self)
        if answers > 0, mayStream, admitted.accepts.events { startPings(admitted.route) }
        for call in calls { call.start() }
    }

    private func context(
        _ admitted: Admitted,
        _ server: HTTPServer,
        id: RequestID?
    ) throws(MessageRefusal) -> HTTPContext {
        do {
            return try httpContext(admitted, server)
        } catch {
            throw MessageRefusal(refusal: error, id: id)
        }
    }

    /// A client that names no session may do without, as far as the server lets it.
    private func httpContext(_ admitted: Admitted, _ server: HTTPServer) throws(Refusal) -> HTTPContext {
        HTTPContext(
            server: server,
            session: admitted.sessionID == nil ? nil : try ticket(for: admitted),
            caller: admitted.caller.principal,
            acceptsEvents: admitted.accepts.events,
            writer: admitted.writer ?? RequestWriter(server.template, .post)
        )
    }
}
