// SPDX-License-Identifier: Apache-2.0

public import HTTP

/// What a response is told to, on the loop of its pool. A delegate may cancel or release its call from inside each.
public protocol OriginCallDelegate: AnyObject {
    /// The head of the final response.
    func originAnswered(_ head: ReceivedHead)
    /// Some of its content; never empty.
    func originSent(_ content: Span<UInt8>)
    /// Everything that one look at the socket brought has been told.
    func originPaused()
    /// The response is complete. Comes last.
    func originFinished()
    /// There will be no (complete) response. Comes last.
    func originFailed(_ failure: OriginFailure)
    /// The deadline has passed. It must set another one, or cancel.
    func originIsOverdue()
}

/// One request to an HTTP server and its response, for the one who wants it. Lives on one loop.
public final class OriginCall {
    /// Nil once all of it has been written: a stream may last for hours.
    var request: OriginRequest?
    let isStream: Bool
    private(set) var delegate: (any OriginCallDelegate)?
    /// Set while a connection carries the call.
    var connection: OriginConnection?
    /// Set while the call waits for a connection.
    var pool: OriginPool?
    private(set) var isReading = true
    private(set) var deadline: UInt64

    init(_ request: OriginRequest, deadline: UInt64, delegate: any OriginCallDelegate) {
        self.request = request
        isStream = request.isStream
        self.deadline = deadline
        self.delegate = delegate
    }

    /// Says when `originIsOverdue` is to come, monotonic nanoseconds; `.max` for never. Counts once the request has a
    /// connection; until then the pool's own time-out counts.
    public func setDeadline(_ due: UInt64) {
        deadline = due
        connection?.deadlineChanged()
    }

    /// Stops and resumes reading the response, for a reader further on that cannot keep up.
    public func setReading(_ reading: Bool) {
        guard reading != isReading else { return }
        isReading = reading
        connection?.watch()
    }

    /// The owner wants nothing of the response any more, and hears nothing. The connection ends, unless the response is
    /// complete.
    public func cancel() {
        delegate = nil
        connection?.close()
        pool?.forget(self)
    }

    /// The owner has what it wanted, and hears nothing more. What little is left of the response is thrown away, so
    /// that the connection can be used again.
    public func release() {
        delegate = nil
        connection?.discardRest()
    }

    /// Nobody is to be told anything any more.
    func takeDelegate() -> (any OriginCallDelegate)? {
        defer { delegate = nil }
        return delegate
    }
}
