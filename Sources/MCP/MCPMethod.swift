// SPDX-License-Identifier: Apache-2.0

import Bytes
import JSON

/// A JSON-RPC method. Those that the gateway treats in some way have a case; every other, known to MCP or not, is
/// `other`.
public enum MCPMethod: Hashable, Sendable {
    case initialize, serverDiscover, ping
    case toolsList, toolsCall
    case resourcesList, resourcesTemplatesList, resourcesRead, resourcesSubscribe, resourcesUnsubscribe
    case promptsList, promptsGet
    case completionComplete, loggingSetLevel, subscriptionsListen
    case tasksGet, tasksResult, tasksCancel, tasksUpdate, tasksList
    case samplingCreateMessage, elicitationCreate, rootsList
    case notificationInitialized, notificationProgress, notificationCancelled, notificationRootsListChanged
    case notificationTasksStatus, notificationMessage, notificationResourcesUpdated
    case other([UInt8])

    public init(_ text: [UInt8]) {
        self = Self.known(text.span) ?? .other(text)
    }

    /// The method that a decoded string names; nil where it is no string, or holds a NUL.
    init?(_ value: JSONValue) {
        if let range = value.plainRange {
            let bytes = value.document.bytes
            if let known = Self.known(bytes.span.extracting(range)) {
                self = known
                return
            }
        }
        guard let text = value.string, !text.contains(0) else { return nil }
        self.init(text)
    }

    /// The method as it is written in a message.
    public var text: [UInt8] {
        if case .other(let text) = self { return text }
        return literal.bytes
    }

    /// The name of a method that has a case; empty for `other`.
    private var literal: StaticString {
        switch self {
        case .initialize: "initialize"
        case .serverDiscover: "server/discover"
        case .ping: "ping"
        case .toolsList: "tools/list"
        case .toolsCall: "tools/call"
        case .resourcesList: "resources/list"
        case .resourcesTemplatesList: "resources/templates/list"
        case .resourcesRead: "resources/read"
        case .resourcesSubscribe: "resources/subscribe"
        case .resourcesUnsubscribe: "resources/unsubscribe"
        case .promptsList: "prompts/list"
        case .promptsGet: "prompts/get"
        case .completionComplete: "completion/complete"
        case .loggingSetLevel: "logging/setLevel"
        case .subscriptionsListen: "subscriptions/listen"
        case .tasksGet: "tasks/get"
        case .tasksResult: "tasks/result"
        case .tasksCancel: "tasks/cancel"
        case .tasksUpdate: "tasks/update"
        case .tasksList: "tasks/list"
        case .samplingCreateMessage: "sampling/createMessage"
        case .elicitationCreate: "elicitation/create"
        case .rootsList: "roots/list"
        case .notificationInitialized: "notifications/initialized"
        case .notificationProgress: "notifications/progress"
        case .notificationCancelled: "notifications/cancelled"
        case .notificationRootsListChanged: "notifications/roots/list_changed"
        case .notificationTasksStatus: "notifications/tasks/status"
        case .notificationMessage: "notifications/message"
        case .notificationResourcesUpdated: "notifications/resources/updated"
        case .other: ""
        }
    }

    /// `tools/call` and its kin: methods whose right depends on the object that they name (semantics 3).
    public var namesObject: Bool {
        switch self {
        case .toolsCall, .resourcesRead, .resourcesSubscribe, .resourcesUnsubscribe, .promptsGet, .completionComplete,
            .tasksGet, .tasksResult, .tasksCancel, .tasksUpdate:
            true
        default: false
        }
    }

    /// The list methods, whose results are filtered.
    public var isList: Bool {
        switch self {
        case .toolsList, .resourcesList, .resourcesTemplatesList, .promptsList: true
        default: false
        }
    }

    private static func known(_ text: Span<UInt8>) -> MCPMethod? { table.number(of: text).map { known[$0] } }

    private static let table = NameTable(known.map(\.literal))

    /// Every case but `other`.
    private static let known: [MCPMethod] = [
        .initialize, .serverDiscover, .ping, .toolsList, .toolsCall, .resourcesList, .resourcesTemplatesList,
        .resourcesRead, .resourcesSubscribe, .resourcesUnsubscribe, .promptsList, .promptsGet, .completionComplete,
        .loggingSetLevel, .subscriptionsListen, .tasksGet, .tasksResult, .tasksCancel, .tasksUpdate, .tasksList,
        .samplingCreateMessage, .elicitationCreate, .rootsList, .notificationInitialized, .notificationProgress,
        .notificationCancelled, .notificationRootsListChanged, .notificationTasksStatus, .notificationMessage,
        .notificationResourcesUpdated,
    ]
}
