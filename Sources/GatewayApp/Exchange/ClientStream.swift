// SPDX-License-Identifier: Apache-2.0

import Bytes
import HTTP

/// One request's way back to its client: a connection and, in protocols that have them, a stream of it. An exchange
/// talks to this and never to a connection or socket.
protocol ClientStream: AnyObject {
    /// The name that the client asked for in its TLS handshake, in lower case; nil where it named none.
    var serverName: [UInt8]? { get }
    /// Lets a client that sent `Expect: 100-continue` send its body.
    func sendContinue()
    /// A whole answer. `closes`: nothing more is read from this client, whatever it sends.
    func respond(_ head: ResponseHead, body: [UInt8], closes: Bool)
    /// Begins an answer that comes in pieces.
    func beginStream(_ head: ResponseHead)
    /// One piece. When everything written has left the gateway, `Exchange.flushed()` is called.
    func write(_ bytes: [UInt8])
    /// Ends a stream as complete.
    func endStream()
    /// Ends a stream that is not complete, in a way that its reader cannot mistake for an end.
    func abortStream()
    /// Calls `Exchange.wakes()` then, once, unless another time is named before or the answer is over. Monotonic
    /// nanoseconds. Costs next to nothing: most such times are never reached.
    func wake(at time: UInt64)
    /// What is written from here on leaves together at `uncork`.
    func cork()
    func uncork()
}
