// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// A running gateway: the built program, its own folder, free ports.
public final class GatewayProcess: Sendable {
    public struct StartError: Error, CustomStringConvertible {
        public let description: String
    }

    public let process: ChildProcess
    public let folder: TemporaryFolder
    /// The first plain listener's, or the first listener's of TLS where all are.
    public let port: UInt16
    /// Zero where no listener does TLS.
    public let tlsPort: UInt16
    /// Zero where the configuration has no admin address.
    public let adminPort: UInt16

    public init(_ setup: GatewaySetup, environment: [String: String] = [:]) throws {
        folder = try TemporaryFolder()
        let file = try folder.write("gateway.json", setup.json.json)
        process = try ChildProcess(
            Places.program("gatehouse"),
            ["serve", "--config", file],
            environment: environment
        )
        let wantsAdmin = !setup.json["admin"].isNull
        guard
            let found = process.waitForText({ Self.ports(in: $0, wantsAdmin: wantsAdmin) })
        else {
            _ = process.wait(within: 1)
            throw StartError(description: "the gateway did not start: \(process.errors)\n\(setup.json.json)")
        }
        (port, tlsPort, adminPort) = found
        ProcessRegistry.add(process.pid)
    }

    deinit {
        // Its guardian ends the children: SIGTERM would do as well, but takes as long as they need.
        if process.running { process.finish() }
        ProcessRegistry.remove(process.pid)
    }

    private static func ports(in text: String, wantsAdmin: Bool) -> (UInt16, UInt16, UInt16)? {
        var plain: UInt16?
        var secure: UInt16?
        var admin: UInt16?
        for line in text.split(separator: "\n") where line.hasPrefix("listening http") {
            let words = line.split(separator: " ")
            guard words.count >= 2, let port = words[1].split(separator: ":").last.flatMap({ UInt16($0) }) else {
                continue
            }
            if words.last == "(admin)" {
                admin = port
            } else if words[1].hasPrefix("https:") {
                secure = secure ?? port
            } else {
                plain = plain ?? port
            }
        }
        guard let first = plain ?? secure, admin != nil || !wantsAdmin else { return nil }
        return (first, secure ?? 0, admin ?? 0)
    }

    // MARK: Talking to it

    public func connect(from: String? = nil, timeout: Int = 20) throws -> RawConnection {
        try RawConnection(port: port, from: from, timeout: timeout)
    }

    /// One request on a connection of its own.
    public func send(_ request: RequestText, from: String? = nil) throws -> HTTPAnswer {
        let connection = try connect(from: from)
        try connection.send(request.bytes)
        return try connection.readAnswer(headOnly: request.method == "HEAD")
    }

    public func admin(_ path: String) throws -> HTTPAnswer {
        let connection = try RawConnection(port: adminPort)
        try connection.send(RequestText("GET", path).bytes)
        return try connection.readAnswer()
    }

    public func session(_ server: String, _ key: TestKey?, version: String = "2025-11-25") -> MCPSession {
        MCPSession(port: port, path: "/\(server)/mcp", key: key?.key, version: version)
    }

    /// A session that is initialized already.
    public func open(_ server: String, _ key: TestKey?, version: String = "2025-11-25") throws -> MCPSession {
        let session = session(server, key, version: version)
        try session.open()
        return session
    }

    // MARK: What it says and leaves behind

    /// The lines of its log that are JSON.
    public var log: [JSONTree] {
        let lines = process.errors.split(separator: "\n").filter { $0.hasPrefix("{") }
        return lines.compactMap { try? JSONTree(reading: String($0)) }
    }

    /// The access lines: those with a termination code.
    public var accessLines: [JSONTree] { log.filter { $0.has("termination") } }

    /// Waits for the access line of a request.
    public func accessLine(_ requestID: String) -> JSONTree? {
        var found: JSONTree?
        _ = eventually(within: 5) {
            found = accessLines.first { $0["request_id"].text == requestID }
            return found != nil
        }
        return found
    }

    /// Everything below it: its guardian and the servers.
    public var descendants: [ProcessTable.Entry] { ProcessTable.descendants(of: process.pid) }

    /// SIGTERM and the exit code; nil when it does not end.
    @discardableResult
    public func stop(within seconds: Double = 30) -> Int32? {
        process.signal(SIGTERM)
        return process.wait(within: seconds)
    }
}

/// Ends what still runs when the tests end without their objects being let go.
private enum ProcessRegistry {
    private static let lock = NSLock()
    // Guarded by `lock`.
    nonisolated(unsafe) private static var pids: Set<pid_t> = []
    private static let atExit: Void = { atexit { ProcessRegistry.killAll() } }()

    static func add(_ pid: pid_t) {
        _ = atExit
        lock.withLock { _ = pids.insert(pid) }
    }

    static func remove(_ pid: pid_t) { lock.withLock { _ = pids.remove(pid) } }

    private static func killAll() { for pid in pids { kill(pid, SIGKILL) } }
}
