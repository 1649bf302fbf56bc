// SPDX-License-Identifier: Apache-2.0

import Bytes
import HTTP
import Identity
import MCP
import Policy
import Reactor
import Sessions
import Telemetry

/// A refusal, and the id of the request that it answers, where that could be read.
struct MessageRefusal: Error {
    let refusal: Refusal
    var id: RequestID?
}

/// Judging the body: what is asked for, and may this caller have it.
extension Exchange {
    func judge(_ admitted: Admitted) throws(MessageRefusal) {
        guard admitted.bodyIsJSON else { throw MessageRefusal(refusal: .unsupportedMediaType) }
        guard admitted.accepts.json || admitted.accepts.events else { throw MessageRefusal(refusal: .notAcceptable) }
        let read: MCPBody
        do {
            read = try MCPReader.read(body, limits: snapshot.jsonLimits)
        } catch {
            throw MessageRefusal(refusal: .unreadableBody(error), id: error.id)
        }
        body = []
        record.termination.phase = .policy
        if let version = admitted.refusedVersion {
            throw MessageRefusal(refusal: .unsupportedVersion(requested: version), id: read.firstID)
        }
        switch read {
        case .single(.request(let request)):
            try judge(request, admitted)
        case .single(.notification(let notification)):
            try judge(notification, admitted)
        case .single(.response(let response)):
            if let server = admitted.route.http { return try forward(response, admitted, to: server) }
            let ticket = try session(admitted, id: nil)
            wait(admitted, .home(ticket), answers: 0)
            SessionHome.send(.answer(response), to: ticket, from: key)
        case .batch(let messages):
            try judge(messages, admitted)
        }
    }

    private func judge(_ request: MCPRequest, _ admitted: Admitted) throws(MessageRefusal) {
        record.note(request.call)
        try refuseModern(request)
        if let server = admitted.route.http { return try forward(request, admitted, to: server) }
        guard request.call.method != .initialize else {
            return try initialize(request, admitted)
        }
        let ticket = try session(admitted, id: request.id)
        let permit = try PermitCarrier(authorize(request, admitted))
        wait(admitted, .home(ticket), answers: 1)
        let events = admitted.accepts.events
        SessionHome.send(.request(request, acceptsEvents: events, permit), to: ticket, from: key)
    }

    private func initialize(_ request: MCPRequest, _ admitted: Admitted) throws(MessageRefusal) {
        guard admitted.sessionID == nil else {
            throw MessageRefusal(refusal: .initializeInSession, id: request.id)
        }
        guard let server = admitted.route.stdio else { return }
        let permit = try PermitCarrier(authorize(request, admitted))
        wait(admitted, .none, answers: 1)
        do {
            // The id of the session travels in the head of the answer, so nothing may be streamed before it.
            try worker.home.open(
                request,
                under: permit,
                for: admitted.caller.principal,
                at: server,
                key: key,
                acceptsEvents: false,
                now: Clock.unixMicroseconds()
            )
        } catch {
            record.termination.delivered = .no
            throw MessageRefusal(refusal: Refusal(error), id: request.id)
        }
    }

    /// > semantics 7: "denied notifications are 202 and dropped"
    private func judge(_ notification: MCPNotification, _ admitted: Admitted) throws(MessageRefusal) {
        let call = MCPCall(method: notification.method, target: .none)
        record.note(call)
        let session = try admitted.route.http == nil ? session(admitted, id: nil) : nil
        guard notification.method.isClientNotification, allows(call, admitted) else {
            record.reason = Array("notification dropped")
            return respondEmpty(202)
        }
        if let server = admitted.route.http { return try forward(notification, admitted, to: server) }
        guard let ticket = session else { return }
        wait(admitted, .home(ticket), answers: 0)
        SessionHome.send(.notification(notification), to: ticket, from: key)
    }

    /// > contract 3: "Batches (2025-03-26 only) are judged element by element, all or nothing."
    private func judge(_ messages: [MCPMessage], _ admitted: Admitted) throws(MessageRefusal) {
        let ticket = try session(admitted, id: nil)
        guard ticket.version == .v2025_03_26 else { throw MessageRefusal(refusal: .batchNotAllowed) }
        var commands: [SessionCommand] = []
        var ids: [RequestID] = []
        var refusals: [MessageRefusal] = []
        for message in messages {
            if case .request(let request) = message { ids.append(request.id) }
            do {
                if let command = try command(for: message, admitted) { commands.append(command) }
            } catch {
                refusals.append(error)
            }
        }
        guard refusals.isEmpty else { return refuseBatch(refusals, ids, admitted) }
        guard !commands.isEmpty else { return respondEmpty(202) }
        if let server = admitted.route.http {
            return try forward(commands, admitted, answers: ids.count, to: server)
        }
        wait(admitted, .home(ticket), answers: ids.count, isBatch: !ids.isEmpty)
        for command in commands { SessionHome.send(command, to: ticket, from: key) }
    }

