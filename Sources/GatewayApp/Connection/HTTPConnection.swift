// SPDX-License-Identifier: Apache-2.0

import Bytes
import HTTP
import Reactor
import TLS
import Telemetry

/// One HTTP/1.1 connection: reads requests one after the other, and writes what their exchanges answer.
///
/// Requests that a client sends ahead (pipelining) wait in `ahead` until the one before is answered, and the socket is
/// left unread while they do.
final class HTTPConnection: ReadinessHandler, TurnEndHandler, ClientStream {
    /// What ends a connection that does nothing; each has its own time in `limits`.
    enum Waiting {
        /// For TLS: `SecureChannel.handshakeTimeout`.
        case handshake
        /// For the first byte of a request: `keep_alive`, on a new connection `header_timeout`.
        case request
        /// For the rest of a head: `header_timeout`, from its first byte.
        case head
        /// For the rest of a body: `body_timeout`.
        case body
        /// For the answer; the exchange has its own times.
        case answer
        /// For the client to take what is written: `writeStallNanoseconds`.
        case write
        /// For what a refused client still sends: `lingerNanoseconds`.
        case lingering
    }

    /// How long a client may leave written bytes untaken, nanoseconds.
    static let writeStallNanoseconds: UInt64 = 30_000_000_000
    /// After an early answer: how long, and how many bytes, are read and thrown away so that the answer arrives.
    static let lingerNanoseconds: UInt64 = 1_000_000_000
    static let lingerBytesMax = 64 << 10
    /// Pipelined bytes that may wait.
    static let aheadBytesMax = 64 << 10

    private static let incomplete = HTTPError(400, "the client ended in the middle of a request")

    let worker: Worker
    /// Its place among the worker's connections.
    var slot: Slot?
    private let peer: IPAddress
    private let listener: Listener
    /// Nil: plain HTTP.
    private let channel: SecureChannel?
    private let raw: Int32
    private var descriptor: FileDescriptor?
    private var registration: Registration?
    private var parser: RequestParser
    private var exchange: (any RequestHandling)?
    private var ahead: [UInt8] = []
    private var out = OutputQueue()
    private var waiting = Waiting.request
    private var deadline: UInt64
    private var timer: TimerToken?
    /// When the exchange wants to be woken; `.max` for never.
    private var wakeTime = UInt64.max
    private var requestKeepsAlive = true
    private var isHTTP10 = false
    private var isHead = false
    /// The request that is being answered has a body that has not been read to its end.
    private var bodyIsComing = false
    private var peerFinished = false
    private var lingeredBytes = 0
    /// What TLS itself has written since everything had left.
    private var controlBytes = 0
    private var isParsing = false
    private var isCorked = false
    /// It will be asked to write when the loop's turn ends.
    private var writesAtTurnEnd = false
    /// Bytes wait for the client to take them.
    private var stalls = false {
        didSet { if stalls != oldValue { worker.counters.connections.noteStall(stalls) } }
    }
    private var timerDue: UInt64 = 0

    init(worker: Worker, descriptor: consuming FileDescriptor, peer: IPAddress, listener: Listener) {
        self.worker = worker
        self.peer = peer
        self.listener = listener
        raw = descriptor.raw
        self.descriptor = consume descriptor
        parser = RequestParser(limits: worker.snapshot.httpLimits)
        channel = listener.tls.map { SecureChannel($0, handshakes: worker.counters.handshakes) }
        if channel != nil { waiting = .handshake }
        let first = worker.snapshot.configuration.limits.headerTimeout
        deadline = worker.loop.now + (channel == nil ? first : SecureChannel.handshakeTimeout)
    }

    func open() {
        do {
            registration = try worker.loop.register(raw, [.read], self)
            armTimer()
        } catch {
            close()
        }
    }

    var isIdle: Bool { exchange == nil && out.isEmpty && parser.isIdle && ahead.isEmpty }

    /// No further request is taken; an idle connection ends at once, a stream is ended.
    func drain() {
        requestKeepsAlive = false
        if isIdle { return close() }
        exchange?.endForDrain()
    }

