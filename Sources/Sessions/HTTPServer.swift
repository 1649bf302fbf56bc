// SPDX-License-Identifier: Apache-2.0

internal import Bytes
internal import Crypto
public import HTTP
internal import Synchronization
public import Upstream

/// What the sessions and calls of one HTTP server have in common, for all loops.
public final class HTTPServer: Sendable {
    /// Its place in the configuration.
    public let index: Int
    public let name: [UInt8]
    let origin: HTTPOrigin
    /// What every request to it has in common.
    public var template: RequestTemplate { origin.template }
    /// Until the answer to a request, nanoseconds; each progress message starts it anew.
    let responseNanoseconds: UInt64
    /// The longest message of the server's, bytes.
    let messageBytesMax: Int
    /// How long a session may be without a request and without a stream, nanoseconds.
    let idleNanoseconds: UInt64
    let allowedRequests: ServerRequestKinds
    let eventIDs = EventIDUse()

    public init(
        index: Int,
        name: [UInt8],
        origin: HTTPOrigin,
        responseNanoseconds: UInt64,
        messageBytesMax: Int,
        idleNanoseconds: UInt64,
        allowedRequests: ServerRequestKinds
    ) {
        self.index = index
        self.name = name
        self.origin = origin
        self.responseNanoseconds = responseNanoseconds
        self.messageBytesMax = messageBytesMax
        self.idleNanoseconds = idleNanoseconds
        self.allowedRequests = allowedRequests
    }
}

/// Whether a server sends event ids, and the ids that requests to such a server go under.
///
/// > semantics 4: "From the first event id that an upstream sends, its requests carry gateway-made JSON-RPC ids, unique
/// > over all callers; streams older than that cannot be resumed."
final class EventIDUse: Sendable {
    private let isUsed = Atomic<Bool>(false)
    private let count = Atomic<UInt64>(0)
    private let prefix = Hex.encode(SecureRandom.bytes(8))

    /// An event id has come.
    func note() { isUsed.store(true, ordering: .relaxed) }

    /// JSON text of the id for the next request; nil while the client's own will do. Unique over restarts too: servers
    /// keep their events.
    func nextRequestID() -> [UInt8]? {
        guard isUsed.load(ordering: .relaxed) else { return nil }
        let number = count.wrappingAdd(1, ordering: .relaxed).newValue
        var text: [UInt8] = [0x22, 0x67]
        text += prefix
        text.append(0x2D)
        Hex.append(number, to: &text)
        text.append(0x22)
        return text
    }
}
