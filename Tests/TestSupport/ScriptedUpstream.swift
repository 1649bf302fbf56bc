// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// An HTTP server that answers every request with the very bytes of a script, and keeps the very bytes that it got.
public final class ScriptedUpstream: Sendable {
    /// What it does for a request, one after the other. Behind the last one it reads the next request.
    public enum Step: Sendable {
        case send([UInt8])
        /// Holds on until the gate is open.
        case wait(Gate)
        /// Ends the connection in an orderly way.
        case close
        /// Ends it with a reset.
        case reset
    }

    /// Something that a script waits for.
    public final class Gate: Sendable {
        private let semaphore = DispatchSemaphore(value: 0)

        public init() {}

        /// Stays open.
        public func open() { semaphore.signal() }

        fileprivate func pass() {
            semaphore.wait()
            semaphore.signal()
        }
    }

    public typealias Script = @Sendable (Request) -> [Step]

    public let port: UInt16
    private let listener: Int32
    private let journal: Journal

    /// Listens on a free port.
    /// - Parameter atHead: the script runs as soon as the head is there; the body is read behind it.
    public convenience init(atHead: Bool = false, _ script: @escaping Script) throws {
        try self.init(on: Self.listen(backlog: nil).descriptor, atHead: atHead, script)
    }

    /// Listens on a socket that is bound already, and will close it.
    public init(on listener: Int32, atHead: Bool = false, _ script: @escaping Script) throws {
        Glibc.signal(SIGPIPE, SIG_IGN)
        guard Glibc.listen(listener, 1024) == 0 else { throw WireError.system(errno) }
        let journal = Journal()
        (self.listener, port, self.journal) = (listener, try Self.port(of: listener), journal)
        Thread.detachNewThread {
            while true {
                let descriptor = Self.accept(listener)
                if descriptor < 0, errno == EINTR || errno == ECONNABORTED { continue }
                guard descriptor >= 0 else { break }
                let number = journal.begin(descriptor)
                Thread.detachNewThread {
                    UpstreamConnection(descriptor, number, journal, atHead: atHead).run(script)
                    journal.end(number)
                }
            }
            Glibc.close(listener)
        }
    }

    deinit {
        // Wakes the thread, which closes it.
        shutdown(listener, Int32(SHUT_RDWR))
        journal.endAll()
    }

    /// A child that inherited the connection would keep it open.
    private static func accept(_ listener: Int32) -> Int32 {
        var entry = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        _ = poll(&entry, 1, -1)
        return ChildProcess.spawning.withLock {
            let descriptor = Glibc.accept(listener, nil, nil)
            if descriptor >= 0 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
            return descriptor
        }
    }

    /// A bound socket on a free port; without a backlog it does not listen.
    public static func listen(backlog: Int32?) throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw WireError.system(errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let isBound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isBound, (backlog.map { Glibc.listen(descriptor, $0) } ?? 0) == 0 else { throw WireError.system(errno) }
        return (descriptor, try port(of: descriptor))
    }

    private static func port(of descriptor: Int32) throws -> UInt16 {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        guard code == 0 else { throw WireError.system(errno) }
        return UInt16(bigEndian: address.sin_port)
    }

    /// The entry `http` of a configuration.
    public func http(_ changes: JSONTree = [:], path: String = "/mcp") -> JSONTree {
        let entry: JSONTree = ["url": .string("http://127.0.0.1:\(port)\(path)")]
        return entry.merging(changes)
    }

    // MARK: What it got

    /// Every request, in the order in which they came.
    public var requests: [Request] { journal.requests }

    /// Those with a JSON-RPC message of this method.
    public func requests(_ method: String) -> [Request] { requests.filter { $0.rpcMethod == method } }

    /// The names of the tools that were called, in order.
    public var calls: [String] { requests("tools/call").compactMap { $0.json["params"]["name"].text } }

    /// How many connections were ever made.
    public var connections: Int { journal.connections }