    private func command(for message: MCPMessage, _ admitted: Admitted) throws(MessageRefusal) -> SessionCommand? {
        switch message {
        case .request(let request):
            record.note(request.call)
            guard request.call.method != .initialize else {
                throw MessageRefusal(refusal: .initializeInSession, id: request.id)
            }
            try refuseModern(request)
            let permit = try PermitCarrier(authorize(request, admitted))
            return .request(request, acceptsEvents: admitted.accepts.events, permit)
        case .notification(let notification):
            let call = MCPCall(method: notification.method, target: .none)
            guard notification.method.isClientNotification, allows(call, admitted) else { return nil }
            return .notification(notification)
        case .response(let response):
            return .answer(response)
        }
    }

    /// Until the modern era is built its requests are told which versions there are.
    private func refuseModern(_ request: MCPRequest) throws(MessageRefusal) {
        guard let version = request.modernVersion else { return }
        record.era = .modern
        throw MessageRefusal(refusal: .unsupportedVersion(requested: version), id: request.id)
    }

    func authorize(_ request: MCPRequest, _ admitted: Admitted) throws(MessageRefusal) -> Permit {
        record.reported = snapshot.policy.reports(admitted.caller, request.call, on: admitted.route.index)
        switch snapshot.policy.authorize(admitted.caller, request.call, on: admitted.route.index) {
        case .permit(let permit):
            record.rule = permit.rule
            return permit
        case .denied(let denial):
            record.denied(denial)
            explain(request.call, admitted)
            throw MessageRefusal(refusal: refusal(for: denial, admitted), id: request.id)
        }
    }

    /// A refusal is looked into at level debug: what each rule had to say of it.
    private func explain(_ call: MCPCall, _ admitted: Admitted) {
        guard worker.log.isEnabled(.debug) else { return }
        let explanation = snapshot.policy.explain(admitted.caller, call, on: admitted.route.index)
        worker.log.write(.debug, "policy_explained") { line in
            line.member("request_id", record.requestID)
            line.name("rules")
            line.beginArray()
            for rule in explanation.rules {
                line.beginObject()
                line.member("rule", rule.id)
                line.member("effect", rule.effect.text)
                line.member("finding", rule.finding.text)
                line.endObject()
            }
            line.endArray()
        }
    }

    /// > semantics 2: "every call that is not allowed them is 401, the same for every name, existing or not"
    private func refusal(for denial: Denial, _ admitted: Admitted) -> Refusal {
        if admitted.caller.isAnonymous { return .noCredentials }
        if denial.reason == .noAccess { return .noAccess }
        return .denied(denial, explain: admitted.route.server.denials == .explain)
    }

    func allows(_ call: MCPCall, _ admitted: Admitted) -> Bool {
        switch snapshot.policy.authorize(admitted.caller, call, on: admitted.route.index) {
        case .permit: true
        case .denied: false
        }
    }

    func session(_ admitted: Admitted, id: RequestID?) throws(MessageRefusal) -> SessionTicket {
        do {
            return try ticket(for: admitted)
        } catch {
            throw MessageRefusal(refusal: error, id: id)
        }
    }

    func wait(_ admitted: Admitted, _ link: Link, answers: Int, isBatch: Bool = false) {
        state = .waiting(Waiting(admitted: admitted, answersLeft: answers, isBatch: isBatch, link: link))
        record.termination.phase = .upstream
        record.termination.delivered = .yes
        worker.wait(for: self)
        if answers > 0, admitted.accepts.events { startPings(admitted.route) }
    }
}

extension MCPMethod {
    /// > MCP-60: "Notifications from client: only `initialized`, `progress`, `cancelled`, `roots/list_changed`
    /// > (+`tasks/status`) pass"
    fileprivate var isClientNotification: Bool {
        switch self {
        case .notificationInitialized, .notificationProgress, .notificationCancelled, .notificationRootsListChanged,
            .notificationTasksStatus:
            true
        default: false
        }
    }
}

extension MCPBody {
    /// The id of a single request.
    fileprivate var firstID: RequestID? {
        if case .single(.request(let request)) = self { request.id } else { nil }
    }
}
