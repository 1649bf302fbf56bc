// SPDX-License-Identifier: Apache-2.0

import Bytes
import HTTP
import Identity
import JSON
import MCP
import Policy
import Reactor
import Sessions
import Telemetry
import Testing
import Upstream

@testable import GatewayApp

/// A client's connection that breaks at a write that the test names, as a real one does: it tells its exchange, and
/// must not be spoken to afterwards.
final class BreakingStream: ClientStream {
    let serverName: [UInt8]? = nil
    enum Write: CaseIterable { case beginStream, write, respond }

    private let breaksAt: Write
    weak var exchange: Exchange?
    private(set) var isBroken = false
    private(set) var writesAfter = 0

    init(at write: Write) { breaksAt = write }

    private func take(_ write: Write) {
        if isBroken { writesAfter += 1 }
        guard write == breaksAt else { return }
        isBroken = true
        exchange?.clientGone()
    }

    func sendContinue() {}
    func respond(_ head: ResponseHead, body: [UInt8], closes: Bool) { take(.respond) }
    func beginStream(_ head: ResponseHead) { take(.beginStream) }
    func write(_ bytes: [UInt8]) { take(.write) }
    func endStream() { if isBroken { writesAfter += 1 } }
    func abortStream() { if isBroken { writesAfter += 1 } }
    func wake(at time: UInt64) { if isBroken { writesAfter += 1 } }
    func cork() { if isBroken { writesAfter += 1 } }
    func uncork() {}
}

@Suite struct `An exchange whose client goes away` {
    /// A worker that never runs: nothing that is posted or scheduled happens.
    private func makeWorker() throws -> Worker {
        let files = MemoryFiles(["gateway.json": "{\(Document.listen), \(Document.server)}"])
        let configuration = try #require(files.outcome().configuration)
        let policy = try Policy(rules: [], servers: configuration.servers.map(\.name))
        let snapshot = Snapshot(
            configuration,
            policy: policy,
            authenticator: try Authenticator(keys: []),
            servers: [.stdio(Self.server)]
        )
        let log = try Log(LogConfiguration(level: .error, file: Array("/dev/null".utf8)))
        let limits = SessionDirectory.Limits(sessionsMax: 1, sessionsPerPrincipalMax: 1, lifetimeMicroseconds: 1)
        let sealer = SessionSealer(secrets: [[UInt8](repeating: 1, count: 32)])
        let shared = SharedParts(
            snapshot: snapshot,
            directory: SessionDirectory(limits: limits, sealer: sealer),
            events: EventSealer(secrets: [[UInt8](repeating: 1, count: 32)]),
            guardian: try Guardian.start(),
            log: log,
            counters: Counters(),
            observer: SessionObserver { _ in },
            workers: WorkerDirectory()
        )
        return Worker(loop: try EventLoop(index: 0), shared: shared)
    }

    private static let server = StdioServer(
        index: 0,
        name: Array("a".utf8),
        specification: ChildSpecification(path: Array("/bin/true".utf8)),
        limits: StdioLimits(),
        processesMax: 1,
        idleNanoseconds: 1_000_000_000,
        startNanoseconds: 1_000_000_000,
        responseNanoseconds: 1_000_000_000,
        allowedRequests: []
    )

    private func waiting(_ worker: Worker, _ stream: BreakingStream, isListener: Bool) throws -> Exchange {
        let exchange = Exchange(worker: worker, stream: stream, peer: IPAddress(v4: 0x7F00_0001), listener: [])
        stream.exchange = exchange
        let path = [UInt8]("/a/mcp")
        let found = worker.snapshot.route(path.span)
        let route = try #require(found)
        let presented = PresentedCredentials(authorization: [], apiKey: [])
        let result = worker.snapshot.authenticator.authenticate(
            presented,
            server: route.server.name,
            from: exchange.record.address,
            now: 0
        )
        guard case .none(let caller) = result else { throw MCPError.invalidRequest("no caller", id: nil) }
        let admitted = Exchange.Admitted(
            caller: caller,
            route: route,
            accepts: Accepted(json: false, events: true),
            sessionID: nil,
            refusedVersion: nil
        )
        let answers = isListener ? 0 : 2
        exchange.state = .waiting(.init(admitted: admitted, answersLeft: answers, isListener: isListener, link: .none))
        return exchange
    }

    private func notification() throws -> SessionEvent {
        let text = Array(#"{"jsonrpc":"2.0","method":"notifications/message","params":{}}"#.utf8)
        return .message(try MCPReader.readUpstream(text, limits: JSONLimits()), text: text, frame: nil)
    }

    /// The connection is gone when its exchange is told so; the exchange may neither write to it nor live on.
    @Test(arguments: [BreakingStream.Write.beginStream, .write], [false, true])
    func `a write that fails is the last, and ends the exchange for good`(
        _ write: BreakingStream.Write,
        _ isListener: Bool
    ) throws {
        let worker = try makeWorker()
        let events = [try notification(), .accepted, .failed(.tooSlow, id: RequestID(number: 1)), .ended]
        for event in events where isListener || event.isForCalls {
            let stream = BreakingStream(at: write)
            let exchange = try waiting(worker, stream, isListener: isListener)
            exchange.receive(event)
            guard stream.isBroken else { continue }
            let isDone = exchange.isDone
            #expect(isDone)
            exchange.receive(try notification())
            exchange.ping()
            exchange.endForDrain()
            let (staysDone, writes) = (exchange.isDone, stream.writesAfter)
            #expect(staysDone)
            #expect(writes == 0)
        }
        let positive = BreakingStream(at: .respond)
        let whole = try waiting(worker, positive, isListener: isListener)
        whole.receive(try notification())
        let (isDone, isStreaming) = (whole.isDone, whole.isStreaming)
        #expect(!isDone)
        #expect(isStreaming)
    }

    @Test func `a ping that fails is the last`() throws {
        let worker = try makeWorker()
        for write in [BreakingStream.Write.beginStream, .write] {
            let stream = BreakingStream(at: write)
            let exchange = try waiting(worker, stream, isListener: true)
            exchange.receive(.accepted)
            if !stream.isBroken { exchange.receive(try notification()) }
            let (isBroken, isDone, writes) = (stream.isBroken, exchange.isDone, stream.writesAfter)
            #expect(isBroken)
            #expect(isDone)
            #expect(writes == 0)
        }
    }
}

extension SessionEvent {
    fileprivate var isForCalls: Bool {
        switch self {
        case .message, .failed: true
        default: false
        }
    }
}
