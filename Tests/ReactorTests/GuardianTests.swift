// SPDX-License-Identifier: Apache-2.0

import Glibc
import Reactor
import Testing

@Suite(.serialized) struct GuardianTests {
    @Test func `a child echoes what it is sent and ends when its input does`() async throws {
        let nursery = try Nursery()
        let child = try await nursery.start(ChildSpecification(path: bytes("/bin/cat")))
        guard let input = child.handle.takeInput() else { throw ReactorError(code: 0, what: "take the input") }
        if child.handle.takeInput() != nil { Issue.record("each end is given out once") }
        #expect(Socket.write(input.raw, bytes("ping\n")) == .bytes(5))
        #expect(await nursery.read(5, of: child) == bytes("ping\n"))
        #expect(!child.exit.isDone)
        closeNow(input)
        #expect(await child.exit.value() == .exited(0))
        #expect(await child.output.finished.value() == bytes("ping\n"))
        await nursery.close()
    }

    @Test func `a child gets its environment and directory and nothing else`() async throws {
        let nursery = try Nursery()
        let environment = try await nursery.start(
            ChildSpecification(path: bytes("/usr/bin/env"), environment: [bytes("A=1"), bytes("B=two words=\u{fc}")])
        )
        #expect(await environment.output.finished.value() == bytes("A=1\nB=two words=\u{fc}\n"))
        #expect(try await nursery.output("pwd") { $0.directory = bytes("/usr/bin") } == "/usr/bin\n")
        let descriptors = try await nursery.output("ls /proc/$$/fd | tr '\\n' ' '")
        #expect(descriptors.split(separator: " ").prefix(3) == ["0", "1", "2"])
        await nursery.close()
    }

    @Test func `a child starts with default signals, in its own session, without a way to more privileges`()
        async throws
    {
        let nursery = try Nursery()
        let lines = try await nursery.output(
            "exec /bin/grep -E '^(SigBlk|SigIgn|CapAmb|NoNewPrivs):' /proc/self/status"
        )
        let none = "0000000000000000"
        #expect(lines == "SigBlk:\t\(none)\nSigIgn:\t\(none)\nCapAmb:\t\(none)\nNoNewPrivs:\t1\n")
        let ids = try await nursery.output("cut -d' ' -f1,5,6 /proc/$$/stat; echo $$")
        let numbers = Set(ids.split(whereSeparator: { " \n".contains($0) }))
        #expect(numbers.count == 1, "process, group and session are one: \(ids)")
        await nursery.close()
    }

    @Test func `limits are those that were asked for`() async throws {
        let nursery = try Nursery()
        let limited = try await nursery.output("ulimit -v; ulimit -n; ulimit -c") {
            $0.memoryBytesMax = 512 << 20
            $0.openFilesMax = 64
        }
        #expect(limited == "524288\n64\n0\n")
        #expect(try await nursery.output("ulimit -v; ulimit -c") == "unlimited\n0\n")
        await nursery.close()
    }

    @Test(.enabled(if: geteuid() == 0)) func `a child runs as the user that was asked for`() async throws {
        let nursery = try Nursery()
        let user = UserIdentity(uid: 65534, gid: 65534, groups: [65534, 4])
        #expect(try await nursery.output("id -u; id -g; id -G") { $0.user = user } == "65534\n65534\n65534 4\n")
        #expect(try await nursery.output("id -u") == "0\n")
        await nursery.close()
    }

    @Test func `what cannot start is refused with the reason`() async throws {
        let nursery = try Nursery()
        var elsewhere = shell("true")
        elsewhere.directory = bytes("/nowhere/at/all")
        let rows: [(ChildSpecification, Int32, String)] = [
            (ChildSpecification(path: bytes("/nowhere/program")), ENOENT, "cannot execute the program: No such file"),
            (ChildSpecification(path: bytes("/usr")), EACCES, "cannot execute the program: Permission"),
            (ChildSpecification(path: bytes("/etc/passwd")), EACCES, "cannot execute the program: Permission"),
            (elsewhere, ENOENT, "cannot enter the directory: No such file"),
            (shell("true\0false"), EINVAL, "cannot pass on a path, argument or variable with a NUL"),
            (shell(String(repeating: "x", count: 131_072)), E2BIG, "cannot pass on that many"),
            (shell("true", environment: Array(repeating: "A=1", count: 8200)), E2BIG, "cannot pass on that many"),
        ]
        for (specification, code, sentence) in rows {
            do {
                _ = try await nursery.start(specification)
                Issue.record("started: \(sentence)")
            } catch let failure as ChildStartFailure {
                #expect(failure.code == code)
                #expect(failure.description.hasPrefix(sentence), "\(failure)")
            }
        }
        let large = shell(": " + String(repeating: "x", count: 120_000), environment: [])
        #expect(try await nursery.start(large).exit.value() == .exited(0), "a request just below the limit")
        await nursery.close()
    }

    @Test func `ends are reported as they were`() async throws {
        let nursery = try Nursery()
        #expect(try await nursery.start(shell("exit 7")).exit.value() == .exited(7))
        #expect(try await nursery.start(shell("kill -9 $$")).exit.value() == .signalled(SIGKILL))
        let trapping = try await nursery.start(shell("trap 'exit 9' TERM; echo r; while :; do sleep 1; done"))
        _ = await nursery.read(2, of: trapping)
        nursery.guardian.signal(trapping.id, SIGTERM)
        #expect(await trapping.exit.value() == .exited(9))
        let plain = try await nursery.start(shell("echo r; exec sleep 1000"))
        _ = await nursery.read(2, of: plain)
        nursery.guardian.signal(plain.id, SIGTERM)
        #expect(await plain.exit.value() == .signalled(SIGTERM))
        await nursery.close()
    }

    @Test func `stopping all lets children end themselves and kills those that do not`() async throws {
        let nursery = try Nursery()
        let willing = try await nursery.start(shell("trap 'exit 3' TERM; echo r; while :; do sleep 0.1; done"))
        let stubborn = try await nursery.start(shell("trap '' TERM; echo r; while :; do sleep 0.1; done"))
        _ = await nursery.read(2, of: willing)
        _ = await nursery.read(2, of: stubborn)
        let done = Promise<Bool>()
        nursery.guardian.stopAll(patience: 500_000_000, on: nursery.loops[0].loop) { done.fulfil(true) }
        #expect(await willing.exit.value() == .exited(3))
        #expect(await stubborn.exit.value() == .signalled(SIGKILL))
        _ = await done.value()
        do {
            _ = try await nursery.start(shell("true"))
            Issue.record("a child was started during the stop")
        } catch let failure as ChildStartFailure {
            #expect(failure.code == ECANCELED)
        }
        await nursery.close()
    }

    @Test func `two loops start children at the same time and hear of their own`() async throws {
        let nursery = try Nursery(loops: 2)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<60 {
                group.addTask {
                    let child = try await nursery.start(shell("echo \(number); exit \(number)"), on: number % 2)
                    #expect(await child.exit.value() == .exited(Int32(number)))
                    #expect(await child.output.finished.value() == bytes("\(number)\n"))
                }
            }
            try await group.waitForAll()
        }
        await nursery.close()
    }
}

func closeNow(_ descriptor: consuming FileDescriptor) {}
