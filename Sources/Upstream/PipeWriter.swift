// SPDX-License-Identifier: Apache-2.0

import Bytes
import Reactor

/// The gateway's end of a child's standard input: writes whole lines in order, without ever waiting.
final class PipeWriter: ReadinessHandler {
    private let loop: EventLoop
    private var descriptor: FileDescriptor?
    private let failed: () -> Void
    private var registration: Registration?
    private var queue: [[UInt8]]
    private var head = 0
    private var writtenOfHead = 0
    private(set) var queuedBytes = 0
    private var closesWhenWritten = false
    private var isClosed: Bool { descriptor == nil }

    /// - Parameter failed: the reader is gone, or the pipe broke. Comes at most once.
    init(
        loop: EventLoop,
        descriptor: consuming FileDescriptor,
        queue: [[UInt8]],
        failed: @escaping () -> Void
    ) {
        self.loop = loop
        self.descriptor = consume descriptor
        self.queue = queue
        self.failed = failed
        queuedBytes = queue.reduce(0) { $0 + $1.count }
    }

    /// Begins to write.
    func open() throws(ReactorError) {
        guard let raw = descriptor?.raw else { return }
        registration = try loop.register(raw, [], self)
        flush()
    }

    func enqueue(_ line: [UInt8]) {
        guard !isClosed, !closesWhenWritten else { return }
        queue.append(line)
        queuedBytes += line.count
        if queue.count - head == 1 { flush() }
    }

    /// Closes the pipe once everything has been written.
    func closeWhenWritten() {
        closesWhenWritten = true
        flush()
    }

    func close() {
        if let registration { loop.remove(registration) }
        registration = nil
        queue = []
        head = 0
        queuedBytes = 0
        descriptor = nil
    }

    func ready(_ readiness: Readiness) {
        guard !readiness.contains(.error) else { return fail() }
        flush()
    }

    private func flush() {
        guard let raw = descriptor?.raw, registration != nil else { return }
        while head < queue.count {
            switch Socket.write(raw, queue[head], from: writtenOfHead) {
            case .bytes(let count):
                advance(count)
            case .wouldBlock:
                return watch([.write])
            case .end, .failed:
                return fail()
            }
        }
        if closesWhenWritten { return close() }
        watch([])
    }

    private func advance(_ count: Int) {
        writtenOfHead += count
        queuedBytes -= count
        guard writtenOfHead == queue[head].count else { return }
        queue[head] = []
        head += 1
        writtenOfHead = 0
        guard head == queue.count || head > 64 else { return }
        queue.removeFirst(head)
        head = 0
    }

    private func watch(_ interest: Interest) {
        if let registration { loop.change(registration, interest) }
    }

    private func fail() {
        guard !isClosed else { return }
        close()
        failed()
    }
}
