// SPDX-License-Identifier: Apache-2.0

import Bytes
import Foundation
import JSON

@testable import GatewayApp

/// A machine in memory: `tool` in PATH, the directory `/etc/gatehouse` to work in, and what a test puts there.
struct MemoryFiles: ConfigurationFiles {
    var texts: [String: [UInt8]] = ["plain": [], "object.json": Array("{}".utf8)]
    var variables = [
        "PATH": "/opt/none:/usr/bin", "SHORT": "abcdefghijkl", "EMPTY": "", "LONG": String(repeating: "y", count: 40),
    ]
    var programs: Set<String> = ["/usr/bin/tool"]
    var directories: Set<String> = ["/etc/gatehouse", "/etc/gatehouse/sub", "/srv"]
    var readableByAll: Set<String> = []
    var permissions: [String: UInt16] = [:]
    var users: Set<String> = ["mcp"]
    /// 2026-11-25.
    var now = 1_795_600_000
    var programDirectory: [UInt8]?

    let workingDirectory = [UInt8]("/etc/gatehouse")

    init(_ texts: [String: String] = [:]) {
        for (name, text) in texts { self.texts[name] = Array(text.utf8) }
    }

    /// Relative and absolute paths name the same files.
    private func name(_ path: [UInt8]) -> String {
        let text = String(decoding: path, as: UTF8.self)
        let prefix = "/etc/gatehouse/"
        return text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
    }

    func read(_ path: [UInt8]) -> FileReading {
        texts[name(path)].map { .bytes($0) } ?? .failed("no such file")
    }

    func names(in directory: [UInt8]) -> [[UInt8]]? {
        let prefix = name(directory) == "./" || name(directory) == "." ? "" : name(directory)
        let inside = texts.keys.filter { $0.hasPrefix(prefix) && !$0.dropFirst(prefix.count).contains("/") }
        return inside.map { Array($0.dropFirst(prefix.count).utf8) }
    }

    func facts(_ path: [UInt8]) -> FileFacts? {
        let text = String(decoding: path, as: UTF8.self)
        let bare = text.count > 1 && text.hasSuffix("/") ? String(text.dropLast()) : text
        if directories.contains(bare) { return FileFacts(isDirectory: true) }
        if programs.contains(text) { return FileFacts(isExecutable: true) }
        guard texts[name(path)] != nil else { return nil }
        return FileFacts(
            isReadableByAll: readableByAll.contains(name(path)),
            permissions: permissions[name(path)] ?? 0o600
        )
    }

    func environment(_ name: [UInt8]) -> [UInt8]? {
        variables[String(decoding: name, as: UTF8.self)].map { Array($0.utf8) }
    }

    func hasUser(_ name: [UInt8]) -> Bool { users.contains(String(decoding: name, as: UTF8.self)) }
}

extension MemoryFiles {
    /// Reads `gateway.json`.
    func outcome(isOffline: Bool = false) -> ConfigurationReader.Outcome {
        ConfigurationReader.read([UInt8]("gateway.json"), self, isOffline: isOffline)
    }

    /// The problems as the operator sees them.
    func lines(isOffline: Bool = false) -> [String] { outcome(isOffline: isOffline).problems.map(\.text) }
}

/// Documents round a fragment, which begins on line 2.
enum Document {
    static let listen = #""listen": [{"address": "127.0.0.1:8080"}]"#
    static let server = #""servers": {"a": {"stdio": {"command": "tool"}}}"#

    static func around(_ fragment: String, kind: String) -> String? {
        switch kind {
        case "whole": fragment
        case "root": "{\(listen), \(server),\n\(fragment)}"
        case "limits": "{\(listen), \(server), \"limits\": {\n\(fragment)}}"
        case "listen": "{\(server), \"listen\": [{\"address\": \"127.0.0.1:8080\"},\n\(fragment)]}"
        case "server": "{\(listen), \"servers\": {\"a\": {\"stdio\": {\"command\": \"tool\"},\n\(fragment)}}}"
        case "upstream": "{\(listen), \"servers\": {\"a\": {\n\(fragment)}}}"
        case "stdio": "{\(listen), \"servers\": {\"a\": {\"stdio\": {\"command\": \"tool\",\n\(fragment)}}}}"
        case "key": "{\(listen), \(server), \"authentication\": {\"api_keys\": [\n\(fragment)]}}"
        case "rule": "{\(listen), \(server), \"access\": [\n\(fragment)]}"
        default: nil
        }
    }
}

/// The package's own directory.
let packageRoot = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// A file of the package, as text; empty where there is none, which every test that reads one notices.
func packageText(_ path: String) -> String {
    (try? String(contentsOf: packageRoot.appendingPathComponent(path), encoding: .utf8)) ?? ""
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
