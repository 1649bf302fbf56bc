// SPDX-License-Identifier: Apache-2.0

internal import Bytes
public import HTTP
internal import JSON
internal import MCP
internal import Reactor
public import Upstream

/// Hears what comes of a call, on the call's loop.
public protocol SessionListener: AnyObject {
    func receive(_ event: SessionEvent)
    /// Several events may follow at once; what they write may leave together.
    func burstBegins()
    func burstEnds()
}

/// One message to an HTTP server and what comes back, on the loop of the client that sent it. It outlives its client:
///
/// > MCP 2025-11-25, transports: "Disconnection SHOULD NOT be interpreted as the client cancelling its request."
public final class HTTPCall: OriginCallDelegate {
    /// Bytes of messages that the client may have outstanding before the server is left unread.
    static let creditBytes = 64 << 10
    /// What is read on for a client that has gone, bytes.
    static let detachedBytesMax = 1 << 20
    /// How long a request that the client cancelled may still be answered, nanoseconds.
    static let cancelledNanoseconds: UInt64 = 5_000_000_000
    /// Events without a readable message in a row of one stream before it is given up.
    static let garbageEventsMax = 100

    /// What was sent.
    enum Kind {
        /// A request, and the JSON text of the id that it went under, where that is not its own.
        case request(MCPRequest, upstreamID: [UInt8]?)
        case initialize(MCPRequest, Opener)
        /// GET: a standalone stream, or the rest of a request's.
        case stream(Resumption?)
        /// A notification, or an answer to a request of the server's.
        case message
        /// DELETE.
        case close
        /// The gateway's own; nobody listens.
        case own
    }

    /// How the response is read.
    enum Reading {
        case head
        /// One message, whole.
        case whole(ReceivedHead)
        case events
        /// Somebody's refusal, whole.
        case refusal(ReceivedHead)
        /// Nothing is expected, and what comes is thrown away.
        case nothing
        case over
    }

    let home: HTTPHome
    let server: HTTPServer
    let record: HTTPSessionRecord?
    let kind: Kind
    /// What event ids of this call are good for; empty where it shows none.
    let scope: [UInt8]
    private let acceptsEvents: Bool
    private(set) var listener: (any SessionListener)?
    var reading = Reading.head
    var body: [UInt8] = []
    var events: EventStreamReader?
    var garbage = 0
    /// The record's owner when the call began.
    let owner: Int
    /// The client knows an event id that it can resume from.
    var isResumable: Bool
    /// The server asked the client for something on this stream.
    var hasAsked = false
    private(set) var isCancelled = false
    /// The server's name of a session that it opens with this response.
    var openedID: [UInt8]?
    private var request: OriginRequest?
    private var origin: OriginCall?
    private let began: UInt64
    private var unacknowledged = 0
    private var detachedBytes = 0
    private var isStreamCounted = false
    /// It has one of its session's places for standalone streams.
    private var isListening = false

    init(
        _ kind: Kind,
        home: HTTPHome,
        context: HTTPContext,
        request: OriginRequest,
        scope: [UInt8] = [],
        listener: (any SessionListener)?
    ) {
        self.kind = kind
        self.home = home
        self.request = request
        self.scope = scope
        self.listener = listener
        server = context.server
        record = context.record
        // What opens a session has its id in the head of its answer, so nothing may be streamed before it.
        acceptsEvents = if case .initialize = kind { false } else { context.acceptsEvents }
        owner = record?.owner ?? 0
        isResumable = if case .stream(.some) = kind { true } else { false }
        began = home.loop.now
        record?.touch(began)
    }

    /// Sends it. What comes of it is told to the listener, perhaps inside this call.
    public func start() {
        guard let request, !isOver else { return }
        self.request = nil
        if case .request(let own, let upstreamID) = kind, let record {
            let pending = HTTPSessionRecord.Pending(
                upstreamID: upstreamID,
                progressToken: own.progressToken,
                call: HTTPSessionRecord.LoopCall(loop: home.loop, call: LoopBound(self))
            )
            if let refusal = record.begin(own.id, pending) { return refuse(refusal, own.id) }
        }
        if case .stream(nil) = kind, let record {
            guard record.beginListening() else { return refuse(.streamTaken, nil) }
            isListening = true
        }
        let sent = home.pool(for: server).send(request, deadline: firstDeadline, delegate: self)
        if !isOver { origin = sent }
    }

    /// The session has another request of this id, or enough streams; they stay.
    private func refuse(_ failure: SessionFailure, _ id: RequestID?) {
        let waiting = listener
        (reading, listener) = (.over, nil)
        waiting?.receive(.failed(failure, id: id))
    }

    /// So many bytes of what was delivered have left the gateway.
    public func acknowledge(_ bytes: Int) {
        unacknowledged = max(0, unacknowledged - bytes)
        if unacknowledged <= Self.creditBytes { origin?.setReading(true) }
    }

