// SPDX-License-Identifier: Apache-2.0

import Bytes

/// What an upstream is told of a caller, where `forward_identity` says so.
extension Authenticated {
    /// The fields for a request to an upstream: the subject, and the roles if there are any. None for the
    /// unauthenticated, about whom nothing is known. A key has no issuer.
    /// > semantics 6: "percent-encoded, roles joined by `,` after encoding"
    public var forwardedFields: [(name: StaticString, value: [UInt8])] {
        guard !isAnonymous else { return [] }
        var fields: [(name: StaticString, value: [UInt8])] = []
        fields.append(("X-Gatehouse-Subject", PercentText.encode(principal.subject)))
        if !roles.isEmpty {
            fields.append(("X-Gatehouse-Roles", Array(roles.map(PercentText.encode).joined(separator: [0x2C]))))
        }
        return fields
    }
}

/// Percent-encoding (RFC 3986, section 2.1).
enum PercentText {
    /// Everything but `unreserved` characters is encoded, so that a comma, a space or a line break in a name is none in
    /// the field.
    static func encode(_ text: [UInt8]) -> [UInt8] {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(text.count)
        for byte in text {
            guard !isUnreserved(byte) else {
                encoded.append(byte)
                continue
            }
            encoded.append(0x25)
            encoded.append(digit(byte >> 4))
            encoded.append(digit(byte & 15))
        }
        return encoded
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        ASCII.isLetter(byte) || ASCII.isDigit(byte) || byte == 0x2D || byte == 0x2E || byte == 0x5F || byte == 0x7E
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x37 + value }
}
