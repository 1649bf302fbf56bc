// SPDX-License-Identifier: Apache-2.0

import Bytes
import HTTP

/// A request to the admin address: contract, section 7, as far as it is built: `/healthz` and `/readyz`.
final class AdminExchange: RequestHandling {
    private let worker: Worker
    private unowned let stream: any ClientStream
    private var answer: (status: Int, body: StaticString)?
    private(set) var isDone = false
    let isStreaming = false

    init(worker: Worker, stream: any ClientStream) {
        self.worker = worker
        self.stream = stream
    }

    func begin(_ head: RequestHead) {
        let answer = judge(head)
        self.answer = answer
        // A body is nothing that this address wants; the connection ends instead of reading it.
        if head.framing.hasBody { respond(answer, closes: true) }
    }

    func receive(body bytes: Span<UInt8>) {}

    func bodyEnded() {
        if let answer { respond(answer, closes: false) }
    }

    func refuseUnreadable(_ error: HTTPError) {
        respond((error.status, "{\"status\":\"malformed request\"}"), closes: true)
    }

    func refuseSlow() {
        respond((408, "{\"status\":\"too slow\"}"), closes: true)
    }

    func clientGone() { isDone = true }
    func flushed() {}
    func ping() {}
    func wakes() {}
    func endForDrain() {}

    private func judge(_ head: RequestHead) -> (Int, StaticString) {
        // > semantics 6: "Host must be the configured address or a loopback name, a cross-site Origin is 403."
        guard worker.snapshot.admits(adminHost: head.host) else { return (421, "{\"status\":\"unknown host\"}") }
        guard !head.has(.origin) else { return (403, "{\"status\":\"origin not allowed\"}") }
        let isHealth = head.path.equals("/healthz")
        guard isHealth || head.path.equals("/readyz") else { return (404, "{\"status\":\"no such path\"}") }
        guard head.method == .get || head.method == .head else { return (405, "{\"status\":\"method not allowed\"}") }
        if isHealth { return (200, "{\"status\":\"alive\"}") }
        return worker.isDraining ? (503, "{\"status\":\"draining\"}") : (200, "{\"status\":\"ready\"}")
    }

    private func respond(_ answer: (status: Int, body: StaticString), closes: Bool) {
        guard !isDone else { return }
        isDone = true
        var head = ResponseHead(status: answer.status)
        head.field("Content-Type", Array("application/json"))
        head.field("Cache-Control", Array("no-store"))
        head.field("X-Request-Id", worker.nextRequestID())
        if answer.status == 405 { head.field("Allow", Array("GET")) }
        stream.respond(head, body: answer.body.bytes, closes: closes)
    }
}
