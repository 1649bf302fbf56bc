// SPDX-License-Identifier: Apache-2.0

internal import Bytes
public import HTTP
public import Identity
public import MCP
public import Policy
public import Reactor
internal import Upstream

/// What one client's message to an HTTP server needs beside itself.
public struct HTTPContext {
    public let server: HTTPServer
    let record: HTTPSessionRecord?
    /// Nil for what the gateway says itself.
    let caller: Principal?
    /// The client reads event streams.
    fileprivate(set) var acceptsEvents: Bool
    /// The fields that the client's head and the configuration add.
    let writer: RequestWriter

    /// - Parameter session: nil for a client that named none: its server may do without.
    public init(
        server: HTTPServer,
        session: SessionTicket?,
        caller: Principal,
        acceptsEvents: Bool,
        writer: RequestWriter
    ) {
        self.server = server
        self.caller = caller
        self.acceptsEvents = acceptsEvents
        self.writer = writer
        if case .record(let found) = session?.place { record = found } else { record = nil }
    }
}

/// The calls of one loop to HTTP servers, and the connections that carry them. Used on that loop only.
public final class HTTPHome {
    public let loop: EventLoop
    let directory: SessionDirectory
    let observer: SessionObserver
    let events: EventSealer
    private let buffer = ReadBuffer()
    private var pools: [Int: OriginPool] = [:]
    private var isClosing = false

    public init(loop: EventLoop, directory: SessionDirectory, observer: SessionObserver, events: EventSealer) {
        self.loop = loop
        self.directory = directory
        self.observer = observer
        self.events = events
    }

    // Each makes a call that is still to be started: its owner has to be ready for what comes of it.

    /// A request in a session, or to a server that needs none.
    public func request(
        _ request: MCPRequest,
        under permit: consuming Permit,
        _ context: HTTPContext,
        _ listener: any SessionListener
    ) -> HTTPCall {
        let upstreamID = context.server.eventIDs.nextRequestID()
        return HTTPCall(
            .request(request, upstreamID: upstreamID),
            home: self,
            context: context,
            request: .forward(request, withID: upstreamID, inSession(context), under: permit),
            scope: upstreamID == nil ? [] : scope(context),
            listener: listener
        )
    }

    /// The request that opens a session.
    /// - Throws: when a limit is reached or the gateway is about to end.
    public func initialize(
        _ request: MCPRequest,
        under permit: consuming Permit,
        _ context: HTTPContext,
        now unixMicroseconds: Int,
        _ listener: any SessionListener
    ) throws(SessionDirectory.Refusal) -> HTTPCall {
        guard !isClosing else { throw .full("the gateway is draining") }
        guard let caller = context.caller else { throw .unknown }
        let (handle, expires) = try directory.reserve(
            for: caller,
            server: context.server.index,
            now: unixMicroseconds
        )
        return HTTPCall(
            .initialize(request, Opener(principal: caller, handle: handle, expires: expires)),
            home: self,
            context: context,
            request: .forward(request, withID: nil, context.writer, under: permit),
            listener: listener
        )
    }

    /// A notification. Nil for a cancellation of nothing: it goes no further.
    public func notification(
        _ notification: MCPNotification,
        _ context: HTTPContext,
        _ listener: any SessionListener
    ) -> HTTPCall? {
        var id: [UInt8]?
        if notification.method == .notificationCancelled {
            // > MCP: "Cancellation notifications MUST only reference requests that were previously issued in the same
            // > direction and are believed to still be in-progress." Without a session nobody knows whose an id is.
            guard let named = notification.cancelledID, let pending = context.record?.pending(named) else { return nil }
            id = pending.upstreamID
            if let under = pending.call { under.loop.post { under.call.value.wasCancelled() } }
        }
        return HTTPCall(
            .message,
            home: self,
            context: context,
            request: .relay(notification, withRequestID: id, inSession(context)),
            listener: listener
        )
    }

    /// The client's answer to a request of the server's: it passes once. Nil where there is no such request.
    public func answer(
        _ response: MCPResponse,
        _ context: HTTPContext,
        _ listener: any SessionListener
    ) -> HTTPCall? {
        guard let id = response.id, context.record?.settle(id, now: loop.now) == true else { return nil }
        return HTTPCall(
            .message,
            home: self,
            context: context,
            request: .relay(response, inSession(context)),
            listener: listener
        )
    }

    /// One message of a batch; nil for one that goes no further. Nothing is streamed but answers: several streams make
    /// no one.
    public func call(_ command: SessionCommand, _ context: HTTPContext, _ listener: any SessionListener) -> HTTPCall? {
        var context = context
        context.acceptsEvents = false
        switch command {
        case .request(let own, _, let carrier):
            guard let permit = carrier.take() else { return nil }
            return request(own, under: permit, context, listener)
        case .notification(let own): return notification(own, context, listener)
        case .answer(let own): return answer(own, context, listener)
        case .listen, .detach, .acknowledge, .close: return nil
        }
    }

