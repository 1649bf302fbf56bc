// SPDX-License-Identifier: Apache-2.0

/// Gives signals to a loop as events. The signals must be blocked in every thread (`Signals.block()`).
public final class SignalSource: ReadinessHandler {
    private let descriptor: FileDescriptor
    private let received: (Int32) -> Void

    /// Calls `received` on the loop's thread for every signal of the list, until the loop is gone. Several signals of
    /// one kind that come close together are one. Called on the loop's thread, or before it runs.
    @discardableResult
    public init(_ signals: [Int32], on loop: EventLoop, _ received: @escaping (Int32) -> Void) throws(ReactorError) {
        descriptor = try makeSignalDescriptor(signals)
        self.received = received
        _ = try loop.register(descriptor.raw, .read, self)
    }

    public func ready(_ readiness: Readiness) {
        while let signal = readSignal(descriptor.raw) { received(signal) }
    }
}