    /// Whether a connection has ended, from whichever side.
    public func hasEnded(_ connection: Int) -> Bool { journal.hasEnded(connection) }
}

extension ScriptedUpstream {
    /// A request as it came.
    public struct Request: Sendable, CustomStringConvertible {
        /// The connection that it came on, counted from 1.
        public let connection: Int
        /// Up to and with the empty line.
        public let head: [UInt8]
        public let body: [UInt8]

        /// The lines of the head, without the empty one.
        public var lines: [String] {
            String(decoding: head.dropLast(4), as: UTF8.self).components(separatedBy: "\r\n")
        }

        /// `POST`, `GET`, `DELETE`.
        public var httpMethod: String { lines[0].components(separatedBy: " ")[0] }

        public func values(_ name: String) -> [String] {
            lines.dropFirst().compactMap { line in
                guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name.lowercased() else {
                    return nil
                }
                return String(line[line.index(after: colon)...]).trimmingCharacters(in: .whitespaces)
            }
        }

        /// The value of a field that is there once.
        public func value(_ name: String) -> String? {
            let found = values(name)
            return found.count == 1 ? found[0] : nil
        }

        /// The body as JSON; `null` when it is none.
        public var json: JSONTree { (try? JSONTree(reading: body)) ?? .null }
        public var rpcMethod: String? { json["method"].text }
        public var id: JSONTree { json["id"] }
        public var arguments: JSONTree { json["params"]["arguments"] }

        public var description: String {
            "connection \(connection): " + String(decoding: head + body, as: UTF8.self).prefix(2000)
        }
    }

    /// The script of an MCP server that opens sessions and answers notifications; the rest is the caller's.
    public static func server(_ script: @escaping Script) -> Script {
        { request in
            switch (request.httpMethod, request.rpcMethod) {
            case ("GET", _): [.send(Answer.plain(405, [("Allow", "POST, DELETE")]))]
            case ("DELETE", _): [.send(Answer.plain(200))]
            case (_, "initialize"): [.send(Answer.json(Answer.initialize(request), [("Mcp-Session-Id", "upstream-1")]))]
            case (_, .some) where request.id.isNull: [.send(Answer.plain(202))]
            default: script(request)
            }
        }
    }

    /// Responses as text.
    public enum Answer {
        public static func plain(_ status: Int, _ fields: [(String, String)] = [], _ body: [UInt8] = []) -> [UInt8] {
            let all = fields + (status == 204 ? [] : [("Content-Length", String(body.count))])
            return head(status, all) + body
        }

        public static func head(_ status: Int, _ fields: [(String, String)]) -> [UInt8] {
            Array("HTTP/1.1 \(status) X\r\n\(fields.map { "\($0.0): \($0.1)\r\n" }.joined())\r\n".utf8)
        }

        public static func json(_ message: JSONTree, _ fields: [(String, String)] = []) -> [UInt8] {
            plain(200, [("Content-Type", "application/json")] + fields, message.bytes)
        }

        /// An event stream, in one chunk.
        public static func events(_ text: String, _ fields: [(String, String)] = []) -> [UInt8] {
            streamHead(fields) + chunk(Array(text.utf8)) + Array("0\r\n\r\n".utf8)
        }

        public static func streamHead(_ fields: [(String, String)] = []) -> [UInt8] {
            head(200, [("Content-Type", "text/event-stream"), ("Transfer-Encoding", "chunked")] + fields)
        }

        public static func chunk(_ bytes: [UInt8]) -> [UInt8] {
            Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + [0x0D, 0x0A]
        }

        /// A tool's result of one text.
        public static func result(_ id: JSONTree, _ text: String) -> JSONTree {
            let content: JSONTree = ["content": [["type": "text", "text": .string(text)]], "isError": false]
            return ["jsonrpc": "2.0", "id": id, "result": content]
        }

