// SPDX-License-Identifier: Apache-2.0

import Bytes
import JSON

/// An address to listen on, and where it stands.
struct PlacedListener {
    var configuration: ListenerConfiguration
    let place: ConfigPlace
    /// Where it says that proxies are believed.
    var trustNodes: [ConfigNode] = []

    var address: ListenAddress { configuration.address }
    var isTLS: Bool { configuration.tls.isWanted }
}

extension ConfigurationReader {
    func readListeners(_ root: ConfigObject, publicURL: PublicURL?) -> [PlacedListener] {
        let example = "[ { \"address\": \"127.0.0.1:8080\" } ]"
        guard let node = root.required("listen", write: example), let elements = node.elements() else { return [] }
        guard !elements.isEmpty else {
            node.error("\"listen\" is an empty list; write \"listen\": \(example)")
            return []
        }
        var found: [PlacedListener] = []
        for element in elements {
            guard let object = element.object(ConfigurationKeys.listen),
                let address = object.required("address", write: "\"127.0.0.1:8080\"").flatMap(readAddress)
            else { continue }
            var listener = readForwarding(object, address)
            if let tls = object["tls"] {
                listener.configuration.tls = readListenerTLS(tls, address: address.address, publicURL: publicURL)
            }
            if let twin = found.first(where: { Self.overlap($0.address, address.address) }) {
                report.error(address.place, "this address is already listened on at \(twin.place.text); remove one")
                continue
            }
            found.append(listener)
        }
        return found
    }

    /// The admin address must be one of this machine's own: without TLS and token, anybody who reaches it may use it.
    func readAdmin(_ node: ConfigNode?, listeners: [PlacedListener]) -> ListenAddress? {
        guard let object = node?.object(ConfigurationKeys.admin),
            let admin = object.required("address", write: "\"127.0.0.1:9901\"").flatMap(readAddress)
        else { return nil }
        guard admin.address.address.isLoopback else {
            report.error(
                admin.place,
                "the admin address must be a loopback address; write for example \"127.0.0.1:9901\""
            )
            return nil
        }
        if let twin = listeners.first(where: { Self.overlap($0.address, admin.address) }) {
            report.error(admin.place, "this address is already listened on at \(twin.place.text); take another port")
        }
        return admin.address
    }

    /// Whether a connection could reach either: the same port, and the same address or one that stands for all of its
    /// family. `::` is IPv6 alone here, as where it is bound.
    private static func overlap(_ left: ListenAddress, _ right: ListenAddress) -> Bool {
        guard left.port == right.port, left.port != 0, left.address.isV4 == right.address.isV4 else { return false }
        return left.address == right.address || isAny(left.address) || isAny(right.address)
    }

    private static func isAny(_ address: IPAddress) -> Bool {
        address == IPAddress(v4: 0) || address == IPAddress(high: 0, low: 0)
    }

    private func readAddress(_ node: ConfigNode) -> PlacedListener? {
        guard let text = node.text(bytesMax: 300, such: "127.0.0.1:8080"), let place = node.place else { return nil }
        do {
            let configuration = ListenerConfiguration(address: try AddressText.listen(text))
            return PlacedListener(configuration: configuration, place: place)
        } catch {
            report.error(place, "\(ConfigText.quoted(text)) is no address to listen on: \(Self.sentence(error))")
            return nil
        }
    }

    private static func sentence(_ error: AddressText.ListenError) -> String {
        switch error {
        case .noPort: "the port is missing; write for example \"127.0.0.1:8080\""
        case .badPort: "the port must be a number from 0 to 65535, without leading zeros"
        case .hostName:
            "write an IP address, as in \"127.0.0.1:8080\" or \"[::1]:8080\"; of names only localhost is taken"
        case .bareV6: "an IPv6 address stands in brackets, as in \"[::1]:8080\""
        case .allAddresses: "for all addresses write \"0.0.0.0:8080\" or \"[::]:8080\""
        }
    }

    func readPublicURL(_ node: ConfigNode) -> PublicURL? {
        guard let text = node.text(bytesMax: 300, such: "https://mcp.example.com") else { return nil }
        do {
            return try PublicURLText.parse(text)
        } catch {
            // What stands before an @ may be a password.
            let shown = text.contains(0x40) ? "it" : ConfigText.quoted(text)
            node.error("\(node.name): \(shown) is no origin: \(Self.sentence(error))")
            return nil
        }
    }

    private static func sentence(_ error: PublicURLText.Problem) -> String {
        switch error {
        case .scheme: "it begins with https:// or http://"
        case .host: "write a host name or an address behind the scheme, as in \"https://mcp.example.com\""
        case .port: "the port must be a number from 1 to 65535"
        case .userInfo: "take user name and password out"
        case .more: "nothing follows host and port, not even a slash; write for example \"https://mcp.example.com\""
        }
    }

    func readAllowedHosts(_ node: ConfigNode) -> [AllowedHost]? {
        node.textNodes(bytesMax: 300)?.compactMap { element, text in
            do {
                let (host, port) = try PublicURLText.split(text)
                return AllowedHost(host: host, port: port)
            } catch {
                let shown = text.contains(0x40) ? "this" : ConfigText.quoted(text)
                element.error(
                    "\(shown) is no host; write a name or an address and perhaps a port, "
                        + "as in \"mcp.example.com\" or \"[::1]:8080\", without scheme or wildcard"
                )
                return nil
            }
        }
    }

    /// The public URL's host, and the loopback names where there is a loopback listener, on any port.
    static func defaultHosts(_ url: PublicURL, _ listeners: [PlacedListener]) -> [AllowedHost] {
        var hosts = [url.host]
        if listeners.contains(where: { $0.address.address.isLoopback }) {
            hosts += [[UInt8]("127.0.0.1"), [UInt8]("localhost"), [UInt8]("[::1]")]
        }
        for listener in listeners where listener.address.address.isLoopback {
            hosts.append(PublicURLText.hostText(listener.address.address))
        }
        var seen: Set<[UInt8]> = []
        return hosts.filter { seen.insert($0).inserted }.map { AllowedHost(host: $0, port: nil) }
    }

    func reviewListeners(_ listeners: [PlacedListener], hasPublicURL: Bool, hasHosts: Bool) {
        for listener in listeners where !listener.address.address.isLoopback {
            if !listener.isTLS {
                report.warning(
                    listener.place,
                    "plain HTTP on an address that others can reach: keys can be read on the way; write \"tls\", "
                        + "or listen on 127.0.0.1 behind something that ends TLS"
                )
            }
            if Self.isAny(listener.address.address), !hasPublicURL, !hasHosts {
                report.warning(
                    listener.place,
                    "requests to this machine's names and addresses will be refused (421); write \"public_url\", "
                        + "or \"allowed_hosts\""
                )
            }
        }
    }
}