    func close() {
        guard descriptor != nil else { return }
        let open = exchange
        exchange = nil
        if open == nil, out.isEmpty { endChannel() }
        open?.clientGone()
        if let registration { worker.loop.remove(registration) }
        if let timer { worker.loop.cancel(timer) }
        registration = nil
        timer = nil
        stalls = false
        descriptor = nil
        worker.connectionClosed(self)
    }

    func ready(_ readiness: Readiness) {
        if readiness.contains(.write) { flush() }
        guard descriptor != nil else { return }
        if readiness.contains(.read) { read() }
        if readiness.contains(.error), descriptor != nil { close() }
    }

    // MARK: reading

    private func read() {
        switch Socket.receive(raw, into: &worker.buffer) {
        case .bytes(let count):
            if case .lingering = waiting { return discard(count) }
            let bytes = worker.buffer
            received(bytes.span.extracting(0..<count))
        case .wouldBlock:
            return
        case .end:
            peerEnded()
        case .failed:
            close()
        }
    }

    private func received(_ bytes: Span<UInt8>) {
        guard let channel else { return take(bytes) }
        var control: [UInt8] = []
        do {
            try channel.receive(bytes, plain: &worker.plain, output: &control)
            sendControl(control)
        } catch {
            return channelFailed(error, control)
        }
        if case .handshake = waiting, channel.isOpen {
            wait(.request, worker.snapshot.configuration.limits.headerTimeout)
        }
        let plain = worker.plain
        if !plain.isEmpty { take(plain.span) }
        if channel.peerHasEnded, descriptor != nil { peerEnded() }
    }

    private func take(_ bytes: Span<UInt8>) {
        guard !isAnswering, ahead.isEmpty else { return keepAhead(bytes) }
        var offset = 0
        parse(bytes, &offset)
        guard descriptor != nil, offset < bytes.count else { return }
        keepAhead(bytes.extracting(offset..<bytes.count))
    }

    /// The message is complete, and its answer is being made or written: nothing more is parsed until then.
    private var isAnswering: Bool {
        switch waiting {
        case .answer, .write, .lingering: true
        case .handshake, .request, .head, .body: false
        }
    }

    private func keepAhead(_ bytes: Span<UInt8>) {
        ahead.append(contentsOf: bytes)
        if ahead.count > Self.aheadBytesMax { watch() }
    }

    private func parse(_ bytes: Span<UInt8>, _ offset: inout Int) {
        isParsing = true
        defer { isParsing = false }
        do {
            while descriptor != nil, !isAnswering, let event = try parser.next(bytes, offset: &offset) {
                handle(event, bytes)
            }
        } catch {
            exchangeForError().refuseUnreadable(error)
        }
        if descriptor != nil { noteProgress() }
    }

    private func handle(_ event: RequestParser.Event, _ bytes: Span<UInt8>) {
        switch event {
        case .head(let head):
            wakeTime = .max
            let next = worker.makeHandler(for: listener, stream: self, peer: peer)
            exchange = next
            requestKeepsAlive = head.keepAlive && !worker.isDraining
            isHTTP10 = head.isHTTP10
            isHead = head.method == .head
            bodyIsComing = head.framing.hasBody
            wait(.body, worker.snapshot.configuration.limits.bodyTimeout)
            next.begin(head)
        case .body(let range):
            exchange?.receive(body: bytes.extracting(range))
        case .end:
            bodyIsComing = false
            guard let exchange, !exchange.isDone else { return }
            wait(.answer, nil)
            exchange.bodyEnded()
        }
    }

    private func exchangeForError() -> any RequestHandling {
        bodyIsComing = true
        if let exchange, !exchange.isDone { return exchange }
        let fresh = worker.makeHandler(for: listener, stream: self, peer: peer)
        exchange = fresh
        // Nothing is known of this request, least of all what the one before it was like.
        (isHead, isHTTP10) = (false, false)
        return fresh
    }

    /// Whether a head has begun, for its time-out.
    private func noteProgress() {
        guard case .request = waiting, !parser.isIdle else { return }
        wait(.head, worker.snapshot.configuration.limits.headerTimeout)
    }

