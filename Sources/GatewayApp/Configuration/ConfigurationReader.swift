// SPDX-License-Identifier: Apache-2.0

import Bytes
import Identity
import JSON
import Policy
import Telemetry

/// Reads a configuration: the files' bytes in, the checked configuration and everything that is wrong with it out.
struct ConfigurationReader {
    struct Outcome {
        /// Nil where there is an error.
        let configuration: GatewayConfiguration?
        /// In the order of the files and of the lines in them.
        let problems: [ConfigProblem]

        var hasWarnings: Bool { problems.contains { $0.severity == .warning } }
    }

    /// Reads the file at `path` and every file that it includes. Nothing is started, opened or contacted.
    static func read(_ path: [UInt8], _ files: any ConfigurationFiles, isOffline: Bool = false) -> Outcome {
        let context = ConfigurationContext(files: files, isOffline: isOffline)
        let configuration = ConfigurationReader(context: context).read(path)
        let isGood = context.report.errorCount == 0
        return Outcome(configuration: isGood ? configuration : nil, problems: context.report.problems)
    }

    let context: ConfigurationContext
    var report: ConfigReport { context.report }

    private func read(_ path: [UInt8]) -> GatewayConfiguration? {
        guard let root = readFiles(path), let object = root.object(ConfigurationKeys.root) else { return nil }
        let given = object["public_url"].flatMap(readPublicURL)
        let listeners = readListeners(object, publicURL: given)
        let servers = readServers(object)
        let keys = readKeys(object["authentication"], servers: servers)
        let access = readAccess(object["access"], servers: servers, keys: keys)
        let admin = readAdmin(object["admin"], listeners: listeners)
        let allowedHosts = object["allowed_hosts"].flatMap(readAllowedHosts)
        let allowedOrigins = object["allowed_origins"].map(readAllowedOrigins) ?? []
        let trustedProxies = readTrustedProxies(object["trusted_proxies"], listeners: listeners)
        let sessionKeys = readSessionKeys(object["sessions"])
        let log = readLog(object["log"])
        let limits = readLimits(object["limits"])
        let threads = object.integer("threads", default: 0, 0...Self.threadsMax)
        guard let first = listeners.first else { return nil }
        let url = given ?? PublicURLText.origin(of: first.address, isTLS: first.isTLS)
        reviewListeners(listeners, hasPublicURL: object["public_url"] != nil, hasHosts: object["allowed_hosts"] != nil)
        return GatewayConfiguration(
            publicURL: url,
            publicURLIsGiven: given != nil,
            listeners: listeners.map(\.configuration),
            admin: admin,
            threads: threads,
            allowedHosts: allowedHosts ?? Self.defaultHosts(url, listeners),
            allowedOrigins: allowedOrigins,
            trustedProxies: trustedProxies,
            keys: keys.map(\.entry),
            servers: servers.map(\.configuration),
            access: access,
            sessionKeys: sessionKeys,
            log: log,
            limits: limits,
            hash: context.hash()
        )
    }

    /// The most event loops.
    static let threadsMax = 256

    /// All files as one node. Nil where one of them is no JSON: what is missing then may stand there.
    private func readFiles(_ path: [UInt8]) -> ConfigNode? {
        var seen: [[UInt8]: ConfigPlace?] = [path: nil]
        var queue: [(path: [UInt8], place: ConfigPlace?)] = [(path, nil)]
        var values: [ConfigValue] = []
        var index = 0
        while index < queue.count {
            let (next, place) = queue[index]
            index += 1
            guard let node = context.load(next, namedAt: place) else { continue }
            guard node.isObject() else { continue }
            values += node.values
            if let schema = node.member("$schema") { _ = schema.text() }
            guard let include = node.member("include") else { continue }
            for (path, place) in context.expand(include) {
                if let first = seen[path] {
                    let where_ = first.map { " at \($0.text)" } ?? ": it is the main file"
                    report.error(place, "\(ConfigText.quoted(path)) is already read\(where_); include a file once")
                    continue
                }
                seen[path] = place
                queue.append((path, place))
            }
        }
        guard !values.isEmpty, !context.isIncomplete || report.errorCount == 0 else { return nil }
        return ConfigNode(key: nil, values: values, report: report)
    }
}

extension ConfigNode {
    /// Whether this is an object; reported where it is not.
    func isObject() -> Bool {
        guard kind == .object else {
            error("a configuration file holds one object: { … }")
            return false
        }
        return true
    }

    /// A member of one file's object, not merged.
    func member(_ key: StaticString) -> ConfigNode? {
        guard let value = values.first, let json = value.json[key] else { return nil }
        let values = [ConfigValue(json: json, file: value.file)]
        return ConfigNode(key: key.description, values: values, report: report)
    }
}
