// SPDX-License-Identifier: Apache-2.0

import Glibc
import Reactor
import Testing

/// Nobody outlives the child that started it. SECONDS stands for a number that names this test's processes.
@Suite(.serialized) struct OrphanTests {
    /// Each script starts `count` processes that sleep and then says so.
    static let scripts: [(script: String, count: Int)] = [
        ("sleep SECONDS & echo r", 1),
        ("setsid sleep SECONDS & echo r", 1),
        ("nohup sleep SECONDS >/dev/null 2>&1 & echo r", 1),
        ("(trap '' TERM HUP INT; sleep SECONDS) & echo r", 1),
        // A daemon: new session, parent gone, descriptors closed.
        ("(setsid sh -c 'sleep SECONDS & sleep SECONDS' </dev/null >/dev/null 2>&1 &); echo r", 3),
        // Three generations, each in a session of its own.
        ("setsid sh -c \"setsid sh -c 'setsid sleep SECONDS & sleep SECONDS' & sleep SECONDS\" >/dev/null & echo r", 5),
        ("for i in 1 2 3 4 5 6 7 8; do setsid nohup sleep SECONDS >/dev/null 2>&1 & done; echo r", 8),
    ]

    enum End: CaseIterable, Sendable { case leader, destroy, shutdown, wardKilled }

    @Test(arguments: scripts.indices, End.allCases)
    func `no descendant is left`(_ row: Int, _ end: End) async throws {
        let seconds = uniqueSeconds()
        let (text, count) = OrphanTests.scripts[row]
        let script = text.replacing("SECONDS", with: seconds) + "; read line; exit 5"
        let nursery = try Nursery()
        let bystander = try await nursery.start(ChildSpecification(path: bytes("/bin/cat")))
        let child = try await nursery.start(shell(script))
        _ = await nursery.read(2, of: child)
        #expect(eventually { processes(with: seconds).count >= count })
        switch end {
        case .leader:
            if let input = child.handle.takeInput() { closeNow(input) }
            #expect(await child.exit.value() == .exited(5))
        case .destroy:
            nursery.guardian.destroy(child.id)
            #expect(await child.exit.value() == .signalled(SIGKILL))
        case .shutdown:
            nursery.guardian.shutdown()
            #expect(await child.exit.value() == .signalled(SIGKILL))
        case .wardKilled:
            let ward = try #require(status(of: child.pid)?.parent)
            kill(ward, SIGKILL)
            #expect(await child.exit.value() == .signalled(SIGKILL))
            #expect(eventually { processes(with: seconds).isEmpty })
        }
        #expect(processes(with: seconds).isEmpty)
        #expect(bystander.exit.isDone == (end == .shutdown), "another child is left alone")
        await nursery.close()
    }

    @Test func `a child may be destroyed before it has started`() async throws {
        let nursery = try Nursery()
        for _ in 0..<50 {
            let over = Promise<Bool>()
            let id = nursery.guardian.spawn(shell("exec sleep 1000"), on: nursery.loops[0].loop) { start in
                if case .failed = start { over.fulfil(true) }
            } exited: { _ in
                over.fulfil(true)
            }
            nursery.guardian.destroy(id)
            _ = await over.value()
        }
        await nursery.close()
    }

    @Test func `the loss of the guardian ends its children and is reported`() async throws {
        let seconds = uniqueSeconds()
        let nursery = try Nursery()
        let child = try await nursery.start(shell("setsid sleep \(seconds) & echo r; sleep \(seconds)"))
        _ = await nursery.read(2, of: child)
        #expect(eventually { processes(with: "sleep\0\(seconds)").count == 2 })
        let ward = try #require(status(of: child.pid)?.parent)
        let guardian = try #require(status(of: ward)?.parent)
        #expect(status(of: guardian)?.parent == getpid())
        kill(guardian, SIGKILL)
        #expect(await nursery.lost.value())
        let exit = await child.exit.value()
        #expect(exit == .lost || exit == .signalled(SIGKILL))
        #expect(eventually { processes(with: seconds).isEmpty })
        do {
            _ = try await nursery.start(shell("true"))
            Issue.record("a child without a guardian")
        } catch let failure as ChildStartFailure {
            #expect(failure.description.hasPrefix("cannot reach the guardian"))
        }
        await nursery.close()
    }
}
