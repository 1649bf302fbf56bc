// SPDX-License-Identifier: Apache-2.0

public import HTTP

/// Why a request to an HTTP server came to nothing.
public enum OriginFailure: Error, Sendable {
    // Nothing was sent.
    /// The host name has no address.
    case unresolved
    /// No address took the connection; the last one's `errno`.
    case unreachable(code: Int32)
    case connectTimeout
    /// All connections are in use, and so are all places to wait for one.
    case full
    /// The gateway is about to end.
    case closing

    // The server may have had it.
    /// The connection broke before a response was complete.
    case lost
    /// The response cannot be read, or ended too early.
    case unreadable(ResponseError)

    /// The server had nothing of the request.
    public var isBeforeServer: Bool {
        switch self {
        case .unresolved, .unreachable, .connectTimeout, .full, .closing: true
        case .lost, .unreadable: false
        }
    }

    /// For the log.
    public var sentence: StaticString {
        switch self {
        case .unresolved: "the server's name has no address"
        case .unreachable: "no connection to the server"
        case .connectTimeout: "no connection to the server in time"
        case .full: "all connections to the server are in use"
        case .closing: "the gateway is about to end"
        case .lost: "the connection to the server broke"
        case .unreadable(let error): error.reason
        }
    }
}
