// SPDX-License-Identifier: Apache-2.0

import Bytes
import HTTP
import Reactor
import Telemetry

/// The beginning of a connection on a listener with `proxy_protocol`: the header in which a trusted proxy says whose
/// connection it passes on. What follows the header, TLS or HTTP, is left in the socket for whoever reads it next.
///
/// > semantics 6: "required from `trusted_proxies`, refused from others, never guessed"
final class ProxyPreface: ReadinessHandler {
    /// How many bytes are looked at in one turn.
    private static let peekBytesMax = 4096

    private let worker: Worker
    private let listener: Listener
    /// The proxy.
    private let peer: IPAddress
    /// Its place among the worker's prefaces.
    var slot: Slot?
    private var descriptor: FileDescriptor?
    private var registration: Registration?
    private var timer: TimerToken?
    private var reader = ProxyHeaderReader()

    init(worker: Worker, descriptor: consuming FileDescriptor, peer: IPAddress, listener: Listener) {
        self.worker = worker
        self.peer = peer
        self.listener = listener
        self.descriptor = consume descriptor
    }

    func open() {
        guard worker.snapshot.trustsProxy(peer) else { return refuse("not one of trusted_proxies") }
        guard let raw = descriptor?.raw else { return }
        do {
            registration = try worker.loop.register(raw, [.read], self)
        } catch {
            return close()
        }
        timer = worker.loop.schedule(after: worker.snapshot.configuration.limits.headerTimeout) { [weak self] in
            self?.timer = nil
            self?.refuse("no PROXY header in time")
        }
    }

    func ready(_ readiness: Readiness) {
        guard let raw = descriptor?.raw else { return }
        var buffer = [UInt8](repeating: 0, count: Self.peekBytesMax)
        switch Socket.peek(raw, into: &buffer) {
        case .bytes(let count): take(buffer.span.extracting(0..<count), raw)
        case .wouldBlock: if readiness.contains(.error) { close() }
        case .end: refuse("closed before a PROXY header")
        case .failed: close()
        }
    }

    /// Takes what belongs to the header, and nothing behind it, out of the socket.
    private func take(_ bytes: Span<UInt8>, _ raw: Int32) {
        var offset = 0
        do {
            let found = try reader.next(bytes, offset: &offset)
            var room = [UInt8](repeating: 0, count: offset)
            guard case .bytes(offset) = Socket.read(raw, into: &room) else { return close() }
            if let found { passOn(found) }
        } catch {
            refuse(error.reason)
        }
    }

    private func passOn(_ found: ProxiedPeer) {
        stopWatching()
        guard let connection = descriptor.take() else { return }
        let client =
            switch found {
            case .socket: peer
            case .address(let address, port: _): address
            }
        worker.prefaceEnded(self, isServed: true)
        worker.serve(connection, client, listener)
    }

    private func refuse(_ reason: StaticString) {
        guard descriptor != nil else { return }
        worker.log.write(.info, "proxy_header_refused") { line in
            line.member("address", peer.text)
            line.member("listener", listener.name)
            line.member("reason", reason)
        }
        close()
    }

    func close() {
        guard descriptor != nil else { return }
        stopWatching()
        descriptor = nil
        worker.prefaceEnded(self, isServed: false)
    }

    private func stopWatching() {
        if let registration { worker.loop.remove(registration) }
        if let timer { worker.loop.cancel(timer) }
        (registration, timer) = (nil, nil)
    }
}
