// SPDX-License-Identifier: Apache-2.0

import Bytes
import HTTP
import JSON

/// What stands in front of the gateway: proxies and browsers.
extension ConfigurationReader {
    static let trustedProxiesMax = 1024
    static let allowedOriginsMax = 1024

    /// `proxy_protocol` and `client_address_from` of one listener.
    func readForwarding(_ object: ConfigObject, _ listener: PlacedListener) -> PlacedListener {
        var listener = listener
        if let node = object["proxy_protocol"], node.bool() == true {
            listener.configuration.proxyProtocol = true
            listener.trustNodes.append(node)
        }
        let words: [(StaticString, ForwardedField?)] = [
            ("none", nil), ("forwarded", .forwarded), ("x-forwarded-for", .xForwardedFor),
        ]
        if let node = object["client_address_from"], let field = node.choice(words) ?? nil {
            listener.configuration.clientAddressFrom = field
            listener.trustNodes.append(node)
        }
        return listener
    }

    func readTrustedProxies(_ node: ConfigNode?, listeners: [PlacedListener]) -> [AddressRange] {
        let ranges = node.flatMap { readRanges($0, mayBeEmpty: true) } ?? []
        let elements = node?.kind == .array ? node?.elements() ?? [] : []
        if elements.count > Self.trustedProxiesMax {
            node?.error("more than \(Self.trustedProxiesMax) blocks; write larger ones")
        }
        for (element, range) in zip(elements, ranges) where elements.count == ranges.count {
            guard range.prefixLength <= (range.base.isV4 ? 96 : 0) else { continue }
            element.warning("everybody is a trusted proxy then, and may claim any address")
        }
        guard ranges.isEmpty, report.errorCount == 0 else { return ranges }
        for node in listeners.flatMap(\.trustNodes) {
            let effect =
                node.key == "proxy_protocol"
                ? "every connection to this listener will be refused" : "the header will never be believed"
            node.warning("there are no \"trusted_proxies\", so \(effect); name the proxies in front")
        }
        return ranges
    }

    func readAllowedOrigins(_ node: ConfigNode) -> [[UInt8]] {
        let elements = node.textNodes(bytesMax: 300, mayBeEmpty: true) ?? []
        if elements.count > Self.allowedOriginsMax { node.error("more than \(Self.allowedOriginsMax) origins") }
        return elements.compactMap { element, text in
            do throws(OriginText.Problem) {
                return try OriginText.parse(text)
            } catch {
                // What stands before an @ may be a password.
                let shown = text.contains(0x40) ? "this" : ConfigText.quoted(text)
                element.error("\(shown) is no origin: \(Self.sentence(error))")
                return nil
            }
        }
    }

    private static func sentence(_ problem: OriginText.Problem) -> String {
        switch problem {
        case .wildcard: "origins are written in full, without *; name each one, as in \"https://app.example.com\""
        case .null: "null stands for pages of no origin, which anybody can make; take it away"
        case .scheme: "it begins with a scheme, as in \"https://app.example.com\""
        case .host: "write a host name or an address behind the scheme, as in \"https://app.example.com\""
        case .port: "the port must be a number from 1 to 65535"
        case .userInfo: "take user name and password out"
        case .more: "nothing follows host and port, not even a slash; write for example \"https://app.example.com\""
        }
    }
}
