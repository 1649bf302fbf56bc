// SPDX-License-Identifier: Apache-2.0

import Bytes
import HTTP
import JSON

extension ConfigurationReader {
    /// The most fields that a configuration may add to the requests of one server, and the size of each, in bytes.
    static let injectedHeadersMax = 64
    static let injectedNameBytesMax = 256
    static let injectedValueBytesMax = 8192

    /// How the server is reached: exactly one way.
    func readUpstream(_ server: ConfigObject) -> UpstreamConfiguration? {
        let stdio = server["stdio"].flatMap { $0.values.isEmpty ? nil : $0 }
        let http = server["http"].flatMap { $0.values.isEmpty ? nil : $0 }
        switch (stdio, http) {
        case (let stdio?, nil): return readStdio(stdio).map { .stdio($0) }
        case (nil, let http?): return readHTTP(http).map { .http($0) }
        case (_?, let http?):
            http.error("a server has either \"stdio\" or \"http\"; keep one of them, or make two servers")
            return nil
        case (nil, nil):
            let isLater = server.node.values.contains { $0.json["sse"] != nil }
            if !isLater {
                server.node.error(
                    "\"stdio\" or \"http\" is missing; write for example \"stdio\": "
                        + "{ \"command\": \"calculator-server\" } or "
                        + "\"http\": { \"url\": \"http://127.0.0.1:3001/mcp\" }"
                )
            }
            return nil
        }
    }

    private func readHTTP(_ node: ConfigNode) -> HTTPUpstreamConfiguration? {
        guard let object = node.object(ConfigurationKeys.http) else { return nil }
        let url = object.required("url", write: "\"http://127.0.0.1:3001/mcp\"").flatMap(readUpstreamURL)
        var upstream = url ?? Self.someUpstream
        readHTTPBehaviour(object, &upstream)
        if let url, !url.usesTLS {
            upstream.tls = nil
            if let own = object["tls"], !own.values.isEmpty {
                own.error("\"tls\" has no effect on a server over http; write https in its \"url\", or remove this")
            }
        }
        return url == nil ? nil : upstream
    }

    /// Everything about an upstream but its URL.
    func readHTTPBehaviour(_ object: ConfigObject, _ upstream: inout HTTPUpstreamConfiguration) {
        upstream.headers = readInjectedHeaders(object["headers"], upstream)
        upstream.tls = object["tls"].flatMap(readUpstreamTLS)
        guard let connections = object["connections"]?.object(ConfigurationKeys.connections) else { return }
        upstream.connectionsMaximum = connections.integer("maximum", default: 256, 1...100_000)
        upstream.connectionIdle = connections.duration(
            "idle",
            default: upstream.connectionIdle,
            Nanoseconds.lifetimes
        )
    }

    /// Stands in where there is no URL, so that everything else is checked all the same.
    static var someUpstream: HTTPUpstreamConfiguration {
        HTTPUpstreamConfiguration(usesTLS: false, host: [0x61], name: [0x61], port: 80, target: [0x2F])
    }

    private func readUpstreamURL(_ node: ConfigNode) -> HTTPUpstreamConfiguration? {
        guard let text = node.text(bytesMax: 2048, such: "http://127.0.0.1:3001/mcp") else { return nil }
        do {
            return try UpstreamURLText.parse(text)
        } catch {
            // What stands before an @ may be a password, and what follows a ? a key.
            let shown = text.contains(0x40) ? "it" : ConfigText.quoted(Array(text.prefix { $0 != 0x3F }))
            node.error("\(node.name): \(shown) is no URL of a server: \(Self.sentence(error))")
            return nil
        }
    }

    private static func sentence(_ problem: UpstreamURLText.Problem) -> String {
        switch problem {
        case .scheme: "it begins with http:// or https://"
        case .host:
            "write a host name or an address behind the scheme, as in \"http://127.0.0.1:3001/mcp\" or "
                + "\"http://[::1]:3001/mcp\""
        case .port: "the port must be a number from 1 to 65535"
        case .userInfo: "take user name and password out, and write \"headers\": { \"Authorization\": … }"
        case .fragment: "take the # and what follows it away; it is never sent"
        case .target: "write path and query as they are sent, with %20 for a space and so on"
        }
    }

    private func readInjectedHeaders(
        _ node: ConfigNode?,
        _ upstream: HTTPUpstreamConfiguration
    ) -> [(name: [UInt8], value: [UInt8])] {
        guard let node, let entries = node.entries() else { return [] }
        guard entries.count <= Self.injectedHeadersMax else {
            node.error("more than \(Self.injectedHeadersMax) headers; leave some out")
            return []
        }
        var found: [(name: [UInt8], value: [UInt8])] = []
        var places: [[UInt8]: ConfigPlace] = [:]
        for entry in entries {
            let name = entry.name.map { ASCII.lower($0) }
            if let first = places[name] {
                let shown = ConfigText.quoted(entry.name)
                report.error(
                    entry.place,
                    "\(shown) is already written at \(first.text), and letter case does not count; keep one of them"
                )
                continue
            }
            places[name] = entry.place
            guard let field = readInjectedHeader(entry, upstream) else { continue }
            found.append(field)
        }
        return found
    }

    private func readInjectedHeader(
        _ entry: ConfigEntry,
        _ upstream: HTTPUpstreamConfiguration
    ) -> (name: [UInt8], value: [UInt8])? {
        let shown = ConfigText.quoted(entry.name)
        guard (1...Self.injectedNameBytesMax).contains(entry.name.count), UpstreamField.isToken(entry.name.span) else {
            report.error(
                entry.place,
                "\(shown) is no name of a header; write letters, digits and -, as in \"X-Tenant\""
            )
            return nil
        }
        guard UpstreamURLText.problem(of: upstream, field: (entry.name, [])) == nil else {
            report.error(
                entry.place,
                "\(shown) cannot be set: the gateway writes it itself, or it belongs to one connection; take it away"
            )
            return nil
        }
        guard let value = readHeaderValue(entry) else { return nil }
        let isGood = UpstreamURLText.problem(of: upstream, field: (entry.name, value)) == nil
        guard isGood, value.count <= Self.injectedValueBytesMax else {
            entry.node.error(
                "the value of \(shown) is no value of a header: at most \(Self.injectedValueBytesMax) bytes, on one "
                    + "line, without tabs and other control characters"
            )
            return nil
        }
        return (entry.name, value)
    }

    /// A plain setting may stand as a string; one whose name says that it is a secret is warned of.
    private func readHeaderValue(_ entry: ConfigEntry) -> [UInt8]? {
        guard entry.node.kind == .string else { return readSecret(entry.node) }
        guard let value = entry.node.single()?.string else { return nil }
        guard Self.soundsSecret(entry.name), !value.isEmpty else { return value }
        return readSecret(entry.node)
    }

    /// Whether a header of this name usually holds something that others must not read.
    private static func soundsSecret(_ name: [UInt8]) -> Bool {
        let name = name.map { ASCII.lower($0) }
        let words: [StaticString] = [
            "authorization", "cookie", "token", "secret", "password", "credential", "api-key", "apikey", "-key",
        ]
        return words.contains { FilePattern.matches([0x2A] + $0.bytes + [0x2A], name) }
    }
}
