// SPDX-License-Identifier: Apache-2.0

import Bytes
import HTTP
import MCP
import Reactor
import Sessions
import Telemetry

/// One event loop with all that lives on it: its listeners' shares of connections, its exchanges, its sessions.
// Why unchecked: everything mutable is touched only on `loop`; other threads only call methods that post.
final class Worker: @unchecked Sendable {
    let loop: EventLoop
    let snapshot: Snapshot
    let directory: SessionDirectory
    let log: Log
    let counters: Counters
    /// Where sockets are read into: one for all connections of the loop.
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    /// What TLS makes of it, for all connections too.
    var plain: [UInt8] = []
    private(set) var isDraining = false
    private(set) var home: SessionHome
    let http: HTTPHome
    private var connections = Slots<HTTPConnection>()
    /// Connections of which a proxy has still to say whose they are.
    private var prefaces = Slots<ProxyPreface>()
    private var listeners: [Listener] = []
    /// Exchanges that a session may still speak to.
    private var waiting: [UInt64: Exchange] = [:]
    private var lastSequence: UInt64 = 0
    private var requestIDs: RequestIDs

    init(loop: EventLoop, shared: SharedParts) {
        self.loop = loop
        snapshot = shared.snapshot
        directory = shared.directory
        log = shared.log
        counters = shared.counters
        requestIDs = RequestIDs(loop: loop.index)
        home = SessionHome(
            loop: loop,
            guardian: shared.guardian,
            directory: shared.directory,
            observer: shared.observer,
            deliver: shared.workers.deliver
        )
        http = HTTPHome(loop: loop, directory: shared.directory, observer: shared.observer, events: shared.events)
    }

    // MARK: listeners and connections

    func add(_ listener: Listener) {
        listeners.append(listener)
        listener.open(on: self)
    }

    func accepted(_ descriptor: consuming FileDescriptor, _ peer: IPAddress, _ listener: Listener) {
        guard listener.configuration.proxyProtocol else { return serve(descriptor, peer, listener) }
        let preface = ProxyPreface(worker: self, descriptor: descriptor, peer: peer, listener: listener)
        preface.slot = prefaces.insert(preface)
        preface.open()
    }

    /// A preface has its header, and its connection is served; or it is closed.
    func prefaceEnded(_ preface: ProxyPreface, isServed: Bool) {
        guard let slot = preface.slot, prefaces.remove(slot) != nil else { return }
        if !isServed { counters.connections.close() }
    }

    func serve(_ descriptor: consuming FileDescriptor, _ peer: IPAddress, _ listener: Listener) {
        let connection = HTTPConnection(worker: self, descriptor: descriptor, peer: peer, listener: listener)
        connection.slot = connections.insert(connection)
        connection.open()
    }

    func connectionClosed(_ connection: HTTPConnection) {
        if let slot = connection.slot, connections.remove(slot) != nil { counters.connections.close() }
    }

    func makeHandler(for listener: Listener, stream: any ClientStream, peer: IPAddress) -> any RequestHandling {
        switch listener.purpose {
        case .admin: AdminExchange(worker: self, stream: stream)
        case .mcp:
            Exchange(
                worker: self,
                stream: stream,
                peer: peer,
                listener: listener.name,
                forwardedField: listener.configuration.clientAddressFrom
            )
        }
    }

    // MARK: exchanges

    func nextStreamKey() -> StreamKey {
        lastSequence += 1
        return StreamKey(loop: loop.index, sequence: lastSequence)
    }

    func nextRequestID() -> [UInt8] { requestIDs.next() }

    /// A session on another loop may speak to the exchange from here on.
    func wait(for exchange: Exchange) {
        waiting[exchange.key.sequence] = exchange
        count(exchange)
    }

    /// A drain waits for the exchange, unless it is a standalone stream.
    func count(_ exchange: Exchange) {
        guard !exchange.isListening, !exchange.isCounted else { return }
        exchange.isCounted = true
        counters.exchanges.begin()
    }

    func exchangeEnded(_ exchange: Exchange) {
        waiting[exchange.key.sequence] = nil
        if exchange.isCounted { counters.exchanges.end() }
    }

    /// Brings what a session says to its exchange, wherever that lives. Callable from every loop.
    func deliver(_ event: SessionEvent, to key: StreamKey) {
        loop.post { [self] in waiting[key.sequence]?.receive(event) }
    }

    // MARK: drain

    /// New answers say `Connection: close`, and `/readyz` says 503.
    func beginDrain() {
        isDraining = true
    }

    /// Takes no more connections, and ends those that wait for nothing.
    func stopAccepting() {
        for listener in listeners { listener.close() }
        listeners = []
        for (_, preface) in prefaces.all { preface.close() }
        for (_, connection) in connections.all { connection.drain() }
    }

    /// Ends what lives in processes of the gateway's own; sessions with HTTP servers outlive it.
    func endSessions() {
        home.closeAll()
        http.beginDrain()
    }

    /// Ends sessions with HTTP servers that nobody uses, again and again. On one loop only.
    func sweepSessions() {
        loop.schedule(after: Self.sweepNanoseconds(snapshot.configuration.limits.sessionIdle)) { [self] in
            guard !isDraining else { return }
            http.endIdleSessions(snapshot.httpServers)
            sweepSessions()
        }
    }

    /// Often enough that a session ends within a quarter of its idle time, and at most ten seconds, too late.
    private static func sweepNanoseconds(_ idle: UInt64) -> UInt64 { min(max(idle / 4, 50_000_000), 10_000_000_000) }

    /// Ends every connection, whatever it waits for.
    func closeConnections() {
        http.closeAll()
        for (_, preface) in prefaces.all { preface.close() }
        for (_, connection) in connections.all { connection.close() }
    }
}
