// SPDX-License-Identifier: Apache-2.0

import HTTP
import MCP
import Policy
import Sessions

/// Every reason why the gateway answers a request itself, sorted by whose fault it is. `Responses.swift` says what the
/// caller is told.
enum Refusal: Error {
    // The request's.
    case malformedHTTP(HTTPError)
    /// `client_address_from` names a field that cannot be read.
    case badForwardedAddress(ForwardedError)
    case encodedBody
    case bodyTooLarge
    case methodNotAllowed(allow: StaticString)
    case wrongHost
    case originNotAllowed
    case noEndpoint
    case notAcceptable
    case unsupportedMediaType
    case unreadableBody(MCPError)
    case batchNotAllowed
    case elementRefused
    case unsupportedVersion(requested: [UInt8])
    case missingSession
    case initializeInSession
    case idInUse
    case noSuchServerRequest
    case streamTaken
    case unknownEvent
    case slowRequest

    // The caller's.
    case noCredentials
    case badCredentials
    case twoCredentials
    case noAccess
    case unknownSession
    case denied(Denial, explain: Bool)

    // The client's own wish.
    case cancelled

    // The gateway's limits.
    case full(StaticString)
    case overloaded

    // The server's.
    case upstreamFailed
    case upstreamNonsense
    case upstreamTooSlow
    case upstreamUnreachable
    case upstreamBusy(retryAfter: Int?)
    /// Its own refusal of the message, shown as it is.
    case upstreamRefused(UpstreamRefusal)
}
