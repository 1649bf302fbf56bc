// SPDX-License-Identifier: Apache-2.0

import Bytes

/// A JSON-RPC method. Those that the gateway treats in some way have a case; every other, known to MCP or not, is `other`.
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
        for (name, method) in Self.known where text.equals(name) {
            self = method
            return
        }
        self = .other(text)
    }

    /// The method as it is written in a message.
    public var text: [UInt8] {
        if case .other(let text) = self { return text }
        for (name, method) in Self.known where method == self { return name.bytes }
        return []
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

    private static let known: [(StaticString, MCPMethod)] = [
        ("tools/call", .toolsCall), ("tools/list", .toolsList), ("initialize", .initialize),
        ("server/discover", .serverDiscover), ("ping", .ping), ("resources/list", .resourcesList),
        ("resources/templates/list", .resourcesTemplatesList), ("resources/read", .resourcesRead),
        ("resources/subscribe", .resourcesSubscribe), ("resources/unsubscribe", .resourcesUnsubscribe),
        ("prompts/list", .promptsList), ("prompts/get", .promptsGet), ("completion/complete", .completionComplete),
        ("logging/setLevel", .loggingSetLevel), ("subscriptions/listen", .subscriptionsListen),
        ("tasks/get", .tasksGet), ("tasks/result", .tasksResult), ("tasks/cancel", .tasksCancel),
        ("tasks/update", .tasksUpdate), ("tasks/list", .tasksList),
        ("sampling/createMessage", .samplingCreateMessage), ("elicitation/create", .elicitationCreate),
        ("roots/list", .rootsList), ("notifications/initialized", .notificationInitialized),
        ("notifications/progress", .notificationProgress), ("notifications/cancelled", .notificationCancelled),
        ("notifications/roots/list_changed", .notificationRootsListChanged),
        ("notifications/tasks/status", .notificationTasksStatus), ("notifications/message", .notificationMessage),
        ("notifications/resources/updated", .notificationResourcesUpdated),
    ]
}
