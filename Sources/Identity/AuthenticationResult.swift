// SPDX-License-Identifier: Apache-2.0

import Bytes

/// The credentials of one request, as they came.
public struct PresentedCredentials: Sendable {
    /// The value of each `Authorization` line.
    public let authorization: [[UInt8]]
    /// The value of each `X-API-Key` line.
    public let apiKey: [[UInt8]]

    public init(authorization: [[UInt8]], apiKey: [[UInt8]]) {
        self.authorization = authorization
        self.apiKey = apiKey
    }
}

extension PresentedCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "‹redacted›" }
    public var debugDescription: String { "‹redacted›" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Who a request's credentials make its caller.
public enum AuthenticationResult: Sendable {
    case authenticated(Authenticated)
    /// No credential at all. The caller may go on where rules open a server to anyone.
    case none(Authenticated)
    /// A credential that is no good. Never anonymous.
    case refused(AuthenticationRefusal)
}

/// Why credentials were refused. The caller learns which case it is and nothing more: every `invalid` gets the same
/// answer. Reason and id are for the log.
public enum AuthenticationRefusal: Error, Sendable {
    /// 400: both headers, or one of them twice.
    case twoCredentials
    /// 401 `invalid_token`. The id is that of the entry, or the one an intact generated key claims; nil where there is
    /// none.
    case invalid(reason: StaticString, keyID: [UInt8]?)
}

extension AuthenticationRefusal: Hashable {
    public static func == (left: AuthenticationRefusal, right: AuthenticationRefusal) -> Bool {
        switch (left, right) {
        case (.twoCredentials, .twoCredentials): true
        case (.invalid(let reason, let id), .invalid(let otherReason, let otherID)):
            reason.bytes == otherReason.bytes && id == otherID
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        guard case .invalid(let reason, let id) = self else { return }
        hasher.combine(reason.bytes)
        hasher.combine(id)
    }
}

/// The reasons of `AuthenticationRefusal.invalid`, as the log says them.
enum RefusalReason: CaseIterable {
    // Of the header.
    case emptyCredential, otherScheme, possessionToken, unsafeBytes
    // Of the form.
    case tooLong, malformedKey, checksum, token, encryptedToken
    // Of the look-up.
    case unknownID, wrongKey, unknownKey
    // Of the life cycle.
    case disabled, notYetValid, expired, hashExpired, otherServer, otherAddress

    var sentence: StaticString {
        switch self {
        case .emptyCredential: "empty credential"
        case .otherScheme: "authorization scheme is not Bearer"
        case .possessionToken: "DPoP token not accepted here"
        case .unsafeBytes: "credential with a byte that is not visible ASCII"
        case .tooLong: "API key over 512 bytes"
        case .malformedKey: "malformed API key"
        case .checksum: "API key with a wrong checksum"
        case .token: "token not accepted here"
        case .encryptedToken: "encrypted token"
        case .unknownID: "no API key has this id"
        case .wrongKey: "not the API key of this id"
        case .unknownKey: "unknown API key"
        case .disabled: "API key disabled"
        case .notYetValid: "API key not yet valid"
        case .expired: "API key expired"
        case .hashExpired: "rotated API key expired"
        case .otherServer: "API key not for this server"
        case .otherAddress: "API key not from this address"
        }
    }

    func refusal(keyID: [UInt8]? = nil) -> AuthenticationRefusal {
        .invalid(reason: sentence, keyID: keyID)
    }
}
