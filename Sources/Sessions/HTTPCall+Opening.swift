// SPDX-License-Identifier: Apache-2.0

internal import Identity
internal import JSON
internal import MCP
internal import Reactor
internal import Upstream

/// Who opens a session, and the place that is kept for it.
struct Opener {
    let principal: Principal
    let handle: SessionHandle
    /// Microseconds since 1970.
    let expires: Int
}

/// Sessions that begin.
extension HTTPCall {
    /// The longest name of a session that a server may give it, bytes.
    static let sessionIDBytesMax = 1024

    /// > MCP-84: the server's id of a session is taken from a successful answer to `initialize` and from nowhere else.
    func opened(_ request: MCPRequest, _ opener: Opener, _ answer: SessionAnswer) {
        guard let result = answer.response.result else { return hand(.answered(answer)) }
        guard let name = openedID else { return hand(.opened(id: nil, answer)) }
        guard Self.isSessionID(name) else { return breakOff(.nonsense("a session id that is none")) }
        let record = HTTPSessionRecord(
            handle: opener.handle,
            upstreamID: name,
            capabilities: ServerRequestKinds(declaredIn: request),
            version: result["protocolVersion"]?.string.flatMap { ProtocolVersion($0.span) },
            now: home.loop.now
        )
        guard listener != nil else {
            // The client will never learn of it.
            home.close(record, server)
            return release()
        }
        home.directory.settle(opener.handle, record)
        home.observer.note(.opened(server: server.name, opener.handle))
        let id = home.directory.seal(
            record,
            opener: opener.principal,
            server: server.name,
            expires: opener.expires
        )
        hand(.opened(id: id, answer))
    }

    private func hand(_ event: SessionEvent) {
        let waiting = listener
        release()
        waiting?.receive(event)
    }

    /// > MCP 2025-11-25, session management: "The session ID MUST only contain visible ASCII characters (ranging from
    /// > 0x21 to 0x7E)."
    private static func isSessionID(_ name: [UInt8]) -> Bool {
        1...sessionIDBytesMax ~= name.count && name.allSatisfy { 0x21...0x7E ~= $0 }
    }
}