    /// What an event id stands for: the request to resume, or nil for a standalone stream, whose ids are never
    /// forwarded (semantics 4).
    /// - Throws: for an id that the gateway did not make for this session.
    public func resumption(_ eventID: [UInt8], _ context: HTTPContext) throws(UnknownEvent) -> Resumption? {
        switch events.open(eventID, scope: scope(context)) {
        case .request(let resumption): resumption
        case .standalone: nil
        case nil: throw UnknownEvent()
        }
    }

    /// GET: the client's standalone stream, or the rest of a request's.
    public func stream(
        resuming resumption: Resumption?,
        _ context: HTTPContext,
        _ listener: any SessionListener
    ) -> HTTPCall {
        var writer = inSession(context)
        // A value that came from a server's event has no CR, LF or NUL; one with another control byte is not sent.
        if let resumption { try? writer.field(.lastEventID, resumption.upstreamEventID) }
        return HTTPCall(
            .stream(resumption),
            home: self,
            context: context,
            request: .withoutContent(writer, isStream: true),
            scope: scope(context),
            listener: listener
        )
    }

    /// DELETE: the end of the session.
    public func close(_ context: HTTPContext, _ listener: any SessionListener) -> HTTPCall {
        HTTPCall(
            .close,
            home: self,
            context: context,
            request: .withoutContent(inSession(context)),
            listener: listener
        )
    }

    /// Ends what has not been used for too long, in the server too.
    public func endIdleSessions(_ servers: [HTTPServer]) {
        for server in servers {
            for record in directory.removeIdle(server: server.index, loop.now, after: server.idleNanoseconds) {
                observer.note(.closed(server: server.name, record.handle))
                close(record, server)
            }
        }
    }

    /// Opens no more sessions: for the drain.
    public func beginDrain() { isClosing = true }

    /// Ends every connection: what was still to come will not.
    public func closeAll() {
        isClosing = true
        for pool in pools.values { pool.close() }
    }

    // MARK: for calls

    func pool(for server: HTTPServer) -> OriginPool {
        if let pool = pools[server.index] { return pool }
        let pool = OriginPool(loop: loop, origin: server.origin, buffer: buffer)
        pools[server.index] = pool
        return pool
    }

    func tell(_ message: GatewayMessage, _ server: HTTPServer, _ record: HTTPSessionRecord) {
        own(.tell(message, ownWriter(.post, server, record)), server)
    }

    func close(_ record: HTTPSessionRecord, _ server: HTTPServer) {
        own(.withoutContent(ownWriter(.delete, server, record)), server)
    }

    /// The session is over in the server.
    func ended(_ record: HTTPSessionRecord, _ server: HTTPServer) {
        guard directory.remove(record.handle) else { return }
        observer.note(.closed(server: server.name, record.handle))
    }

    func noteDropped(by call: HTTPCall, _ reason: StaticString) {
        observer.note(.dropped(server: call.server.name, call.record?.handle, reason))
    }

    func noteFailure(of call: HTTPCall, _ reason: StaticString) { noteFailure(of: call, reason.bytes) }

    func noteFailure(of call: HTTPCall, _ reason: [UInt8]) {
        observer.note(.failed(server: call.server.name, call.record?.handle, reason))
    }

    private func own(_ request: OriginRequest, _ server: HTTPServer) {
        let context = HTTPContext(server: server, writer: RequestWriter(server.origin.template, .post))
        HTTPCall(.own, home: self, context: context, request: request, listener: nil).start()
    }

    private func ownWriter(
        _ method: RequestWriter.Method,
        _ server: HTTPServer,
        _ record: HTTPSessionRecord
    ) -> RequestWriter {
        var writer = RequestWriter(server.origin.template, method)
        // None of these can be refused: literals, and ids that were checked when they came.
        try? writer.field(.accept, Array("application/json, text/event-stream"))
        if method == .post { try? writer.field(.contentType, Array("application/json")) }
        if let version = record.version { try? writer.field(.mcpProtocolVersion, version.text.bytes) }
        try? writer.field(.mcpSessionID, record.upstreamID)
        return writer
    }

    private func inSession(_ context: HTTPContext) -> RequestWriter {
        guard let record = context.record else { return context.writer }
        var writer = context.writer
        // Visible ASCII since it was taken, and written nowhere else.
        try? writer.field(.mcpSessionID, record.upstreamID)
        return writer
    }

    private func scope(_ context: HTTPContext) -> [UInt8] {
        EventSealer.scope(context.server.name, context.record?.handle, context.caller)
    }
}

extension HTTPContext {
    /// For what the gateway says itself.
    init(server: HTTPServer, writer: RequestWriter) {
        self.server = server
        self.writer = writer
        record = nil
        caller = nil
        acceptsEvents = false
    }
}

/// An event id that the gateway did not make, or made for another session or caller.
public struct UnknownEvent: Error {}
