// SPDX-License-Identifier: Apache-2.0

import Bytes
import Crypto
import HTTP
import Identity
import JSON
import MCP
import Policy

/// Every operation, in the order of a request's life.
func allOperations() throws -> [Operation] {
    let identity = try CallerOperations()
    return requestOperations() + identity.operations + messageOperations() + (try upstreamOperations())
}

/// The gateway as a server: what a client sends.
private func requestOperations() -> [Operation] {
    [
        Operation("request_read") {
            let bytes = Samples.request
            var parser = RequestParser()
            var offset = 0
            while let event = try? parser.next(bytes.span, offset: &offset) {
                if case .head(let head) = event { use(head) }
            }
        },
        Operation("response_head_write") {
            var head = ResponseHead(status: 200)
            head.field("X-Request-Id", Samples.requestID)
            head.field("Content-Type", "application/json")
            head.field("Cache-Control", "no-store")
            var out: [UInt8] = []
            out.reserveCapacity(512)
            head.append(to: &out, framing: .length(Samples.result.count), keepAlive: true)
            use(out)
        },
    ]
}

private func messageOperations() -> [Operation] {
    [
        Operation("json_240_bytes") { use(try? JSONDocument(Samples.call)) },
        Operation("json_64_kib") { use(try? JSONDocument(Samples.largeCall)) },
        Operation("call_240_bytes") { use(try? MCPReader.read(Samples.call, limits: JSONLimits())) },
        Operation("call_64_kib") { use(try? MCPReader.read(Samples.largeCall, limits: JSONLimits())) },
        Operation("result") { use(try? MCPReader.readUpstream(Samples.result, limits: JSONLimits())) },
    ]
}

/// A thousand callers, each with a key and a rule of their own.
private struct CallerOperations {
    static let count = 1000
    static let salt = Array("0123456789abcdef".utf8)

    let authenticator: Authenticator
    let policy: Policy
    let caller: Authenticated
    let credentials = PresentedCredentials(authorization: [], apiKey: [Array(Samples.key.utf8)])
    let generated: PresentedCredentials

    init() throws {
        var entries: [APIKeyEntry] = []
        for number in 0..<Self.count - 1 {
            let key = number == Self.count - 2 ? Samples.key : "bench-\(number)-of-somebody-else"
            let digest = Digest.sha256(Self.salt.span, Array(key.utf8).span)
            let hash = APIKeyEntry.Hash(salt: Self.salt, digest: digest, expires: nil)
            entries.append(APIKeyEntry(id: Self.name(number), hashes: [hash]))
        }
        let made = try KeyMaker.make(id: Self.name(Self.count - 1))
        let hashes = [APIKeyEntry.Hash(text: made.hash, expires: nil)].compactMap(\.self)
        entries.append(APIKeyEntry(id: Self.name(Self.count - 1), hashes: hashes))
        generated = PresentedCredentials(authorization: [], apiKey: [made.key.exposed.array])
        authenticator = try Authenticator(keys: entries)
        policy = try Policy(rules: (0..<Self.count).map(Self.rule), servers: [Array("weather".utf8)])
        caller = try Self.caller(of: authenticator, credentials)
    }

    var operations: [Operation] {
        let call = MCPCall(method: .toolsCall, target: .tool(Array("get_weather".utf8)))
        let other = MCPCall(method: .toolsCall, target: .tool(Array("drop_tables".utf8)))
        return [
            Operation("authenticate_imported") { use(judge(credentials)) },
            Operation("authenticate_generated") { use(judge(generated)) },
            Operation("may_enter") { use(policy.allowsAnything(caller, on: 0)) },
            Operation("authorize") { authorize(call) },
            Operation("authorize_denied") { authorize(other) },
        ]
    }

    private func authorize(_ call: MCPCall) {
        switch policy.authorize(caller, call, on: 0) {
        case .permit(let permit): use(permit)
        case .denied(let denial): use(denial)
        }
    }

    private func judge(_ credentials: PresentedCredentials) -> AuthenticationResult {
        authenticator.authenticate(
            credentials,
            server: Samples.server,
            from: IPAddress(v4: 0x7F00_0001),
            now: 1_800_000_000
        )
    }

    private static func name(_ number: Int) -> [UInt8] { Array("user-\(number)".utf8) }

    private static func rule(_ number: Int) -> AccessRule {
        let tools = ["get_weather"] + (0..<4).map { "tool_\((number * 7 + $0) % 19)" }
        return AccessRule(
            id: Array("rule-\(number)".utf8),
            servers: [Array("*".utf8)],
            subjects: .matching(AccessRule.SubjectMatch(subjects: [name(number)])),
            effect: .allow,
            objects: .named(tools: tools.map { Array($0.utf8) }, resources: [], prompts: [], methods: [])
        )
    }

    private static func caller(of authenticator: Authenticator, _ credentials: PresentedCredentials) throws
        -> Authenticated
    {
        let result = authenticator.authenticate(
            credentials,
            server: Samples.server,
            from: IPAddress(v4: 0x7F00_0001),
            now: 1_800_000_000
        )
        guard case .authenticated(let caller) = result else { throw BenchmarkFailure.callerIsUnknown }
        return caller
    }
}

enum BenchmarkFailure: Error {
    case callerIsUnknown
    case headIsUnreadable
}

/// The gateway as a client: what goes to a server and comes back.
private func upstreamOperations() throws -> [Operation] {
    var parser = RequestParser()
    var offset = 0
    let request = Samples.request
    guard case .head(let head)? = try parser.next(request.span, offset: &offset) else {
        throw BenchmarkFailure.headIsUnreadable
    }
    let template = try RequestTemplate(target: Array("/mcp".utf8), host: Array("upstream.example:8080".utf8))
    return [
        Operation("request_write") {
            var writer = RequestWriter(template, .post)
            try? writer.field(.mcpSessionID, Samples.requestID)
            try? writer.field(.requestID, Samples.requestID)
            try? writer.pass(from: head)
            var out: [UInt8] = []
            out.reserveCapacity(1024)
            writer.append(to: &out, contentLength: Samples.call.count)
            use(out)
        },
        Operation("response_read") { readResponse(Samples.response) },
        Operation("response_read_chunked") { readResponse(Samples.chunked) },
        Operation("event_read_and_write") {
            let bytes = Samples.event
            var reader = EventStreamReader()
            var offset = 0
            var out: [UInt8] = []
            out.reserveCapacity(1024)
            while let event = try? reader.next(bytes.span, offset: &offset) {
                SSEWriter.append(event, to: &out)
            }
            use(out)
        },
    ]
}

private func readResponse(_ bytes: [UInt8]) {
    var parser = ResponseParser()
    var offset = 0
    while let event = try? parser.next(bytes.span, offset: &offset) {
        if case .head(let head) = event { use(head) }
    }
}
