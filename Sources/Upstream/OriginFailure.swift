// SPDX-License-Identifier: Apache-2.0

internal import Bytes
public import HTTP
public import TLS

/// Why a request to an HTTP server came to nothing.
public enum OriginFailure: Error, Sendable {
    // Nothing was sent.
    /// The host name has no address.
    case unresolved
    /// No address took the connection; the last one's `errno`.
    case unreachable(code: Int32)
    case connectTimeout
    /// TLS came to nothing, most often because the certificate is not to be trusted.
    case insecure(TLSError)
    /// All connections are in use, and so are all places to wait for one.
    case full
    /// The gateway is about to end.
    case closing

    // The server may have had it.
    /// The connection broke before a response was complete.
    case lost
    /// TLS broke off behind its handshake.
    case garbled(TLSError)
    /// The response cannot be read, or ended too early.
    case unreadable(ResponseError)

    /// The server had nothing of the request.
    public var isBeforeServer: Bool {
        switch self {
        case .unresolved, .unreachable, .connectTimeout, .insecure, .full, .closing: true
        case .lost, .garbled, .unreadable: false
        }
    }

    /// For the log.
    public var sentence: [UInt8] {
        switch self {
        case .unresolved: Array("the server's name has no address")
        case .unreachable: Array("no connection to the server")
        case .connectTimeout: Array("no connection to the server in time")
        case .insecure(let error), .garbled(let error): Array(error.description.utf8)
        case .full: Array("all connections to the server are in use")
        case .closing: Array("the gateway is about to end")
        case .lost: Array("the connection to the server broke")
        case .unreadable(let error): error.reason.bytes
        }
    }
}
