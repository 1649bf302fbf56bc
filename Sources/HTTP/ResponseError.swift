// SPDX-License-Identifier: Apache-2.0

/// Why the answer of an upstream cannot be read. Always the upstream's fault, and always the end of its connection: the
/// client gets 502 where it has not seen a byte yet, else its own answer is cut off so that it cannot look complete.
public struct ResponseError: Error, Equatable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// Against the grammar, or with more than one reading.
        case malformed
        /// Legal, and of a kind that was not asked for: another version, transfer coding or protocol.
        case unsupported
        /// Over a limit of `ResponseLimits`.
        case tooLarge
        /// Bytes behind the end of the response, or content where none can be.
        case excess
        /// The connection ended before the response did.
        case truncated
    }

    public let kind: Kind
    /// For the log, not for the client.
    public let reason: StaticString

    public init(_ kind: Kind, _ reason: StaticString) {
        self.kind = kind
        self.reason = reason
    }

    /// What the request side calls the same defect; a `status` of its own names what a server would answer.
    init(_ error: HTTPError) {
        let kind: Kind =
            switch error.status {
            case 413, 414, 431: .tooLarge
            case 501, 505: .unsupported
            default: .malformed
            }
        self.init(kind, error.reason)
    }

    public static func == (left: ResponseError, right: ResponseError) -> Bool {
        left.kind == right.kind && left.reason.description == right.reason.description
    }
}
