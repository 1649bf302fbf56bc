// SPDX-License-Identifier: Apache-2.0

import Glibc
import Reactor
import Testing

/// What needs a process of its own: counts of its descriptors and children, and its sudden death.
@Suite(.serialized) struct GatewayEndTests {
    @Test func `a thousand children leave no zombie and no descriptor`() async {
        await #expect(processExitsWith: .success) {
            Signals.block()
            let nursery = try Nursery(loops: 2)
            // What the first child leaves open for good is none of this test's business; nor is it when the runtime
            // closes something of its own.
            _ = try await nursery.output("exec /bin/echo r")
            let before = openDescriptors()
            for round in 0..<50 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<20 {
                        group.addTask {
                            let child = try await nursery.start(
                                ChildSpecification(path: bytes("/bin/true")),
                                on: (round + number) % 2
                            )
                            guard await child.exit.value() == .exited(0) else { exit(2) }
                            _ = await child.output.finished.value()
                            _ = await child.errors.finished.value()
                        }
                    }
                    try await group.waitForAll()
                }
            }
            // The last handles and collectors go with the tasks that held them.
            guard eventually({ openDescriptors() <= before }) else { exit(3) }
            // The guardian alone is left: wards end once they have reported.
            guard eventually({ descendants(of: getpid()).count == 1 }) else { exit(4) }
            await nursery.close()
            guard descendants(of: getpid()).isEmpty else { exit(5) }
        }
    }

    @Test func `a process without descriptors says so and goes on when it has some`() async {
        await #expect(processExitsWith: .success) {
            let listener = try Socket.listen(address: SocketTests.loopback4, port: 0, reusePort: false)
            let port = listener.port
            let socket = listener.take()
            let client = try Socket.connect(address: SocketTests.loopback4, port: port)
            var limit = rlimit(rlim_cur: rlim_t(client.raw + 1), rlim_max: 4096)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            var spare: [Int32] = []
            while case let descriptor = dup(0), descriptor >= 0 { spare.append(descriptor) }
            guard case .exhausted(EMFILE) = Socket.accept(socket.raw) else { exit(2) }
            limit.rlim_cur = 4096
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            guard case .connection = Socket.accept(socket.raw) else { exit(3) }
            guard case .none = Socket.accept(socket.raw) else { exit(4) }
        }
    }

    @Test func `the guardian ignores what a terminal or an operator sends to all, and hides its memory`() async throws {
        let nursery = try Nursery()
        let child = try await nursery.start(ChildSpecification(path: bytes("/bin/cat")))
        let ward = try #require(status(of: child.pid)?.parent)
        let guardian = try #require(status(of: ward)?.parent)
        for signal in [SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGQUIT, SIGUSR1] {
            kill(guardian, signal)
            kill(ward, signal)
        }
        // A later child is answered, so the signals before it were taken.
        #expect(try await nursery.output("exec /bin/echo r") == "r\n")
        #expect(!child.exit.isDone && !nursery.lost.isDone)
        #expect(contents("/proc/\(guardian)/comm") == bytes("gatehouse-guard\n"))
        #expect(contents("/proc/\(ward)/comm") == bytes("gatehouse-ward\n"))
        var owner = stat()
        stat("/proc/\(guardian)/environ", &owner)
        #expect(owner.st_uid == 0)
        #expect(try await nursery.output("tr '\\0' '\\n' < /proc/$$/environ") == "PATH=/usr/bin:/bin\n")
        await nursery.close()
    }

    @Test func `kill -9 of the gateway leaves nobody`() async throws {
        let result = await #expect(processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]) {
            let seconds = uniqueSeconds()
            let nursery = try Nursery()
            let scripts = [
                "sleep \(seconds) & echo r; cat",
                "(setsid sh -c 'sleep \(seconds) & sleep \(seconds)' &) ; echo r; cat",
                "trap '' TERM HUP INT; nohup setsid sleep \(seconds) >/dev/null 2>&1 & echo r; sleep \(seconds)",
            ]
            for script in scripts {
                let child = try await nursery.start(shell(script))
                _ = await nursery.read(2, of: child)
            }
            guard eventually({ processes(with: seconds).count >= 6 }) else { exit(2) }
            print("seconds=\(seconds)")
            fflush(nil)
            kill(getpid(), SIGKILL)
        }
        let output = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
        let line = try #require(output.split(separator: "\n").first { $0.hasPrefix("seconds=") })
        let seconds = String(line.dropFirst("seconds=".count))
        #expect(seconds.count == 10)
        #expect(eventually { processes(with: seconds).isEmpty })
    }
}

func openDescriptors() -> Int { names(in: "/proc/self/fd").count }
