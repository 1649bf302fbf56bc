// SPDX-License-Identifier: Apache-2.0

import Bytes
import Reactor
import TLS
import Telemetry

/// One loop's share of a listening address (SO_REUSEPORT: the kernel spreads the connections).
final class Listener: ReadinessHandler {
    enum Purpose { case mcp, admin }

    /// Connections taken in one turn, so that a flood leaves time for those that are there.
    static let acceptsPerTurnMax = 64
    /// How long accepting rests when the process has no descriptors left, nanoseconds.
    static let exhaustedPauseNanoseconds: UInt64 = 100_000_000

    let purpose: Purpose
    let configuration: ListenerConfiguration
    /// For logs: `127.0.0.1:8080`.
    let name: [UInt8]
    /// Nil: plain HTTP.
    let tls: TLSServerContext?
    private var descriptor: FileDescriptor?
    private var registration: Registration?
    /// Held until the listener is closed. Not weak: counting references to an object that has been referred to weakly
    /// takes a slower way for ever, and no object is counted as often as a worker.
    private var worker: Worker?

    init(
        _ descriptor: consuming FileDescriptor,
        name: [UInt8],
        purpose: Purpose,
        configuration: ListenerConfiguration,
        tls: TLSServerContext?
    ) {
        self.descriptor = consume descriptor
        self.tls = tls
        self.name = name
        self.purpose = purpose
        self.configuration = configuration
    }

    func open(on worker: Worker) {
        self.worker = worker
        guard let raw = descriptor?.raw else { return }
        do {
            registration = try worker.loop.register(raw, [.read], self)
        } catch {
            worker.log.write(.error, "listener_failed") { $0.member("reason", error.description) }
        }
    }

    func close() {
        if let registration { worker?.loop.remove(registration) }
        registration = nil
        descriptor = nil
        worker = nil
    }

    func ready(_ readiness: Readiness) {
        for _ in 0..<Self.acceptsPerTurnMax {
            guard let raw = descriptor?.raw, let worker else { return }
            switch Socket.accept(raw) {
            case .connection(let connection, let peer, port: _):
                take(connection, peer, worker)
            case .none:
                return
            case .exhausted:
                return pause(worker)
            }
        }
    }

    private func take(_ connection: consuming FileDescriptor, _ peer: IPAddress, _ worker: Worker) {
        guard worker.counters.connections.open(max: worker.snapshot.configuration.limits.connections) else {
            // A client that expects TLS could not read it.
            guard tls == nil else { return }
            _ = Socket.write(connection.raw, ErrorAnswer.tooManyConnections(requestID: worker.nextRequestID()))
            return
        }
        try? Socket.setNoDelay(connection.raw)
        try? Socket.setUserTimeout(connection.raw, milliseconds: 30_000)
        worker.accepted(connection, peer, self)
    }

    private func pause(_ worker: Worker) {
        guard let registration else { return }
        worker.loop.change(registration, [])
        worker.log.write(.warning, "out_of_descriptors") { _ in }
        worker.loop.schedule(after: Self.exhaustedPauseNanoseconds) { [self] in
            guard let registration = self.registration else { return }
            self.worker?.loop.change(registration, [.read])
        }
    }
}
