// SPDX-License-Identifier: Apache-2.0

import HTTP

/// What a connection hands its requests to: an `Exchange`, or the admin address.
protocol RequestHandling: AnyObject {
    func begin(_ head: RequestHead)
    func receive(body bytes: Span<UInt8>)
    func bodyEnded()
    func refuseUnreadable(_ error: HTTPError)
    func refuseSlow()
    func clientGone()
    func flushed()
    func ping()
    func wakes()
    func endForDrain()
    var isDone: Bool { get }
    var isStreaming: Bool { get }
}

extension Exchange: RequestHandling {}
