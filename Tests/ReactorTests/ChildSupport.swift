// SPDX-License-Identifier: Apache-2.0

import Glibc
import Reactor

/// A child of a test, with what it wrote.
struct TestChild: Sendable {
    let id: ChildID
    let pid: Int32
    let handle: ChildHandle
    let output: Collector
    let errors: Collector
    let exit: Promise<ChildExit>
}

/// A guardian with a loop, as the gateway has them.
final class Nursery: Sendable {
    let guardian: Guardian
    let loops: [RunningLoop]
    let lost = Promise<Bool>()

    init(loops: Int = 1) throws {
        let lost = lost
        guardian = try Guardian.start { lost.fulfil(true) }
        self.loops = try (0..<loops).map { try RunningLoop(index: $0) }
    }

    /// Starts a child and reads from it.
    func start(_ specification: ChildSpecification, on index: Int = 0) async throws -> TestChild {
        let started = Promise<Result<TestChild, ChildStartFailure>>()
        let exit = Promise<ChildExit>()
        let loop = loops[index].loop
        guardian.spawn(specification, on: loop) { start in
            switch start {
            case .failed(let failure): started.fulfil(.failure(failure))
            case .started(let handle):
                guard let output = handle.takeOutput(), let errors = handle.takeErrors() else { return }
                let collectors = (Collector(output, on: loop), Collector(errors, on: loop))
                collectors.0.begin()
                collectors.1.begin()
                let child = TestChild(
                    id: handle.id,
                    pid: handle.pid,
                    handle: handle,
                    output: collectors.0,
                    errors: collectors.1,
                    exit: exit
                )
                started.fulfil(.success(child))
            }
        } exited: {
            exit.fulfil($0)
        }
        return try await started.value().get()
    }

    /// Runs a shell script to its end and answers what it wrote.
    func output(_ script: String, change: (inout ChildSpecification) -> Void = { _ in }) async throws -> String {
        var specification = shell(script)
        change(&specification)
        let child = try await start(specification)
        _ = await child.exit.value()
        return String(decoding: await child.output.finished.value(), as: UTF8.self)
    }

    /// Waits until the child has written that much.
    func read(_ count: Int, of child: TestChild, on index: Int = 0) async -> [UInt8] {
        let promise = Promise<[UInt8]>()
        loops[index].loop.post { child.output.await(count, promise) }
        return await promise.value()
    }

    func close() async {
        guardian.shutdown()
        for loop in loops { await loop.stop() }
    }
}

func shell(_ script: String, environment: [String] = ["PATH=/usr/bin:/bin"]) -> ChildSpecification {
    ChildSpecification(
        path: bytes("/bin/sh"),
        arguments: [bytes("-c"), bytes(script)],
        environment: environment.map(bytes)
    )
}

/// Living processes (zombies are dead) whose command line contains the text.
func processes(with text: String) -> [Int32] {
    processNumbers().filter { pid in
        contents("/proc/\(pid)/cmdline").map { String(decoding: $0, as: UTF8.self).contains(text) } == true
            && status(of: pid).map { $0.state != "Z" } == true
    }
}

/// State and parent of a process.
func status(of pid: Int32) -> (state: Character, parent: Int32)? {
    guard let text = contents("/proc/\(pid)/stat").map({ String(decoding: $0, as: UTF8.self) }) else { return nil }
    guard let bracket = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: bracket)...].split(separator: " ")
    guard fields.count > 1, let parent = Int32(fields[1]), let state = fields[0].first else { return nil }
    return (state, parent)
}

func processNumbers() -> [Int32] { names(in: "/proc").compactMap { Int32($0) } }

/// Processes below this one, zombies too.
func descendants(of ancestor: Int32) -> [Int32] {
    var children: [Int32: [Int32]] = [:]
    for pid in processNumbers() {
        if let parent = status(of: pid)?.parent { children[parent, default: []].append(pid) }
    }
    var found: [Int32] = []
    var open = [ancestor]
    while let next = open.popLast() {
        found += children[next] ?? []
        open += children[next] ?? []
    }
    return found
}

func names(in directory: String) -> [String] {
    guard let stream = opendir(directory) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        names.append(
            withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
        )
    }
    return names
}

func contents(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { Glibc.close(descriptor) }
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        guard count > 0 else { return count == 0 ? all : nil }
        all += buffer[..<count]
    }
}

/// A text that no other process has in its arguments: a number of seconds to sleep.
func uniqueSeconds() -> String { "9\(UInt32.random(in: 100_000_000...999_999_999))" }
