// SPDX-License-Identifier: Apache-2.0

public import Bytes
public import Reactor

/// The log: one line an event, written by a thread of its own so that a slow disk or pipe holds nobody up. When too
/// much waits, lines are dropped and counted; the next line that is taken says how many.
public final class Log: Sendable {
    /// How long `close` waits for what is still to be written, nanoseconds.
    public static let closeNanoseconds: UInt64 = 2_000_000_000
    /// Bytes that may wait to be written.
    public static let queueBytesMax = 8 << 20

    private struct Queue {
        var bytes = 0
        var dropped = 0
        /// Nil once the log is closed.
        var thread: LogThread?
    }

    private let level: LogLevel
    private let format: LogConfiguration.Format
    private let writer: LogWriter
    private let queue: Locked<Queue>

    /// Opens the file, where there is one, and starts the writer.
    /// - Throws: when the file cannot be opened, or there is no room for a thread.
    public init(_ configuration: LogConfiguration) throws(ReactorError) {
        level = configuration.level
        format = configuration.format
        writer = try LogWriter(path: configuration.file)
        queue = Locked(Queue(thread: try LogThread(writer.loop)))
    }

    public func isEnabled(_ level: LogLevel) -> Bool { level <= self.level }

    /// Writes one line: time, level and event, then what `fields` adds. Nothing that `fields` adds may be a secret.
    public func write(_ level: LogLevel, _ event: StaticString, _ fields: (inout JSONWriter) -> Void) {
        guard isEnabled(level) else { return }
        let time = Timestamp.text(Clock.unixMicroseconds())
        var line = JSONWriter()
        line.beginObject()
        if format == .json {
            line.member("time", time)
            line.member("level", level.text)
            line.member("event", event)
        }
        fields(&line)
        line.endObject()
        var bytes = line.bytes
        if format == .text {
            bytes = time + [ASCII.space] + level.text.bytes + [ASCII.space] + event.bytes + [ASCII.space] + bytes
        }
        bytes.append(ASCII.lineFeed)
        submit(bytes)
    }

    /// Opens the file anew, after it has been moved away (SIGUSR1).
    public func reopen() {
        let writer = writer
        writer.loop.post { writer.reopen() }
    }

    /// Writes what waits, and ends the writer. What is logged afterwards is lost, and so is what a pipe that nobody
    /// reads does not take in time: it must not keep the program from ending.
    public func close() {
        guard let thread = queue.withLock({ queue in queue.thread.take() }) else { return }
        writer.loop.stop()
        thread.join(within: Self.closeNanoseconds)
    }

    private func submit(_ line: [UInt8]) {
        let dropped: Int? = queue.withLock { queue in
            guard queue.bytes < Self.queueBytesMax else {
                queue.dropped += 1
                return nil
            }
            queue.bytes += line.count
            defer { queue.dropped = 0 }
            return queue.dropped
        }
        guard let dropped else { return }
        if dropped > 0 { write(.warning, "log_lines_dropped") { $0.member("count", dropped) } }
        let (writer, queue) = (writer, queue)
        writer.loop.post {
            writer.write(line)
            queue.withLock { $0.bytes -= line.count }
        }
    }
}

/// Holds the writer's thread until somebody joins it.
// Why unchecked: only whoever took the one reference out of the locked queue touches it.
private final class LogThread: @unchecked Sendable {
    private var thread: Thread?
    /// Runs in `join` until the thread has ended, or for as long as that may take.
    private let waiter: EventLoop

    init(_ loop: EventLoop) throws(ReactorError) {
        let waiter = try EventLoop(index: -1)
        self.waiter = waiter
        thread = try Thread.start(name: "log") {
            loop.run()
            waiter.post { waiter.stop() }
        }
    }

    func join(within nanoseconds: UInt64) {
        guard let running = thread.take() else { return }
        var isLate = false
        waiter.schedule(after: nanoseconds) { [waiter] in
            isLate = true
            waiter.stop()
        }
        waiter.run()
        if isLate { running.detach() } else { running.join() }
    }
}

extension LogLevel {
    var text: StaticString {
        switch self {
        case .error: "error"
        case .warning: "warning"
        case .info: "info"
        case .debug: "debug"
        }
    }
}
