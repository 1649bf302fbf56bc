// SPDX-License-Identifier: Apache-2.0

/// A small MCP client of the handshake versions, over one kept-alive connection and as many more as a test wants.
public final class MCPSession {
    public let port: UInt16
    public let path: String
    public var key: String?
    public var version: String
    public var capabilities: JSONTree = [:]
    public var sessionID: String?
    /// The address to come from; nil: the system's choice.
    public var from: String?
    /// Nil: plain HTTP.
    public var tls: ClientTLS?
    /// Put into every request.
    public var extraFields: [(String, String)] = []
    private var initialized = false
    private var connection: RawConnection?
    private var count = 0
    /// The id of the last request that was not given one.
    public var lastID: JSONTree { JSONTree(count) }

    public struct Unexpected: Error, CustomStringConvertible {
        public let description: String
    }

    public init(port: UInt16, path: String, key: String?, version: String = "2025-11-25") {
        self.port = port
        self.path = path
        self.key = key
        self.version = version
    }

    // MARK: Requests as text

    private func fields(_ extra: [(String, String)]) -> [(String, String)] {
        var fields: [(String, String)] = []
        if let key { fields.append(("Authorization", "Bearer \(key)")) }
        if let sessionID { fields.append(("Mcp-Session-Id", sessionID)) }
        if initialized { fields.append(("MCP-Protocol-Version", version)) }
        let given = (extraFields + extra).map { $0.0.lowercased() }
        return fields.filter { !given.contains($0.0.lowercased()) } + extraFields + extra
    }

    public func post(_ body: [UInt8], _ extra: [(String, String)] = []) -> RequestText {
        let standard = [("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream")]
        let given = extra.map { $0.0.lowercased() }
        let kept = standard.filter { !given.contains($0.0.lowercased()) }
        return RequestText("POST", path, fields(kept + extra), body: body)
    }

    public func nextID() -> JSONTree {
        count += 1
        return lastID
    }

    public static func request(_ method: String, _ parameters: JSONTree?, id: JSONTree) -> JSONTree {
        var message: JSONTree = ["jsonrpc": "2.0", "id": id, "method": .string(method)]
        if let parameters { message["params"] = parameters }
        return message
    }

    public static func notification(_ method: String, _ parameters: JSONTree? = nil) -> JSONTree {
        var message: JSONTree = ["jsonrpc": "2.0", "method": .string(method)]
        if let parameters { message["params"] = parameters }
        return message
    }

    // MARK: Exchanges

    public func connect() throws -> RawConnection { try RawConnection(port: port, from: from, tls: tls) }

    /// Sends a body on a new connection and leaves the answer to be read.
    public func begin(_ body: [UInt8], _ extra: [(String, String)] = []) throws -> PendingAnswer {
        let connection = try connect()
        try connection.send(post(body, extra).bytes)
        return PendingAnswer(connection)
    }

    /// Starts a request on a new connection.
    public func start(_ method: String, _ parameters: JSONTree? = nil, id: JSONTree? = nil) throws -> PendingAnswer {
        try begin(Self.request(method, parameters, id: id ?? nextID()).bytes)
    }

    public func startCall(
        _ tool: String,
        _ arguments: JSONTree = [:],
        meta: JSONTree? = nil,
        id: JSONTree? = nil
    ) throws -> PendingAnswer {
        var parameters: JSONTree = ["name": .string(tool), "arguments": arguments]
        if let meta { parameters["_meta"] = meta }
        return try start("tools/call", parameters, id: id)
    }

    /// Sends a body on the kept-alive connection (or a new one, when it has ended) and reads the whole answer.
    public func exchange(_ body: [UInt8], _ extra: [(String, String)] = []) throws -> MCPAnswer {
        let bytes = post(body, extra).bytes
        let connection = try self.connection ?? connect()
        self.connection = nil
        try connection.send(bytes)
        let answer = try PendingAnswer(connection).finish()
        if !answer.head.closes { self.connection = connection }
        return answer
    }

    public func request(_ method: String, _ parameters: JSONTree? = nil, id: JSONTree? = nil) throws -> MCPAnswer {
        try exchange(Self.request(method, parameters, id: id ?? nextID()).bytes)
    }

    public func call(_ tool: String, _ arguments: JSONTree = [:], id: JSONTree? = nil) throws -> MCPAnswer {
        try request("tools/call", ["name": .string(tool), "arguments": arguments], id: id)
    }

    @discardableResult
    public func notify(_ method: String, _ parameters: JSONTree? = nil) throws -> MCPAnswer {
        try exchange(Self.notification(method, parameters).bytes)
    }

