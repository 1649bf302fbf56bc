// SPDX-License-Identifier: Apache-2.0

import Bytes
import JSON

/// A server, and where its name stands.
struct PlacedServer {
    let configuration: ServerConfiguration
    let place: ConfigPlace
}

extension ConfigurationReader {
    /// The longest name of a server, key or rule, in bytes.
    static let nameBytesMax = 64

    func readServers(_ root: ConfigObject) -> [PlacedServer] {
        let defaults = root["server_defaults"]
        if let defaults { readServerDefaults(defaults) }
        let example = "{ \"calculator\": { \"stdio\": { \"command\": \"calculator-server\" } } }"
        guard let node = root.required("servers", write: example), let entries = node.entries() else { return [] }
        guard !entries.isEmpty else {
            node.error("\"servers\" is empty; write for example \"servers\": \(example)")
            return []
        }
        var found: [PlacedServer] = []
        var paths: [[UInt8]: ConfigPlace] = [:]
        for entry in entries {
            guard let server = readServer(entry, defaults: defaults) else { continue }
            if let first = paths[server.path] {
                report.error(
                    entry.place,
                    "\(ConfigText.quoted(entry.name)) has the path \(ConfigText.quoted(server.path)) of the server "
                        + "at \(first.text); give it another \"path\""
                )
            }
            paths[server.path] = paths[server.path] ?? entry.place
            found.append(PlacedServer(configuration: server, place: entry.place))
        }
        return found
    }

    /// Checks `server_defaults` by itself, so that its mistakes are told also where every server overrides them.
    private func readServerDefaults(_ node: ConfigNode) {
        guard let object = node.object(ConfigurationKeys.serverDefaults) else { return }
        readBehaviour(object)
        _ = object["forward_identity"]?.bool()
        if let stdio = object["stdio"]?.object(ConfigurationKeys.stdioDefaults) { _ = readChild(stdio, command: []) }
        if let http = object["http"]?.object(ConfigurationKeys.httpDefaults) {
            var upstream = Self.someUpstream
            readHTTPBehaviour(http, &upstream)
        }
    }

    private func readServer(_ entry: ConfigEntry, defaults: ConfigNode?) -> ServerConfiguration? {
        if !Self.isName(entry.name) {
            report.error(
                entry.place,
                "\(ConfigText.quoted(entry.name)) is no name for a server; write 1 to \(Self.nameBytesMax) letters, "
                    + "digits, \".\", \"_\" or \"-\", not only dots"
            )
        }
        guard let object = entry.node.falling(back: defaults).object(ConfigurationKeys.server) else { return nil }
        let behaviour = readBehaviour(object)
        let path = object["path"].flatMap(readPath) ?? [0x2F] + entry.name + [UInt8]("/mcp")
        let forwardIdentity = object["forward_identity"]?.bool() ?? false
        guard let upstream = readUpstream(object) else { return nil }
        if case .stdio = upstream, let own = object["forward_identity"], !own.values.isEmpty, forwardIdentity {
            own.error(
                "\"forward_identity\" is for servers with \"http\": a process reads no headers; take it away"
            )
        }
        return ServerConfiguration(
            name: entry.name,
            path: path,
            upstream: upstream,
            timeouts: behaviour.timeouts,
            denials: behaviour.denials,
            errorStatus: behaviour.errorStatus,
            serverRequests: behaviour.serverRequests,
            forwardIdentity: forwardIdentity
        )
    }

    /// Letters, digits, `.`, `_` and `-`; not `.` or `..`, which a path would not keep.
    static func isName(_ name: [UInt8]) -> Bool {
        guard (1...nameBytesMax).contains(name.count), !name.allSatisfy({ $0 == 0x2E }) else { return false }
        return name.allSatisfy { byte in
            ASCII.isLetter(byte) || ASCII.isDigit(byte) || byte == 0x2E || byte == 0x5F || byte == 0x2D
        }
    }