        public static func initialize(_ request: Request) -> JSONTree {
            let version = request.json["params"]["protocolVersion"]
            let result: JSONTree = [
                "protocolVersion": version, "capabilities": ["tools": [:], "resources": [:], "prompts": [:]],
                "serverInfo": ["name": "scripted", "version": "1"],
            ]
            return ["jsonrpc": "2.0", "id": request.id, "result": result]
        }
    }
}

/// What all connections of a server write down.
// Every stored property is guarded by `lock`.
private final class Journal: @unchecked Sendable {
    private let lock = NSLock()
    private var received: [ScriptedUpstream.Request] = []
    private var count = 0
    private var open: [Int: Int32] = [:]

    var requests: [ScriptedUpstream.Request] { lock.withLock { received } }
    var connections: Int { lock.withLock { count } }

    func hasEnded(_ number: Int) -> Bool { lock.withLock { open[number] == nil } }

    func begin(_ descriptor: Int32) -> Int {
        lock.withLock {
            count += 1
            open[count] = descriptor
            return count
        }
    }

    func note(_ request: ScriptedUpstream.Request) { lock.withLock { received.append(request) } }

    func end(_ number: Int) {
        lock.withLock {
            if let descriptor = open.removeValue(forKey: number) { Glibc.close(descriptor) }
        }
    }

    /// The threads wake up and close them.
    func endAll() {
        lock.withLock { for descriptor in open.values { shutdown(descriptor, Int32(SHUT_RDWR)) } }
    }
}

/// One connection, on a thread of its own.
private struct UpstreamConnection {
    private let descriptor: Int32
    private let number: Int
    private let journal: Journal
    private let atHead: Bool
    private var buffer: [UInt8] = []
    /// What is still to come of the body of the last request.
    private var bodyLeft = 0

    init(_ descriptor: Int32, _ number: Int, _ journal: Journal, atHead: Bool) {
        self.descriptor = descriptor
        self.number = number
        self.journal = journal
        self.atHead = atHead
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    consuming func run(_ script: ScriptedUpstream.Script) {
        while let request = readRequest() {
            journal.note(request)
            for step in script(request) {
                guard perform(step) else { return }
            }
        }
    }

    /// False where the connection has ended.
    private func perform(_ step: ScriptedUpstream.Step) -> Bool {
        switch step {
        case .send(let bytes): return send(bytes)
        case .wait(let gate):
            gate.pass()
            return true
        case .close: return false
        case .reset:
            var option = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
            return false
        }
    }

    private func send(_ bytes: [UInt8]) -> Bool {
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            offset += count
        }
        return true
    }

    private mutating func fill() -> Bool {
        var piece = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(descriptor, &piece, piece.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            buffer += piece[..<count]
            return true
        }
    }

    private mutating func skipBody() -> Bool {
        while bodyLeft > 0 {
            let count = min(bodyLeft, buffer.count)
            buffer.removeFirst(count)
            bodyLeft -= count
            if bodyLeft > 0, !fill() { return false }
        }
        return true
    }

    /// Reads one request that is framed by a length or not at all: nothing else may come.
    private mutating func readRequest() -> ScriptedUpstream.Request? {
        guard skipBody() else { return nil }
        var scanned = 0
        while true {
            let end = buffer.indices.dropFirst(max(0, scanned - 3)).first {
                $0 + 4 <= buffer.count && buffer[$0..<$0 + 4].elementsEqual([0x0D, 0x0A, 0x0D, 0x0A])
            }
            guard let end else {
                scanned = buffer.count
                guard fill() else { return nil }
                continue
            }
            let head = Array(buffer[..<(end + 4)])
            buffer.removeFirst(end + 4)
            let bare = ScriptedUpstream.Request(connection: number, head: head, body: [])
            let length = bare.value("content-length").flatMap { Int($0) } ?? 0
            if atHead {
                bodyLeft = length
                return bare
            }
            while buffer.count < length { guard fill() else { return nil } }
            let body = Array(buffer[..<length])
            buffer.removeFirst(length)
            return ScriptedUpstream.Request(connection: number, head: head, body: body)
        }
    }
}
