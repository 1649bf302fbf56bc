// SPDX-License-Identifier: Apache-2.0

import Bytes
import HTTP
import Identity
import MCP
import Policy
import Reactor
import Sessions

/// What a client reads.
typealias Accepted = RequestHead.AcceptedTypes

/// Judging the head: is there such an endpoint, who calls, may they be here at all.
extension Exchange {
    static let allowedMethods: StaticString = "GET, POST, DELETE"
    /// Memory taken for a body before its bytes have come.
    static let bodyBytesReserved = 64 << 10
    private static let strayContent = HTTPError(400, "content on GET or DELETE")

    func admit(_ head: RequestHead) throws(Refusal) -> Route {
        guard snapshot.allows(host: head.hostSpan), isForServerName(head) else { throw .wrongHost }
        // > MCP-1: a request with an Origin that is not allowed is refused, whatever else it is.
        guard !head.has(.origin) || origin != nil else { throw .originNotAllowed }
        // > MCP-38: `/.well-known/*` is 404, never 401: clients look there before they have a credential.
        guard let route = snapshot.route(head.pathSpan) else { throw .noEndpoint }
        record.server = route.server.name
        return route
    }

    /// RFC 9110, section 7.4: a request for another host than the one whose certificate the client checked is 421.
    private func isForServerName(_ head: RequestHead) -> Bool {
        guard let name = stream.serverName else { return true }
        return HostName(head.host)?.host == name
    }

    func authenticate(_ head: RequestHead, on route: Route) throws(Refusal) -> Authenticated {
        record.termination.phase = .authentication
        // Neither field occurs twice: the parser refuses that.
        let result = snapshot.authenticator.authenticate(
            authorization: head.span(.authorization),
            apiKey: head.span(.apiKey),
            server: route.server.name,
            from: record.address,
            now: Clock.unixMicroseconds() / 1_000_000
        )
        let caller: Authenticated
        switch result {
        case .refused(.twoCredentials): throw .twoCredentials
        case .refused(.invalid(let reason, let keyID)):
            record.reason = reason.bytes
            record.refusedKey = keyID
            throw .badCredentials
        case .authenticated(let known): caller = known
        case .none(let anonymous): caller = anonymous
        }
        record.caller = caller
        record.termination.phase = .policy
        guard !caller.isAnonymous || snapshot.policy.opensToAnyone(route.index) else { throw .noCredentials }
        guard snapshot.policy.allowsAnything(caller, on: route.index) else {
            throw caller.isAnonymous ? .noCredentials : .noAccess
        }
        return caller
    }

    func accept(_ head: RequestHead, from caller: Authenticated, on route: Route) throws(Refusal) -> Admitted {
        switch head.method {
        case .post, .get, .delete: break
        default: throw .methodNotAllowed(allow: Self.allowedMethods)
        }
        // RFC 9110, sections 9.3.1 and 9.3.5: content there means nothing, and who sends it may mean something else.
        guard head.method == .post || !head.framing.hasBody else { throw .malformedHTTP(Self.strayContent) }
        let isServed = ProtocolVersion(head.valueSpan(.mcpProtocolVersion))?.era == .legacy
        let refused = isServed ? nil : head.value(.mcpProtocolVersion)
        if refused != nil { record.era = .modern }
        if let refused, head.method != .post { throw .unsupportedVersion(requested: refused) }
        let admitted = Admitted(
            caller: caller,
            route: route,
            accepts: head.acceptedTypes,
            sessionID: head.value(.mcpSessionID),
            refusedVersion: refused
        )
        if let server = route.http {
            admitted.lastEventID = head.value(.lastEventID)
            let forwardsIdentity = route.server.forwardIdentity
            admitted.writer = try writer(head, from: caller, for: server, forwardsIdentity: forwardsIdentity)
        }
        return admitted
    }

    func expectBody(_ head: RequestHead, _ admitted: Admitted) throws(Refusal) {
        record.termination.phase = .body
        guard !head.hasContentCoding else { throw .encodedBody }
        if case .length(let count) = head.framing {
            guard count <= snapshot.httpLimits.bodyBytes else { throw .bodyTooLarge }
            body.reserveCapacity(min(count, Self.bodyBytesReserved))
        }
        admitted.bodyIsJSON = head.hasJSONContent
        state = .receiving(admitted)
        if head.expectsContinue { stream.sendContinue() }
    }

    /// GET: the client's standalone stream.
    func listen(_ admitted: Admitted) throws(Refusal) {
        guard admitted.accepts.events else { throw .notAcceptable }
        if let server = admitted.route.http { return try listen(admitted, to: server) }
        let ticket = try ticket(for: admitted)
        state = .waiting(Waiting(admitted: admitted, answersLeft: 0, isListener: true, link: .home(ticket)))
        record.termination.phase = .stream
        worker.wait(for: self)
        SessionHome.send(.listen, to: ticket, from: key)
    }

    /// DELETE: the client ends its session.
    func close(_ admitted: Admitted) throws(Refusal) {
        let ticket = try ticket(for: admitted)
        if let server = admitted.route.http { return try close(admitted, ticket, at: server) }
        state = .waiting(Waiting(admitted: admitted, answersLeft: 0, isClosing: true, link: .home(ticket)))
        record.termination.phase = .upstream
        worker.wait(for: self)
        SessionHome.send(.close, to: ticket, from: key)
    }

    /// > MCP-85: a session belongs to its caller; to any other it does not exist.
    func ticket(for admitted: Admitted) throws(Refusal) -> SessionTicket {
        guard let id = admitted.sessionID else { throw .missingSession }
        do {
            let ticket = try worker.directory.find(
                id,
                caller: admitted.caller.principal,
                server: admitted.route.index,
                serverName: admitted.route.server.name,
                now: Clock.unixMicroseconds()
            )
            record.session = ticket.handle.logName
            return ticket
        } catch {
            throw Refusal(error)
        }
    }
}

extension RequestHead.Framing {
    var hasBody: Bool {
        switch self {
        case .none: false
        case .length(let count): count > 0
        case .chunked: true
        }
    }
}
