// SPDX-License-Identifier: Apache-2.0

import Bytes
import JSON

/// What a Bearer value is, told by its form, once, without falling through to another reading (semantics 1).
enum CredentialForm: Equatable {
    /// `ghk_…`: an API key and nothing else, well made or not.
    case generatedKey
    /// Three base64url parts, the first a JSON object with a string `alg`: a JWT and nothing else.
    case token
    /// Five parts: an encrypted token (JWE), which nothing here can open.
    case encryptedToken
    /// An imported key, if anything.
    case other

    static func of(_ value: Span<UInt8>) -> CredentialForm {
        guard !value.starts(with: "ghk_") else { return .generatedKey }
        var dots: [Int] = []
        for index in value.indices where value[index] == 0x2E {
            dots.append(index)
            guard dots.count < 5 else { return .other }
        }
        switch dots.count {
        case 2: return isToken(value, firstDot: dots[0], secondDot: dots[1]) ? .token : .other
        case 4: return .encryptedToken
        default: return .other
        }
    }

    /// Whether every byte is visible ASCII: what a header carries unchanged through every hop.
    static func isVisibleASCII(_ value: Span<UInt8>) -> Bool {
        for index in value.indices where value[index] < 0x21 || value[index] > 0x7E { return false }
        return true
    }

    private static func isToken(_ value: Span<UInt8>, firstDot: Int, secondDot: Int) -> Bool {
        let claims = value.extracting((firstDot + 1)..<secondDot)
        let signature = value.extracting((secondDot + 1)...)
        guard !claims.isEmpty, Base64URL.decode(claims) != nil, !signature.isEmpty, Base64URL.decode(signature) != nil,
            let header = Base64URL.decode(value.extracting(..<firstDot))
        else { return false }
        return isTokenHeader(header)
    }

    /// A JSON object with a string `alg`, read strictly: what has two readings is no header.
    private static func isTokenHeader(_ header: [UInt8]) -> Bool {
        guard let document = try? JSONDocument(header) else { return false }
        return document.root["alg"]?.kind == .string
    }
}
