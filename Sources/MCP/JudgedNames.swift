// SPDX-License-Identifier: Apache-2.0

/// The members of a JSON-RPC message.
enum EnvelopeName: Int, JudgedName {
    case jsonrpc, id, method, params, result, error

    static let table = makeTable()

    var text: StaticString {
        switch self {
        case .jsonrpc: "jsonrpc"
        case .id: "id"
        case .method: "method"
        case .params: "params"
        case .result: "result"
        case .error: "error"
        }
    }
}

/// The members of `params` that say what a request asks for, and the envelope's, which have no business there in
/// another case either.
enum ParamName: Int, JudgedName {
    case jsonrpc, id, method, params, result, error, meta, argument, arguments, capabilities, clientInfo, context,
        cursor, inputResponses, level, name, notifications, progressToken, protocolVersion, reason, ref,
        requestId, requestState, task, taskId, type, uri

    static let table = makeTable()

    var text: StaticString {
        switch self {
        case .jsonrpc: "jsonrpc"
        case .id: "id"
        case .method: "method"
        case .params: "params"
        case .result: "result"
        case .error: "error"
        case .meta: "_meta"
        case .argument: "argument"
        case .arguments: "arguments"
        case .capabilities: "capabilities"
        case .clientInfo: "clientInfo"
        case .context: "context"
        case .cursor: "cursor"
        case .inputResponses: "inputResponses"
        case .level: "level"
        case .name: "name"
        case .notifications: "notifications"
        case .progressToken: "progressToken"
        case .protocolVersion: "protocolVersion"
        case .reason: "reason"
        case .ref: "ref"
        case .requestId: "requestId"
        case .requestState: "requestState"
        case .task: "task"
        case .taskId: "taskId"
        case .type: "type"
        case .uri: "uri"
        }
    }
}

/// The members of `params.ref`.
enum ReferenceName: Int, JudgedName {
    case type, name, uri

    static let table = makeTable()

    var text: StaticString {
        switch self {
        case .type: "type"
        case .name: "name"
        case .uri: "uri"
        }
    }
}

/// The members of `params._meta` that the protocol defines.
enum MetaName: Int, JudgedName {
    case progressToken, protocolVersion, clientCapabilities, clientInfo, logLevel, subscriptionId, relatedTask

    static let table = makeTable()

    var text: StaticString {
        switch self {
        case .progressToken: "progressToken"
        case .protocolVersion: "io.modelcontextprotocol/protocolVersion"
        case .clientCapabilities: "io.modelcontextprotocol/clientCapabilities"
        case .clientInfo: "io.modelcontextprotocol/clientInfo"
        case .logLevel: "io.modelcontextprotocol/logLevel"
        case .subscriptionId: "io.modelcontextprotocol/subscriptionId"
        case .relatedTask: "io.modelcontextprotocol/related-task"
        }
    }
}

/// The members of `params.notifications` of `subscriptions/listen`.
enum SubscriptionName: Int, JudgedName {
    case toolsListChanged, promptsListChanged, resourcesListChanged, resourceSubscriptions, taskIds

    static let table = makeTable()

    var text: StaticString {
        switch self {
        case .toolsListChanged: "toolsListChanged"
        case .promptsListChanged: "promptsListChanged"
        case .resourcesListChanged: "resourcesListChanged"
        case .resourceSubscriptions: "resourceSubscriptions"
        case .taskIds: "taskIds"
        }
    }
}
