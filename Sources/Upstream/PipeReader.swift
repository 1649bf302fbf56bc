// SPDX-License-Identifier: Apache-2.0

import Bytes
import Reactor

/// Where pipes are read into: one for all readers of a loop, since each hands out what it read before the next reads.
public final class ReadBuffer {
    /// Most bytes taken from one pipe in one turn of the loop, so that one child cannot hold the others up.
    public static let bytesMax = 64 << 10

    var bytes = [UInt8](repeating: 0, count: ReadBuffer.bytesMax)

    public init() {}
}

/// The gateway's end of one of a child's output pipes.
final class PipeReader: ReadinessHandler {
    private let loop: EventLoop
    private let buffer: ReadBuffer
    private let received: (Span<UInt8>) -> Void
    private let ended: (Int32?) -> Void
    private var descriptor: FileDescriptor?
    /// Only while it reads: the kernel reports a hang-up whatever was asked for, and would do so without end.
    private var registration: Registration?

    /// - Parameters:
    ///   - received: some bytes.
    ///   - ended: the other end was closed (nil) or reading failed. Comes at most once.
    init(
        loop: EventLoop,
        buffer: ReadBuffer,
        descriptor: consuming FileDescriptor,
        received: @escaping (Span<UInt8>) -> Void,
        ended: @escaping (Int32?) -> Void
    ) {
        self.loop = loop
        self.buffer = buffer
        self.descriptor = consume descriptor
        self.received = received
        self.ended = ended
    }

    func setReading(_ reading: Bool) {
        guard reading else { return unregister() }
        guard registration == nil, let raw = descriptor?.raw else { return }
        do {
            registration = try loop.register(raw, [.read], self)
        } catch {
            finish(error.code)
        }
    }

    /// Reads what is there already: for after the writer's end.
    func drain() {
        while readOnce() {}
    }

    func close() {
        unregister()
        descriptor = nil
    }

    func ready(_ readiness: Readiness) {
        _ = readOnce()
    }

    private func readOnce() -> Bool {
        guard let raw = descriptor?.raw else { return false }
        switch Socket.read(raw, into: &buffer.bytes) {
        case .bytes(let count):
            let bytes = buffer.bytes
            received(bytes.span.extracting(0..<count))
            return true
        case .wouldBlock:
            return false
        case .end:
            finish(nil)
        case .failed(let code):
            finish(code)
        }
        return false
    }

    private func unregister() {
        if let registration { loop.remove(registration) }
        registration = nil
    }

    private func finish(_ code: Int32?) {
        close()
        ended(code)
    }
}
