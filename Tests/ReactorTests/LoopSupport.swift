// SPDX-License-Identifier: Apache-2.0

import Glibc
import Reactor

/// A value that comes later, once.
final class Promise<Value: Sendable>: Sendable {
    private enum State {
        case waiting([CheckedContinuation<Value, Never>])
        case done(Value)
    }

    private let state = Locked<State>(.waiting([]))

    func fulfil(_ value: Value) {
        let waiting = state.withLock { state -> [CheckedContinuation<Value, Never>] in
            guard case .waiting(let list) = state else { return [] }
            state = .done(value)
            return list
        }
        for continuation in waiting { continuation.resume(returning: value) }
    }

    var isDone: Bool {
        state.withLock { state in
            guard case .done = state else { return false }
            return true
        }
    }

    func value() async -> Value {
        await withCheckedContinuation { continuation in
            let ready = state.withLock { state -> Value? in
                switch state {
                case .waiting(let list):
                    state = .waiting(list + [continuation])
                    return nil
                case .done(let value):
                    return value
                }
            }
            if let ready { continuation.resume(returning: ready) }
        }
    }
}

/// A loop on a thread of its own.
final class RunningLoop: Sendable {
    let loop: EventLoop
    private let ended = Promise<Bool>()

    init(index: Int = 0) throws {
        let loop = try EventLoop(index: index)
        let ended = ended
        self.loop = loop
        let thread = try Reactor.Thread.start(name: "test-loop") {
            loop.run()
            ended.fulfil(true)
        }
        thread.detach()
    }

    /// Runs a job on the loop and waits for its result.
    func perform<Value: Sendable>(_ job: @escaping @Sendable (EventLoop) -> Value) async -> Value {
        let promise = Promise<Value>()
        loop.post { [loop] in promise.fulfil(job(loop)) }
        return await promise.value()
    }

    func stop() async {
        loop.stop()
        _ = await ended.value()
    }
}

/// Owns a descriptor and reads from it on a loop until its end. Everything is touched on the loop only.
final class Collector: ReadinessHandler, @unchecked Sendable {
    let finished = Promise<[UInt8]>()
    private let descriptor: FileDescriptor
    private let loop: EventLoop
    private var registration: Registration?
    private var received: [UInt8] = []
    private var awaited: (count: Int, promise: Promise<[UInt8]>)?

    init(_ descriptor: consuming FileDescriptor, on loop: EventLoop) {
        self.descriptor = descriptor
        self.loop = loop
    }

    func begin() { registration = try? loop.register(descriptor.raw, .read, self) }

    /// Fulfils the promise once that many bytes are there.
    func await(_ count: Int, _ promise: Promise<[UInt8]>) {
        awaited = (count, promise)
        check()
    }

    func ready(_ readiness: Readiness) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            switch Socket.read(descriptor.raw, into: &buffer) {
            case .bytes(let count): received += buffer[..<count]
            case .wouldBlock: return check()
            case .end, .failed:
                if let registration { loop.remove(registration) }
                check()
                return finished.fulfil(received)
            }
        }
    }

    private func check() {
        guard let awaited, received.count >= awaited.count else { return }
        self.awaited = nil
        awaited.promise.fulfil(received)
    }
}

/// Waits until something outside the program has come about, looking again and again; false where it never does.
func eventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<4000 {
        if condition() { return true }
        usleep(5000)
    }
    return false
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
