// SPDX-License-Identifier: Apache-2.0

import Bytes
import Reactor
import Sessions
import TLS
import Telemetry

/// Why the gateway could not start: one line for the operator.
struct StartFailure: Error {
    let text: [UInt8]
}

/// The running gateway: start, drain, end (contract, section 8).
final class Gateway {
    private let configuration: GatewayConfiguration
    private let shared: SharedParts
    private let workers: [Worker]
    private var threads: [LoopThread] = []
    private var drain: Drain?

    /// Runs until SIGTERM or SIGINT has been obeyed.
    /// - Returns: the exit code: 0, or 1 when it could not start.
    static func serve(_ configuration: GatewayConfiguration) -> Int32 {
        Signals.block()
        do {
            let gateway = try Gateway(configuration)
            return try gateway.run()
        } catch {
            Files.printError(Array("gatehouse: ") + error.text)
            return 1
        }
    }

    private init(_ configuration: GatewayConfiguration) throws(StartFailure) {
        self.configuration = configuration
        // Before the first thread: the guardian is a fork of this process.
        let guardian = try Gateway.starting("the process guardian") { () throws(ReactorError) in
            try Guardian.start(lost: { Gateway.guardianDied() })
        }
        // A child that runs as the gateway's own user could otherwise read its memory and environment, secrets and all.
        ProcessMemory.hide()
        let log = try Gateway.starting("the log") { () throws(ReactorError) in try Log(configuration.log) }
        let count = configuration.threads > 0 ? configuration.threads : Processes.availableCores
        let workerDirectory = WorkerDirectory()
        shared = try SharedParts(configuration, guardian: guardian, log: log, workers: workerDirectory)
        var workers: [Worker] = []
        for index in 0..<count {
            let loop = try Gateway.starting("an event loop") { () throws(ReactorError) in try EventLoop(index: index) }
            workers.append(Worker(loop: loop, shared: shared))
        }
        self.workers = workers
        workerDirectory.fill(workers)
    }

    private func run() throws(StartFailure) -> Int32 {
        try bind()
        let loop = workers[0].loop
        _ = try Gateway.starting("signals") { () throws(ReactorError) in
            try SignalSource([Signal.terminate, Signal.interrupt, Signal.userOne, Signal.hangUp], on: loop) {
                [unowned self] signal in received(signal)
            }
        }
        workers[0].sweepSessions()
        for worker in workers.dropFirst() {
            threads.append(try LoopThread(worker.loop))
        }
        shared.log.write(.info, "started") { line in
            line.member("policy", configuration.hash)
            line.member("version", GatehouseVersion.text)
            line.member("loops", workers.count)
            if configuration.sessionKeys.isEmpty {
                line.member("note", "sessions.key is not set: sessions end with this process")
            }
        }
        loop.run()
        for thread in threads { thread.join() }
        shared.guardian.shutdown()
        shared.log.write(.info, "stopped") { _ in }
        shared.log.close()
        return 0
    }

    private func received(_ signal: Int32) {
        switch signal {
        case Signal.userOne:
            shared.log.reopen()
        case Signal.hangUp:
            shared.log.write(.warning, "reload_failed") { $0.member("reason", "reload is not available yet") }
        default:
            guard let drain else {
                let drain = Drain(workers: workers, shared: shared)
                self.drain = drain
                return drain.begin()
            }
            drain.endNow()
        }
    }

    /// Without the guardian no child can be started or ended: nothing is right any more.
    private static func guardianDied() {
        Files.printError(Array("gatehouse: the process guardian has died; the gateway ends\n"))
        Processes.exitAtOnce(1)
    }

    static func starting<Value: ~Copyable>(
        _ what: StaticString,
        _ detail: [UInt8] = [],
        _ body: () throws(ReactorError) -> Value
    ) throws(StartFailure) -> Value {
        do {
            return try body()
        } catch {
            let name = detail.isEmpty ? what.bytes : what.bytes + [ASCII.space] + detail
            throw StartFailure(text: name + Array(": ") + Array(error.description.utf8) + Array("\n"))
        }
    }
}

// MARK: listeners

extension Gateway {
    /// Binds every address on every loop, and says where it listens: with `:0`, the port that it got.
    private func bind() throws(StartFailure) {
        for listener in configuration.listeners {
            let tls = try serverContext(listener)
            let port = try bind(listener, purpose: .mcp, tls: tls, on: workers)
            announce(listener.address, port, scheme: tls == nil ? "http" : "https", suffix: "")
            if let tls { keepRotating(tls) }
        }
        if let admin = configuration.admin {
            let port = try bind(ListenerConfiguration(address: admin), purpose: .admin, tls: nil, on: [workers[0]])
            announce(admin, port, scheme: "http", suffix: " (admin)")
        }
    }

    private func bind(
        _ configuration: ListenerConfiguration,
        purpose: Listener.Purpose,
        tls: TLSServerContext?,
        on workers: [Worker]
    ) throws(StartFailure) -> UInt16 {
        let address = configuration.address
        var port = address.port
        for worker in workers {
            let socket = try Gateway.starting("listen", address.bytes) { () throws(ReactorError) in
                try Socket.listen(address: address.address, port: port, reusePort: workers.count > 1)
            }
            port = socket.port
            let name = ListenAddress(address: address.address, port: port).bytes
            worker.add(
                Listener(socket.take(), name: name, purpose: purpose, configuration: configuration, tls: tls)
            )
        }
        return port
    }

    private func announce(_ address: ListenAddress, _ port: UInt16, scheme: StaticString, suffix: StaticString) {
        let bound = ListenAddress(address: address.address, port: port)
        let url = scheme.bytes + Array("://") + bound.bytes
        Files.printError(Array("listening ") + url + suffix.bytes + [ASCII.lineFeed])
    }

    private func serverContext(_ listener: ListenerConfiguration) throws(StartFailure) -> TLSServerContext? {
        switch listener.tls {
        case .none: return nil
        case .ready(let context): return context
        case .absent: throw StartFailure(text: Array("listen: a certificate or its key is not there\n"))
        }
    }

    /// Session tickets are sealed with a new key every few hours: who gets hold of one can read no more than that.
    private func keepRotating(_ context: TLSServerContext) {
        let loop = workers[0].loop
        loop.schedule(after: UInt64(TLSLimits.ticketKeySeconds) * 1_000_000_000) { [weak self] in
            do throws(TLSError) {
                try context.rotateTicketKey()
            } catch {
                self?.shared.log.write(.error, "ticket_key_not_rotated") { $0.member("reason", error.description) }
            }
            self?.keepRotating(context)
        }
    }
}

/// A thread that runs a loop.
private final class LoopThread {
    private var thread: Thread?

    init(_ loop: EventLoop) throws(StartFailure) {
        thread = try Gateway.starting("a thread") { () throws(ReactorError) in
            try Thread.start(name: "loop") { loop.run() }
        }
    }

    func join() {
        if let running = thread.take() { running.join() }
    }
}
