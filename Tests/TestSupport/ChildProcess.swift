// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// A program that a test started. What it prints is collected at once, so that it never blocks on a full pipe.
// Every stored property is either constant or guarded by `condition`.
public final class ChildProcess: @unchecked Sendable {
    public struct SpawnError: Error, CustomStringConvertible {
        public let path: String
        public let code: Int32
        public var description: String { "cannot start \(path): \(String(cString: strerror(code)))" }
    }

    public enum Input { case none, pipe }

    public let pid: pid_t
    /// Held by whoever has a descriptor that a child must not inherit, until it is marked.
    static let spawning = NSLock()
    private let condition = NSCondition()
    private var collected: [[UInt8]] = [[], []]
    private var atEnd = [false, false]
    private var input: Int32
    private var status: Int32?

    public init(
        _ path: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        input: Input = .none
    ) throws {
        // A child that ends early must not take the tests with it when they write to it.
        Glibc.signal(SIGPIPE, SIG_IGN)
        // Between `pipe` and `fcntl` another spawn would inherit the ends.
        Self.spawning.lock()
        defer { Self.spawning.unlock() }
        var ends: [(read: Int32, write: Int32)] = []
        for _ in 0..<3 { ends.append(try Self.pipe(path)) }
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        pid = try Self.spawn(
            path,
            arguments,
            variables.map { $0.key + "=" + $0.value },
            [ends[0].read, ends[1].write, ends[2].write]
        )
        for descriptor in [ends[0].read, ends[1].write, ends[2].write] { close(descriptor) }
        self.input = ends[0].write
        if input == .none { closeInput() }
        collect(ends[1].read, into: 0)
        collect(ends[2].read, into: 1)
    }

    deinit {
        if running { finish() }
        closeInput()
    }

    private static func pipe(_ path: String) throws -> (read: Int32, write: Int32) {
        var pair: [Int32] = [0, 0]
        guard Glibc.pipe(&pair) == 0 else { throw SpawnError(path: path, code: errno) }
        for descriptor in pair { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        return (pair[0], pair[1])
    }

    private static func spawn(
        _ path: String,
        _ arguments: [String],
        _ variables: [String],
        _ descriptors: [Int32]
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (index, descriptor) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(index))
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var argv = ([path] + arguments).map { strdup($0) } + [nil]
        var envp = variables.map { strdup($0) } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, path, &actions, &attributes, &argv, &envp)
        guard code == 0 else { throw SpawnError(path: path, code: code) }
        return pid
    }

    private func collect(_ descriptor: Int32, into index: Int) {
        Thread.detachNewThread { [weak self] in
            var buffer = [UInt8](repeating: 0, count: 65536)
            while true {
                let count = Glibc.read(descriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                self?.took(count > 0 ? buffer[..<count] : [], into: index)
                if count <= 0 { break }
            }
            close(descriptor)
        }
    }

    private func took(_ bytes: ArraySlice<UInt8>, into index: Int) {
        condition.withLock {
            collected[index] += bytes
            if bytes.isEmpty { atEnd[index] = true }
            condition.broadcast()
        }
    }

    /// Writes to its standard input; false when it no longer reads.
    @discardableResult
    public func write(_ bytes: [UInt8]) -> Bool {
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) }
            guard count > 0 else { return false }
            offset += count
        }
        return true
    }

    public func closeInput() {
        condition.withLock {
            if input >= 0 { close(input) }
            input = -1
        }
    }

    public var output: String { condition.withLock { String(decoding: collected[0], as: UTF8.self) } }
    public var errors: String { condition.withLock { String(decoding: collected[1], as: UTF8.self) } }

    /// Waits until what was printed to standard error (or output) satisfies the condition; nil after the
    /// deadline, or at its end.
    public func waitForText<T>(
        onOutput: Bool = false,
        within seconds: Double = 20,
        _ look: (String) -> T?
    ) -> T? {
        let deadline = Date(timeIntervalSinceNow: seconds)
        let index = onOutput ? 0 : 1
        return condition.withLock {
            while true {
                if let found = look(String(decoding: collected[index], as: UTF8.self)) { return found }
                if atEnd[index] || !condition.wait(until: deadline) { return nil }
            }
        }
    }

    public func signal(_ number: Int32) { if running { kill(pid, number) } }

    public var running: Bool { reap(); return condition.withLock { status == nil } }

    private func reap() {
        condition.withLock {
            guard status == nil else { return }
            var value: Int32 = 0
            if waitpid(pid, &value, WNOHANG) == pid { status = value }
        }
    }

    /// The exit code, or the negative number of the signal that ended it; nil after the deadline.
    public func wait(within seconds: Double = 20) -> Int32? {
        guard eventually(within: seconds, { !running }) else { return nil }
        let status = condition.withLock { self.status ?? 0 }
        // What it printed last is still on its way; a grandchild may hold the pipe for longer.
        _ = eventually(within: 2) { condition.withLock { atEnd[0] && atEnd[1] } }
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : -(status & 0x7F)
    }

    /// SIGKILL, and takes its status.
    public func finish() {
        kill(pid, SIGKILL)
        _ = eventually(within: 5) { !running }
    }
}

/// Runs a program to its end.
public enum Command {
    public struct Result: Sendable {
        public let code: Int32
        public let output: String
        public let errors: String
    }

    public static func run(
        _ path: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        input: String? = nil,
        within seconds: Double = 60
    ) throws -> Result {
        let child = try ChildProcess(path, arguments, environment: environment, input: input == nil ? .none : .pipe)
        if let input {
            child.write(Array(input.utf8))
            child.closeInput()
        }
        let code = child.wait(within: seconds) ?? -1
        return Result(code: code, output: child.output, errors: child.errors)
    }
}