    /// Goes on with what has been read already. Also where that is nothing: the parser may still have to tell the end
    /// of the message before.
    private func parseAhead() {
        while descriptor != nil, !isAnswering {
            let bytes = ahead
            ahead = []
            var offset = 0
            parse(bytes.span, &offset)
            if offset < bytes.count { ahead = Array(bytes[offset...]) + ahead }
            if offset == 0 { break }
        }
        watch()
    }

    /// The client sends no more. It may still be reading: what it asked for is answered.
    private func peerEnded() {
        peerFinished = true
        if case .lingering = waiting, out.isEmpty { return close() }
        guard isAnswering else { return endAfterLastRequest() }
        watch()
        // A client that has gone altogether answers the next write with a reset.
        if let exchange, exchange.isStreaming { exchange.ping() }
    }

    private func endAfterLastRequest() {
        guard !parser.isIdle else { return close() }
        exchangeForError().refuseUnreadable(Self.incomplete)
    }

    // MARK: answering (ClientStream)

    func sendContinue() {
        send(Array("HTTP/1.1 100 Continue\r\n\r\n"))
    }

    func respond(_ head: ResponseHead, body: [UInt8], closes: Bool) {
        let unread = closes || bodyIsComing
        if unread { requestKeepsAlive = false }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512 + body.count)
        head.append(to: &bytes, framing: .length(body.count), keepAlive: requestKeepsAlive, isHTTP10: isHTTP10)
        // RFC 9110, section 9.3.2: an answer to HEAD has no content, whatever its length says.
        if !isHead { bytes += body }
        waiting = unread ? .lingering : .write
        send(bytes)
    }

    func beginStream(_ head: ResponseHead) {
        var bytes: [UInt8] = []
        head.append(to: &bytes, framing: .chunked, keepAlive: requestKeepsAlive)
        send(bytes)
    }

    func write(_ bytes: [UInt8]) {
        var chunk: [UInt8] = []
        chunk.reserveCapacity(bytes.count + 20)
        ChunkWriter.append(bytes, to: &chunk)
        send(chunk)
    }

    func endStream() {
        var bytes: [UInt8] = []
        ChunkWriter.appendLast(to: &bytes)
        waiting = .write
        send(bytes)
    }

    func abortStream() {
        requestKeepsAlive = false
        waiting = .write
        // Without the last chunk (RFC 9112, section 8: "incomplete").
        if !isCorked { flushAtTurnEnd() }
    }

    func wake(at time: UInt64) {
        wakeTime = time
        if case .answer = waiting, !stalls { awaitWake() }
    }

    private func awaitWake() {
        deadline = wakeTime
        armTimer()
    }

    func cork() { isCorked = true }

    func uncork() {
        guard isCorked else { return }
        isCorked = false
        if !out.isEmpty || isFinishing { flushAtTurnEnd() }
    }

    /// An answer is over, and nothing but its last bytes is waited for.
    private var isFinishing: Bool {
        if case .write = waiting { true } else { false }
    }

    private func send(_ bytes: [UInt8]) {
        guard descriptor != nil else { return }
        do {
            out.append(try channel?.seal(bytes) ?? bytes)
        } catch {
            return channelFailed(error, [])
        }
        if !isCorked { flushAtTurnEnd() }
    }

    private func flushAtTurnEnd() {
        guard !writesAtTurnEnd else { return }
        writesAtTurnEnd = true
        worker.loop.atTurnEnd(self)
    }

    func turnEnds() {
        writesAtTurnEnd = false
        flush()
    }

    private func flush() {
        guard descriptor != nil else { return }
        let before = out.count
        guard out.write(to: raw) else { return close() }
        if out.isEmpty { return written() }
        if out.count < before || !stalls { setDeadline(Self.writeStallNanoseconds) }
        stalls = true
        watch()
    }

    private func written() {
        stalls = false
        controlBytes = 0
        exchange?.flushed()
        switch waiting {
        case .write:
            nextRequest()
        case .lingering:
            linger()
        case .answer:
            awaitWake()
            watch()
        case .body:
            // The client was slow to take `100 Continue`; its time for the body begins now.
            setDeadline(worker.snapshot.configuration.limits.bodyTimeout)
            watch()
        case .handshake, .request, .head:
            watch()
        }
    }

    private func nextRequest() {
        exchange = nil
        guard requestKeepsAlive else { return linger() }
        wait(.request, worker.snapshot.configuration.limits.keepAlive)
        guard !isParsing else { return }
        parseAhead()
        if peerFinished, descriptor != nil, !isAnswering { endAfterLastRequest() }
    }

    /// Ends a connection whose last answer is out, in a way that lets the answer arrive although the client may still
    /// be sending: closing with bytes unread would reset the connection, and take the answer with it.
    private func linger() {
        if let end = channel?.end(), !end.isEmpty {
            // Comes back here when that is out.
            waiting = .lingering
            out.append(end)
            return flush()
        }
        Socket.shutdownWrite(raw)
        guard !peerFinished else { return close() }
        waiting = .lingering
        ahead = []
        setDeadline(Self.lingerNanoseconds)
        watch()
    }

    /// What a refused client still sends is thrown away, never parsed.
    private func discard(_ count: Int) {
        lingeredBytes += count
        if lingeredBytes > Self.lingerBytesMax { close() }
    }

    // MARK: TLS

    /// The name that the client asked for in its handshake.
    var serverName: [UInt8]? { channel?.serverName }

    /// Sends what TLS itself has to say. It is no part of any answer, and moves no deadline.
    private func sendControl(_ bytes: [UInt8]) {
        guard descriptor != nil, !bytes.isEmpty else { return }
        controlBytes = out.isEmpty ? 0 : controlBytes + bytes.count
        guard controlBytes <= SecureChannel.controlBytesMax else { return close() }
        out.append(bytes)
        guard out.write(to: raw) else { return close() }
        if !out.isEmpty { watch() }
    }

    /// Says at the end of a connection that this is its end, as far as the socket takes it at once.
    private func endChannel() {
        guard let end = channel?.end(), !end.isEmpty else { return }
        out.append(end)
        _ = out.write(to: raw)
    }

    private func channelFailed(_ error: TLSError, _ alert: [UInt8]) {
        worker.log.write(.debug, "tls_failed") { line in
            line.member("reason", error.description)
            line.member("address", peer.text)
            line.member("listener", listener.name)
        }
        sendControl(alert)
        close()
    }

    // MARK: time and interest

    private func wait(_ next: Waiting, _ nanoseconds: UInt64?) {
        waiting = next
        guard let nanoseconds else { return awaitWake() }
        setDeadline(nanoseconds)
    }

    private func setDeadline(_ nanoseconds: UInt64) {
        deadline = worker.loop.now + nanoseconds
        armTimer()
    }

    /// One timer a connection, which looks at `deadline` when it fires: most deadlines move away before they come.
    private func armTimer() {
        guard descriptor != nil, deadline != .max else { return }
        if let timer {
            guard deadline < timerDue else { return }
            worker.loop.cancel(timer)
        }
        timerDue = deadline
        let now = worker.loop.now
        // Held by the timer until it fires or the connection is closed: weak references make every other one slower.
        timer = worker.loop.schedule(after: deadline > now ? deadline - now : 0) { self.timerFired() }
    }

    private func timerFired() {
        timer = nil
        guard deadline <= worker.loop.now else { return armTimer() }
        switch waiting {
        case .body where out.isEmpty:
            requestKeepsAlive = false
            exchange?.refuseSlow()
        case .answer where out.isEmpty:
            (wakeTime, deadline) = (.max, .max)
            exchange?.wakes()
        case .head where out.isEmpty:
            exchangeForError().refuseSlow()
        case .handshake:
            channelFailed(.peer("no handshake in time"), [])
        default:
            close()
        }
    }

    private func watch() {
        guard let registration else { return }
        var interest: Interest = out.isEmpty ? [] : [.write]
        if !peerFinished, ahead.count <= Self.aheadBytesMax { interest.insert(.read) }
        if interest.isEmpty { interest = [.hangUp] }
        worker.loop.change(registration, interest)
    }
}
