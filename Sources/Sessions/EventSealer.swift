// SPDX-License-Identifier: Apache-2.0

internal import Bytes
internal import Crypto
internal import Identity
internal import JSON
public import MCP

/// What an event id that a client sends back stands for.
public struct Resumption: Sendable {
    /// The request whose stream is to be resumed.
    public let call: MCPCall
    /// The client's id of it.
    let id: RequestID
    /// JSON text of the id that it went upstream under.
    let upstreamID: [UInt8]
    let upstreamEventID: [UInt8]
}

/// Makes and reads the event ids that clients see: the server's own, sealed with the session and the request whose
/// stream it stands on (semantics 4). What does not verify never reaches a server.
public struct EventSealer: Sendable {
    /// What a sealed id says.
    enum Opened {
        /// Of a standalone stream: it is good, and never forwarded.
        case standalone
        case request(Resumption)
    }

    /// The longest id of a server's that is shown; a longer one is left out. Bytes.
    static let upstreamIDBytesMax = 1024
    /// The longest id that is looked at, bytes.
    static let textBytesMax = 12 << 10

    /// The first seals, all open.
    private let keys: [SealingKey]

    /// - Parameter secrets: `sessions.key`, as for `SessionSealer`.
    public init(secrets: [[UInt8]]) {
        keys = secrets.map { SealingKey(secret: $0, purpose: "gatehouse event id") }
    }

    /// - Parameters:
    ///   - scope: what the id is good for: `scope(_:_:)`.
    ///   - request: the request whose stream it is; nil for a standalone one.
    /// - Returns: nil for an id that is not to be shown.
    func seal(
        _ eventID: [UInt8],
        scope: [UInt8],
        request: (id: RequestID, upstreamID: [UInt8], call: MCPCall)?
    ) -> [UInt8]? {
        guard eventID.count <= Self.upstreamIDBytesMax, let key = keys.first else { return nil }
        var plain: [UInt8] = []
        Self.append(eventID, to: &plain)
        if let request {
            Self.append(request.upstreamID, to: &plain)
            Self.append(request.id.text, to: &plain)
            Self.append(request.call.method.text, to: &plain)
            let (kind, name) = Self.encode(request.call.target)
            plain.append(kind)
            Self.append(name, to: &plain)
        }
        let text = Base64URL.encode(key.seal(plain, context: scope))
        return text.count <= Self.textBytesMax ? text : nil
    }

    func open(_ text: [UInt8], scope: [UInt8]) -> Opened? {
        guard text.count <= Self.textBytesMax, let sealed = Base64URL.decode(text.span) else { return nil }
        for key in keys {
            guard let plain = key.open(sealed.span, context: scope) else { continue }
            return Self.read(plain)
        }
        return nil
    }

    /// An id is good in one session of one server; without a session, for one caller at one server.
    static func scope(_ server: [UInt8], _ session: SessionHandle?, _ caller: Principal?) -> [UInt8] {
        server + [0] + (session.map { [1] + $0.bytes } ?? [2] + (caller?.sessionBinding ?? []))
    }

    private static func read(_ plain: [UInt8]) -> Opened? {
        var rest = plain[...]
        guard let eventID = take(&rest) else { return nil }
        guard !rest.isEmpty else { return .standalone }
        guard let upstreamID = take(&rest), let idText = take(&rest), let method = take(&rest),
            let kind = rest.popFirst(), let name = take(&rest), let target = decode(kind, name),
            let document = try? JSONDocument(idText), let id = RequestID(document.root)
        else { return nil }
        return .request(
            Resumption(
                call: MCPCall(method: MCPMethod(method), target: target),
                id: id,
                upstreamID: upstreamID,
                upstreamEventID: eventID
            )
        )
    }

    /// A length of four bytes, and then the bytes.
    private static func append(_ part: [UInt8], to plain: inout [UInt8]) {
        for shift in stride(from: 24, through: 0, by: -8) {
            plain.append(UInt8(truncatingIfNeeded: part.count >> shift))
        }
        plain += part
    }

    private static func take(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        guard rest.count >= 4 else { return nil }
        let count = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        rest = rest.dropFirst(4)
        guard count <= rest.count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    private static func encode(_ target: MCPTarget) -> (UInt8, [UInt8]) {
        switch target {
        case .none: (0, [])
        case .tool(let name): (1, name)
        case .prompt(let name): (2, name)
        case .resource(let uri): (3, uri)
        case .template(let uri): (4, uri)
        case .task(let id): (5, id)
        }
    }

    private static func decode(_ kind: UInt8, _ name: [UInt8]) -> MCPTarget? {
        switch kind {
        case 0: MCPTarget.none
        case 1: .tool(name)
        case 2: .prompt(name)
        case 3: .resource(uri: name)
        case 4: .template(uri: name)
        case 5: .task(name)
        default: nil
        }
    }
}