    /// Nobody listens any more. A stream of the client's own ends. A request goes on: where its client can come back
    /// for the answer the server keeps that, if it sees that nobody reads; elsewhere the answer is thrown away.
    public func detach() {
        listener = nil
        switch kind {
        case .stream: cut(mayBeResumed: true)
        case .request where isResumable: cut(mayBeResumed: true)
        case .request, .initialize, .message, .close, .own:
            origin?.setReading(true)
        }
    }

    /// The client has cancelled the request: its server may still answer, for a while.
    func wasCancelled() {
        guard !isCancelled, !isOver else { return }
        isCancelled = true
        origin?.setDeadline(home.loop.now + Self.cancelledNanoseconds)
    }

    // MARK: the response

    public func originAnswered(_ head: ReceivedHead) {
        judge(head)
    }

    public func originSent(_ content: Span<UInt8>) {
        if listener == nil, isDetachable {
            detachedBytes += content.count
            guard detachedBytes <= Self.detachedBytesMax else {
                return abandon("a long answer for a client that has gone")
            }
        }
        switch reading {
        case .whole: collect(content, max: server.messageBytesMax)
        case .refusal: collect(content, max: UpstreamRefusal.bodyBytesMax)
        case .events: read(events: content)
        case .nothing: origin?.release()
        case .head, .over: break
        }
    }

    public func originPaused() {}

    public func originFinished() {
        switch reading {
        case .whole(let head): finishWhole(head)
        case .refusal(let head): finishRefusal(head)
        case .events: finishEvents()
        case .nothing, .head: finish()
        case .over: break
        }
    }

    public func originFailed(_ failure: OriginFailure) {
        home.noteFailure(of: self, failure.sentence)
        switch failure {
        case .full, .closing: fail(.overloaded)
        case .unresolved, .unreachable, .connectTimeout, .insecure: fail(.unreachable)
        case .lost, .garbled, .unreadable: breakOff(.lost(failure))
        }
    }

    public func originIsOverdue() {
        let now = home.loop.now
        if isCancelled { return abandon(with: .cancelled) }
        // The server waits for a client that does not read.
        if unacknowledged > Self.creditBytes { return restartClock() }
        if hasAsked, let later = record?.extendedDeadline(now, response: server.responseNanoseconds), later > now {
            origin?.setDeadline(later)
            return
        }
        if case .request(let request, let upstreamID) = kind {
            tellServer(.cancelled(upstreamID ?? request.id.text, reason: "Timed out"))
        }
        abandon(with: .tooSlow)
    }

    // MARK: for the other files of this type

    var isOver: Bool {
        if case .over = reading { true } else { false }
    }

    /// The client is there, and reads a stream.
    var canStream: Bool { listener != nil && acceptsEvents }

    func tell(_ event: SessionEvent) { listener?.receive(event) }

    func deliver(_ event: SessionEvent, bytes: Int) {
        guard canStream else { return }
        unacknowledged += bytes
        if unacknowledged > Self.creditBytes { origin?.setReading(false) }
        tell(event)
    }

    func restartClock() {
        guard !isCancelled, case .request = kind else { return }
        origin?.setDeadline(home.loop.now + server.responseNanoseconds)
    }

    var upstreamNanoseconds: UInt64 { home.loop.now - began }

    /// A stream lasts as long as its client and its server want; the session lasts as long as the stream.
    func beginStream() {
        guard !isStreamCounted else { return }
        isStreamCounted = true
        record?.beginStream()
        if case .stream = kind { origin?.setDeadline(.max) }
    }

    /// The answer is here: what is left of the response is of no interest.
    func release() {
        origin?.release()
        end()
    }

    /// The response is given up, and its connection with it.
    func cut(mayBeResumed: Bool = false) {
        origin?.cancel()
        end(mayBeResumed: mayBeResumed)
    }

    /// Says something to the server in the gateway's own name.
    func tellServer(_ message: GatewayMessage) {
        guard let record else { return }
        home.tell(message, server, record)
    }

    /// Nothing more will be told. The request is over, unless its client may come back for the rest.
    func end(mayBeResumed: Bool = false) {
        guard !isOver else { return }
        reading = .over
        listener = nil
        origin = nil
        body = []
        events = nil
        if isStreamCounted { record?.endStream(home.loop.now) }
        if isListening { record?.endListening() }
        switch kind {
        case .request(let request, _):
            record?.end(request.id, mayBeResumed: mayBeResumed)
            record?.touch(home.loop.now)
        case .initialize(_, let opener): home.directory.releaseUnsettled(opener.handle)
        case .stream, .message, .close, .own: break
        }
    }

    private var isDetachable: Bool {
        switch kind {
        case .request, .initialize: true
        case .stream, .message, .close, .own: false
        }
    }

    private var firstDeadline: UInt64 {
        home.loop.now.addingReportingOverflow(server.responseNanoseconds).partialValue
    }

    private func abandon(_ reason: StaticString) {
        home.noteDropped(by: self, reason)
        cut()
    }

    private func abandon(with failure: SessionFailure) {
        let waiting = listener
        let id = requestID
        cut()
        waiting?.receive(.failed(failure, id: id))
    }
}
