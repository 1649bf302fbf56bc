// SPDX-License-Identifier: Apache-2.0

import Bytes
public import HTTP
public import MCP
public import Policy

/// Names one open answer of one client: an HTTP exchange that waits for, or streams, what a session says.
public struct StreamKey: Hashable, Sendable {
    /// The loop that the exchange lives on.
    public let loop: Int
    /// Unique on that loop.
    public let sequence: UInt64

    public init(loop: Int, sequence: UInt64) {
        self.loop = loop
        self.sequence = sequence
    }
}

/// What an exchange asks of a session.
public enum SessionCommand: Sendable {
    /// One request; `acceptsEvents`: its answer may become a stream.
    case request(MCPRequest, acceptsEvents: Bool, PermitCarrier)
    case notification(MCPNotification)
    /// The client's answer to a request of the server's.
    case answer(MCPResponse)
    /// The client's standalone stream (GET).
    case listen
    /// The exchange is over, whatever it still waits for.
    case detach
    /// So many bytes of what was delivered have left the gateway.
    case acknowledge(bytes: Int)
    /// The client ends the session (DELETE).
    case close
}

/// What a session tells an exchange.
public enum SessionEvent: Sendable {
    /// This is the server's answer to `initialize`. From now on the client names the session by `id`; nil for a server
    /// that keeps none.
    case opened(id: [UInt8]?, SessionAnswer)
    case answered(SessionAnswer)
    /// A notification or request of the server's for this stream. The bytes of `text` are to be acknowledged.
    /// - `frame`: what came around it in the server's own event stream.
    case message(MCPMessage, text: [UInt8], frame: StreamEvent?)
    /// The server answers with an event stream.
    case streaming
    /// A block of its stream without a message: an id to resume from, a comment, a time to wait. `bytes(of:)` are to be
    /// acknowledged.
    case block(StreamEvent)
    /// The server's stream broke off. The request with this id will not be answered; nil where its client may come back
    /// for the rest.
    case broken(SessionFailure, id: RequestID?)
    /// A notification or an answer was taken, the session is closed, or the standalone stream is open.
    case accepted
    /// The request with this id will not be answered by the server.
    case failed(SessionFailure, id: RequestID?)
    /// The stream ends; nothing more will come on it.
    case ended
}

extension SessionEvent {
    /// What a block counts for as long as it has not left the gateway.
    public static func bytes(of block: StreamEvent) -> Int {
        64 + (block.data?.count ?? 0) + (block.id?.count ?? 0) + (block.comments?.count ?? 0) + (block.type?.count ?? 0)
    }
}

/// The server's answer to a client's request.
public struct SessionAnswer: Sendable {
    /// The client's own id.
    public let id: RequestID
    public let call: MCPCall
    /// As the server sent it: with the id that the gateway gave it.
    public let response: MCPResponse
    /// From handing the request to the session until the answer came, nanoseconds.
    public let upstreamNanoseconds: UInt64
    /// The server's text has the client's own id, and may go to the client as it is.
    public let isVerbatim: Bool
    /// What came around it in the server's own event stream.
    public let frame: StreamEvent?

    init(
        id: RequestID,
        call: MCPCall,
        response: MCPResponse,
        upstreamNanoseconds: UInt64,
        isVerbatim: Bool = false,
        frame: StreamEvent? = nil
    ) {
        self.id = id
        self.call = call
        self.response = response
        self.upstreamNanoseconds = upstreamNanoseconds
        self.isVerbatim = isVerbatim
        self.frame = frame
    }
}

/// Why a session cannot do what it was asked.
public enum SessionFailure: Error, Hashable, Sendable {
    /// The client's own fault: an id that is in use, an answer that nobody waits for, a second GET stream.
    case idInUse, noSuchServerRequest, streamTaken
    /// There is no such session (any more).
    case gone
    /// The server's fault.
    case couldNotStart, died, brokeOff, tooSlow, unreachable
    /// It says that it is busy, and perhaps for how many seconds.
    case busy(retryAfter: Int?)
    /// It refuses the message itself.
    case refused(UpstreamRefusal)
    /// The client cancelled it, and the server did not answer.
    case cancelled
    /// Too much waits to be written to the server.
    case overloaded

    /// The session decided it by itself: the server had nothing of it.
    public var isBeforeServer: Bool {
        switch self {
        case .idInUse, .noSuchServerRequest, .streamTaken, .overloaded, .unreachable: true
        case .gone, .couldNotStart, .died, .brokeOff, .tooSlow, .busy, .refused, .cancelled: false
        }
    }
}

/// Hands a permit from the loop that judged to the loop that sends, once. A `~Copyable` value cannot be captured by a
/// `@Sendable` closure.
// Why unchecked: it is filled before it is posted to the home loop, and emptied there by whoever sends.
public final class PermitCarrier: @unchecked Sendable {
    private var permit: Permit?

    public init(_ permit: consuming Permit) {
        self.permit = consume permit
    }

    func take() -> Permit? { permit.take() }
}