    private struct Behaviour {
        var timeouts: TimeoutConfiguration
        var denials: ServerConfiguration.Denials
        var errorStatus: ServerConfiguration.ErrorStatus
        var serverRequests: ServerRequests
    }

    @discardableResult
    private func readBehaviour(_ object: ConfigObject) -> Behaviour {
        readMethods(object["authenticate"])
        return Behaviour(
            timeouts: readTimeouts(object["timeouts"]),
            denials: object["denials"]?.choice([("hide", .hide), ("explain", .explain)]) ?? .hide,
            errorStatus: object["error_status"]?.choice([("compatible", .compatible), ("http", .http)]) ?? .compatible,
            serverRequests: readServerRequests(object["server_requests"])
        )
    }

    /// There is one method in this version, so a list of it says nothing new.
    private func readMethods(_ node: ConfigNode?) {
        for (element, _) in node?.textNodes() ?? [] {
            _ = element.choice([("api_key", true)], later: ["token"])
        }
    }

    private func readServerRequests(_ node: ConfigNode?) -> ServerRequests {
        guard let node else { return [.sampling, .elicitation, .roots] }
        var requests: ServerRequests = []
        for (element, _) in node.textNodes(mayBeEmpty: true) ?? [] {
            let words: [(StaticString, ServerRequests)] = [
                ("sampling", .sampling), ("elicitation", .elicitation), ("roots", .roots),
            ]
            requests.formUnion(element.choice(words) ?? [])
        }
        return requests
    }

    private func readTimeouts(_ node: ConfigNode?) -> TimeoutConfiguration {
        var timeouts = TimeoutConfiguration()
        guard let object = node?.object(ConfigurationKeys.timeouts) else { return timeouts }
        timeouts.connect = object.duration("connect", default: timeouts.connect, Nanoseconds.timeouts)
        timeouts.response = object.duration("response", default: timeouts.response, Nanoseconds.timeouts)
        timeouts.streamPing = object.duration("stream_ping", default: timeouts.streamPing, Nanoseconds.timeouts)
        if let maximum = object["stream_maximum"], maximum.isWord("none") == false {
            timeouts.streamMaximum = maximum.duration(Nanoseconds.lifetimes, orWord: "none")
        }
        return timeouts
    }

    /// A path is compared byte for byte, so it holds only what has one spelling.
    private func readPath(_ node: ConfigNode) -> [UInt8]? {
        guard let path = node.text(bytesMax: 1024, such: "/calculator/mcp") else { return nil }
        guard path.first == 0x2F else {
            node.error("\(node.name) must begin with /: write \(ConfigText.quoted([0x2F] + path))")
            return nil
        }
        if let bad = path.first(where: { !Self.isPathByte($0) }) {
            let shown =
                (0x21..<0x7F).contains(bad) ? ConfigText.quoted([bad]) : "a space, or a byte that is no visible ASCII"
            node.error(
                "\(node.name) holds \(shown); write only letters, digits and / - . _ ~ ! $ & ' ( ) * + , ; = : @"
            )
            return nil
        }
        let steps = path.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false).map { Array($0) }
        guard !steps.dropLast().contains(where: \.isEmpty),
            !steps.contains(where: { $0.equals(".") || $0.equals("..") })
        else {
            node.error("\(node.name) holds //, /./ or /../; write the path without them")
            return nil
        }
        guard steps.first?.equals(".well-known") != true else {
            node.error("\(node.name) begins with /.well-known, which belongs to the gateway; write another path")
            return nil
        }
        return path
    }

    /// What RFC 3986 allows in a path, but for percent-encoding.
    private static func isPathByte(_ byte: UInt8) -> Bool {
        if ASCII.isLetter(byte) || ASCII.isDigit(byte) { return true }
        return StaticString("/-._~!$&'()*+,;=:@").bytes.contains(byte)
    }
}
