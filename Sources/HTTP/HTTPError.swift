// SPDX-License-Identifier: Apache-2.0

/// Why a request cannot be read. Always the peer's fault, and always the end of its connection: answer with the
/// status, then close. Where the next message would begin is no longer known.
public struct HTTPError: Error, Equatable, Sendable {
    /// 400, 405, 413, 414, 417, 431, 501 or 505.
    public let status: Int
    /// For the log, not for the peer.
    public let reason: StaticString

    public init(_ status: Int, _ reason: StaticString) {
        self.status = status
        self.reason = reason
    }

    public static func == (left: HTTPError, right: HTTPError) -> Bool {
        left.status == right.status && left.reason.description == right.reason.description
    }
}
