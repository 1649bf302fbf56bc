// SPDX-License-Identifier: Apache-2.0

import Bytes
import MCP

/// What a request is judged by: the object that it names, or, where its method names none, the method.
enum JudgedObject: Sendable {
    case none
    case tool([UInt8])
    case prompt([UInt8])
    case resource(ResourceURI)
    case template(ResourceTemplate)
    /// A resource that no reading makes safe.
    case badURI
    /// Never granted: tasks, which this gateway does not keep, and a method without the object that it must name.
    case never

    init(_ call: MCPCall) {
        switch (call.method, call.target) {
        case (.toolsCall, .tool(let name)): self = .tool(name)
        case (.promptsGet, .prompt(let name)), (.completionComplete, .prompt(let name)): self = .prompt(name)
        case (.resourcesRead, .resource(let uri)), (.resourcesSubscribe, .resource(let uri)),
            (.resourcesUnsubscribe, .resource(let uri)):
            self = Self.resource(uri)
        case (.completionComplete, .template(let uri)), (.completionComplete, .resource(let uri)):
            self = Self.template(uri)
        case (let method, _): self = method.isGrantedByName ? .none : .never
        }
    }

    static func resource(_ uri: [UInt8]) -> JudgedObject {
        guard let uri = ResourceURI(uri) else { return .badURI }
        return .resource(uri)
    }

    static func template(_ uri: [UInt8]) -> JudgedObject {
        guard let template = ResourceTemplate(uri) else { return .badURI }
        return .template(template)
    }
}

extension MCPMethod {
    /// Whether `allow.methods` may grant it: not a method that names an object, nor any whose name begins with `tasks/`
    /// (semantics 3).
    var isGrantedByName: Bool {
        switch self {
        case .tasksGet, .tasksResult, .tasksCancel, .tasksUpdate, .tasksList: false
        case .other(let text): !text.span.starts(with: "tasks/")
        default: !namesObject
        }
    }

    /// Whether whoever is allowed anything on a server may use it there (contract 2, MCP-60).
    var isImplied: Bool {
        switch self {
        case .initialize, .serverDiscover, .ping, .toolsList, .resourcesList, .resourcesTemplatesList, .promptsList,
            .loggingSetLevel, .subscriptionsListen, .notificationInitialized, .notificationProgress,
            .notificationCancelled, .notificationRootsListChanged, .notificationTasksStatus:
            true
        default: false
        }
    }
}
