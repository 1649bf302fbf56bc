// SPDX-License-Identifier: Apache-2.0

import Bytes
public import Identity
public import MCP
public import Reactor
public import Upstream

/// What one server's sessions are started with.
public struct StdioServer: Sendable {
    /// Its place in the configuration.
    public var index: Int
    public var name: [UInt8]
    public var specification: ChildSpecification
    public var limits: StdioLimits
    public var processesMax: Int
    /// How long a session may be without a request and without a stream, nanoseconds.
    public var idleNanoseconds: UInt64
    /// From the start of the process to the answer to `initialize`, nanoseconds.
    public var startNanoseconds: UInt64
    /// Until the answer to a request, nanoseconds.
    public var responseNanoseconds: UInt64
    public var allowedRequests: ServerRequestKinds

    public init(
        index: Int,
        name: [UInt8],
        specification: ChildSpecification,
        limits: StdioLimits,
        processesMax: Int,
        idleNanoseconds: UInt64,
        startNanoseconds: UInt64,
        responseNanoseconds: UInt64,
        allowedRequests: ServerRequestKinds
    ) {
        self.index = index
        self.name = name
        self.specification = specification
        self.limits = limits
        self.processesMax = processesMax
        self.idleNanoseconds = idleNanoseconds
        self.startNanoseconds = startNanoseconds
        self.responseNanoseconds = responseNanoseconds
        self.allowedRequests = allowedRequests
    }
}

/// Where session events go: the exchange's own loop. Called on the session's home loop.
public typealias SessionDelivery = @Sendable (StreamKey, SessionEvent) -> Void

/// What happens to sessions, for the log and the metrics. Called on the home loop.
public struct SessionObserver: Sendable {
    public enum Note: Sendable {
        case opened(server: [UInt8], SessionHandle)
        case closed(server: [UInt8], SessionHandle)
        /// The process could not be started or ended before its session did.
        case lost(server: [UInt8], SessionHandle, ChildLoss)
        /// A line of the server's standard error.
        case complained(server: [UInt8], SessionHandle, line: [UInt8], dropped: Int)
        /// A message of the server's that went nowhere. The session is nil at servers that keep none.
        case dropped(server: [UInt8], SessionHandle?, StaticString)
        /// A message to a server came to nothing.
        case failed(server: [UInt8], SessionHandle?, [UInt8])
    }

    public let note: @Sendable (Note) -> Void

    public init(note: @escaping @Sendable (Note) -> Void) { self.note = note }
}

/// The sessions of one loop. Each lives here from its first request to the end of its process; other loops reach it by
/// posting commands.
// Why unchecked: everything mutable is touched only in jobs of `loop`; other loops only call methods that post.
public final class SessionHome: @unchecked Sendable {
    public let loop: EventLoop
    let guardian: Guardian
    let directory: SessionDirectory
    let observer: SessionObserver
    let deliver: SessionDelivery
    let buffer = ReadBuffer()
    private var sessions = Slots<StdioSession>()
    private var isClosing = false

    public init(
        loop: EventLoop,
        guardian: Guardian,
        directory: SessionDirectory,
        observer: SessionObserver,
        deliver: @escaping SessionDelivery
    ) {
        self.loop = loop
        self.guardian = guardian
        self.directory = directory
        self.observer = observer
        self.deliver = deliver
    }

    /// Opens a session for an `initialize` request, on this loop. What comes of it is delivered to `key`.
    /// - Throws: `SessionDirectory.Refusal.full` when a limit is reached or the gateway is about to end; nothing has
    ///   been started then.
    public func open(
        _ request: MCPRequest,
        under permit: PermitCarrier,
        for owner: Principal,
        at server: StdioServer,
        key: StreamKey,
        acceptsEvents: Bool,
        now unixMicroseconds: Int
    ) throws(SessionDirectory.Refusal) {
        guard !isClosing else { throw .full("the gateway is draining") }
        let (handle, expires) = try directory.reserve(
            for: owner,
            server: server.index,
            processesMax: server.processesMax,
            at: .starting(self),
            now: unixMicroseconds
        )
        let lifetime = UInt64(max(0, expires - unixMicroseconds)).multipliedReportingOverflow(by: 1000)
        let end = loop.now.addingReportingOverflow(lifetime.overflow ? .max : lifetime.partialValue)
        let session = StdioSession(handle: handle, opener: owner, expires: expires, server: server, home: self)
        session.lifetimeEnd = end.overflow ? .max : end.partialValue
        let slot = sessions.insert(session)
        session.slot = slot
        directory.settle(handle, at: .home(self, slot))
        session.start()
        session.take(.request(request, acceptsEvents: acceptsEvents, permit), from: key)
    }

    /// Sends a command to a session, from any loop.
    public static func send(_ command: SessionCommand, to ticket: SessionTicket, from key: StreamKey) {
        guard case .home(let home, let slot) = ticket.place else { return }
        home.loop.post { home.handle(command, slot: slot, key: key) }
    }

    /// Ends every session: for the drain. Called on this loop, or posted to it.
    public func closeAll() {
        isClosing = true
        for (_, session) in sessions.all { session.close() }
    }

    private func handle(_ command: SessionCommand, slot: Slot, key: StreamKey) {
        if let session = sessions[slot] { return session.take(command, from: key) }
        switch command {
        case .request(let request, _, _): deliver(key, .failed(.gone, id: request.id))
        case .notification, .answer, .listen, .close: deliver(key, .failed(.gone, id: nil))
        case .detach, .acknowledge: break
        }
    }

    /// From here on the session is another caller's than the one who opened it. From any loop, and before the first
    /// command of the new owner's.
    func ownerChanged(_ slot: Slot) {
        loop.post { self.sessions[slot]?.ownerChanged() }
    }

    func forget(_ slot: Slot) {
        sessions.remove(slot)
    }
}