    /// Answers a request of the server.
    public func reply(_ id: JSONTree, result: JSONTree) throws -> MCPAnswer {
        try exchange(JSONTree.object([]).merging(["jsonrpc": "2.0", "id": id, "result": result]).bytes)
    }

    // MARK: The life of a session

    /// Sends `initialize` and keeps the session's id when it succeeded.
    public func initialize() throws -> MCPAnswer {
        let parameters: JSONTree = [
            "protocolVersion": .string(version), "capabilities": capabilities,
            "clientInfo": ["name": "gatehouse-tests", "version": "1"],
        ]
        let answer = try request("initialize", parameters)
        if answer.result.has("protocolVersion") {
            sessionID = answer.head.value("mcp-session-id")
            version = answer.result["protocolVersion"].text ?? version
            initialized = true
        }
        return answer
    }

    /// The whole handshake; throws when anything is not as it should be.
    @discardableResult
    public func open() throws -> JSONTree {
        let answer = try initialize()
        guard answer.head.status == 200, answer.result.has("protocolVersion"), sessionID != nil else {
            throw Unexpected(description: "initialize: \(answer)")
        }
        let accepted = try notify("notifications/initialized")
        guard accepted.head.status == 202 else { throw Unexpected(description: "initialized: \(accepted)") }
        return answer.result
    }

    /// Opens the stream of GET.
    public func stream(_ extra: [(String, String)] = [("Accept", "text/event-stream")]) throws -> PendingAnswer {
        let connection = try connect()
        try connection.send(RequestText("GET", path, fields(extra)).bytes)
        return PendingAnswer(connection)
    }

    @discardableResult
    public func delete() throws -> HTTPAnswer {
        let connection = try connect()
        try connection.send(RequestText("DELETE", path, fields([])).bytes)
        return try connection.readAnswer()
    }

    /// Names in a list, as the client sees it.
    public func names(_ method: String, _ member: String, _ name: String = "name") throws -> [String] {
        try request(method).result[member].elements.compactMap { $0[name].text }
    }

    public func tools() throws -> [String] { try names("tools/list", "tools") }
}

/// The answer to a POST or GET that is still coming in.
public final class PendingAnswer {
    public let connection: RawConnection
    private var head: HTTPHead?
    private var body: RawConnection.BodyReader?
    private var events: EventReader?
    private var whole: [UInt8] = []
    private var ended = false

    init(_ connection: RawConnection) { self.connection = connection }

    /// Waits for the head.
    public func readHead() throws -> HTTPHead {
        if let head { return head }
        let head = try connection.readHead()
        let body = try connection.body(of: head)
        self.head = head
        self.body = body
        if head.isEventStream { events = EventReader(body) }
        return head
    }

    /// Waits for a comment line of the stream; false where it ends, or a message comes first.
    public func waitForComment() throws -> Bool {
        _ = try readHead()
        return try events?.waitForComment() ?? false
    }

    /// The next message, of a stream or of a JSON body; nil at the end.
    public func next() throws -> JSONTree? {
        _ = try readHead()
        if let events { return try events.next()?.json }
        guard !ended else { return nil }
        ended = true
        while let piece = try body?.next() { whole += piece }
        return whole.isEmpty ? nil : try JSONTree(reading: whole)
    }

    /// Reads to the end.
    public func finish() throws -> MCPAnswer {
        let head = try readHead()
        var messages: [JSONTree] = []
        while let message = try next() { messages.append(message) }
        return MCPAnswer(head: head, messages: messages, text: String(decoding: whole, as: UTF8.self))
    }

    /// The client goes away without a word.
    public func vanish(reset: Bool = false) { reset ? connection.reset() : connection.close() }
}

/// A whole answer: its messages, of a stream or of a JSON body.
public struct MCPAnswer: CustomStringConvertible {
    public let head: HTTPHead
    public let messages: [JSONTree]
    /// The body, where it is no stream.
    public let text: String

    public var status: Int { head.status }
    /// The message that ends the exchange.
    public var response: JSONTree { messages.last { $0.has("result") || $0.has("error") } ?? .null }
    public var result: JSONTree { response["result"] }
    public var error: JSONTree { response["error"] }
    public var code: Int? { error["code"].int }
    /// The text of a tool's first content item.
    public var toolText: String? { result["content"][0]["text"].text }
    /// Elements, where the body is a batch.
    public var batch: [JSONTree] { messages.first?.elements ?? [] }
    /// The status that the gateway meant, also where it sent 200 to a legacy client.
    public var meantStatus: Int { head.value("gatehouse-status").flatMap { Int($0) } ?? status }
    public var requestID: String? { head.value("x-request-id") }

    public var description: String { "\(head)\n" + messages.map(\.json).joined(separator: "\n") }
}
