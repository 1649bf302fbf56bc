// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A configuration for one test: everything is local, every port is free, two event loops at least.
public struct GatewaySetup: Sendable {
    public var servers: [(name: String, entry: JSONTree)] = []
    public var keys: [TestKey] = []
    public var access: [JSONTree] = []
    public var limits: JSONTree = [:]
    /// Members put over those that are made here.
    public var changes: JSONTree = [:]

    public init() {}

    /// A key that may do this on these servers.
    @discardableResult
    public mutating func addKey(
        _ id: String,
        allow: JSONTree? = nil,
        servers: [String] = ["*"],
        entry: JSONTree = [:]
    ) throws -> TestKey {
        let key = try TestKey.make(id, entry)
        keys.append(key)
        if let allow {
            let rule: JSONTree = [
                "id": "\(id)-rule", "servers": JSONTree(strings: servers), "to": ["key": .string(id)],
            ]
            access.append(rule.merging(["allow": allow]))
        }
        return key
    }

    public mutating func addServer(_ name: String, stdio: JSONTree, _ changes: JSONTree = [:]) {
        let entry: JSONTree = ["path": "/\(name)/mcp", "stdio": stdio]
        servers.append((name, entry.merging(changes)))
    }

    public mutating func addServer(_ name: String, http: JSONTree, _ changes: JSONTree = [:]) {
        let entry: JSONTree = ["path": "/\(name)/mcp", "http": http]
        servers.append((name, entry.merging(changes)))
    }

    public var json: JSONTree {
        var result: JSONTree = [
            "listen": [["address": "127.0.0.1:0"]],
            "admin": ["address": "127.0.0.1:0"],
            "threads": 2,
            "log": ["level": "debug", "format": "json"],
        ]
        result["authentication"] = ["api_keys": .array(keys.map(\.entry))]
        result["servers"] = .object(servers.map { JSONTree.Member(name: $0.name, value: $0.entry) })
        result["access"] = .array(access)
        if !limits.members.isEmpty { result["limits"] = limits }
        return result.merging(changes)
    }
}

/// The test server `scripted.py`: what it read and which calls it ran lie in a folder.
public final class ScriptedServer: Sendable {
    public let folder: TemporaryFolder
    /// Inherited by every process that comes of it.
    public let mark = "GATEHOUSE_TEST_MARK=" + UUID().uuidString

    public init() throws {
        folder = try TemporaryFolder()
        // The server may run as another account.
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
    }

    public func stdio(_ arguments: [String] = [], _ changes: JSONTree = [:]) -> JSONTree {
        let all = ["-I", "-S", Places.scriptedServer, "--record", folder.path] + arguments
        return marked(["command": .string(Places.python), "arguments": JSONTree(strings: all)]).merging(changes)
    }

    /// Another program under the same mark.
    public func marked(_ stdio: JSONTree) -> JSONTree {
        let value = String(mark.drop { $0 != "=" }.dropFirst())
        return stdio.merging(["environment": ["GATEHOUSE_TEST_MARK": .string(value)]])
    }

    public var processes: [ProcessTable.Entry] { ProcessTable.marked(mark) }

    /// How many processes were ever started.
    public var starts: Int { folder.names.filter { $0.hasSuffix(".stdin") }.count }

    /// Every byte that any of its processes read, process by process.
    public var received: [UInt8] { folder.names.filter { $0.hasSuffix(".stdin") }.flatMap { folder.read($0) } }

    /// The lines that its processes read.
    public var lines: [String] {
        received.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
    }

    public var messages: [JSONTree] { lines.compactMap { try? JSONTree(reading: $0) } }

    /// The messages with this method.
    public func messages(_ method: String) -> [JSONTree] { messages.filter { $0["method"].text == method } }

    /// Names of the tools that it ran, in order within a process.
    public var calls: [String] {
        folder.names.filter { $0.hasSuffix(".calls") }.flatMap { name in
            String(decoding: folder.read(name), as: UTF8.self).split(separator: "\n").map(String.init)
        }
    }
}
