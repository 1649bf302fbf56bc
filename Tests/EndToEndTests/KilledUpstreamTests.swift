// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// An HTTP server that dies at any byte of its answer.
@Suite(.serialized) struct `Killed HTTP servers` {
    private typealias Answer = ScriptedUpstream.Answer
    private typealias Step = ScriptedUpstream.Step

    /// The ways to frame an answer.
    private enum Form: Int, CaseIterable { case length, chunks, stream, streamWithIDs }

    /// What call number so and so is answered. The same at every run, and known to both sides.
    private struct Plan {
        let text: String
        let form: Form
        /// Nil: it is left whole.
        let cut: Double?
        let resets: Bool

        init(_ number: Int) {
            var random = SeededGenerator(seed: UInt64(number))
            let block = "\(random.next())-\(random.next())/"
            let count = Int.random(in: 1...500, using: &random)
            text = "call \(number): " + String(repeating: block, count: count) + "end of \(number)"
            form = Form.allCases[Int.random(in: 0..<Form.allCases.count, using: &random)]
            cut = number % 5 == 0 ? nil : Double.random(in: 0..<1, using: &random)
            resets = Bool.random(using: &random)
        }

        func steps(_ id: JSONTree, token: JSONTree) -> [Step] {
            let whole = bytes(id, token)
            guard let cut else { return [.send(whole)] }
            let count = whole.count
            // Anywhere, and more often where it matters: in and behind the head, and at the very end.
            let place =
                switch Int(cut * 4000) % 4 {
                case 0: Int(cut * 300)
                case 1: count - 1 - Int(cut * 20)
                default: Int(cut * Double(count))
                }
            return [.send(Array(whole[..<min(max(place, 0), count - 1)])), resets ? .reset : .close]
        }

        /// The answer with up to three bytes changed, taken out or put in, mostly where frames are.
        func spoilt(_ id: JSONTree, token: JSONTree, seed: Int) -> [Step] {
            var random = SeededGenerator(seed: UInt64(seed))
            var spoilt = bytes(id, token)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let anywhere = Int.random(in: 0..<spoilt.count, using: &random)
                let place = Bool.random(using: &random) ? min(anywhere, 300) : anywhere
                let byte = [UInt8.random(in: 0...255, using: &random), 0x0D, 0x0A, 0x30, 0x22].randomElement(
                    using: &random
                )
                switch Int.random(in: 0..<3, using: &random) {
                case 0: spoilt[place] = byte ?? 0
                case 1: spoilt.insert(byte ?? 0, at: place)
                default: spoilt.remove(at: place)
                }
            }
            return [.send(spoilt), resets ? .reset : .close]
        }

        /// Whether a text may have come of this one.
        func resembles(_ other: String) -> Bool {
            let (own, other) = (Array(text.utf8), Array(other.utf8))
            guard own.count > 400, other.count > 400 else { return abs(own.count - other.count) < 400 }
            return (0..<4).contains { part in
                let piece = own[(part * own.count / 4)...].prefix(90)
                return stride(from: 0, through: 6, by: 1).contains { shift in
                    let start = max(0, part * own.count / 4 + shift - 3)
                    return start < other.count && other[start...].starts(with: piece)
                }
            }
        }

        private func bytes(_ id: JSONTree, _ token: JSONTree) -> [UInt8] {
            let message = Answer.result(id, text)
            let progress = MCPSession.notification("notifications/progress", ["progressToken": token, "progress": 1])
            switch form {
            case .length: return Answer.json(message)
            case .chunks:
                let head = Answer.head(200, [("Content-Type", "application/json"), ("Transfer-Encoding", "chunked")])
                let pieces = stride(from: 0, to: message.bytes.count, by: 700).flatMap { start in
                    Answer.chunk(Array(message.bytes[start..<min(start + 700, message.bytes.count)]))
                }
                return head + pieces + Array("0\r\n\r\n".utf8)
            case .stream: return Answer.events("data: \(progress.json)\n\ndata: \(message.json)\n\n")
            case .streamWithIDs:
                let events = ["id: \(id.json)-0\ndata:\n\n", "id: \(id.json)-1\ndata: \(message.json)\n\n"]
                return Answer.streamHead() + events.flatMap { Answer.chunk(Array($0.utf8)) } + Array("0\r\n\r\n".utf8)
            }
        }
    }

    /// What the threads found.
    // Guarded by `lock`.
    private final class Tally: @unchecked Sendable {
        private let lock = NSLock()
        private(set) var wrong: [String] = []
        private(set) var counts: [String: Int] = [:]

        func count(_ what: String) { lock.withLock { counts[what, default: 0] += 1 } }
        func add(_ text: String) { lock.withLock { wrong.append(text) } }
    }

    private static func judge(_ number: Int, _ session: MCPSession, _ tally: Tally) throws {
        let plan = Plan(number)
        let pending = try session.startCall("call", ["number": JSONTree(number)], meta: ["progressToken": 1], id: 1)
        let answer: MCPAnswer
        do {
            answer = try pending.finish()
        } catch let error as WireError where error.isEnd {
            guard plan.cut != nil else { return tally.add("\(number): a whole answer was cut") }
            return tally.count("cut")
        }
        // All of them use the same ids; only the texts tell them apart.
        guard answer.response["id"] == 1 || answer.response.isNull else {
            return tally.add("\(number): \(answer.response["id"])")
        }
        if answer.result.isNull {
            guard plan.cut != nil else { return tally.add("\(number): a whole answer became \(answer)") }
            guard answer.code == 502 else { return tally.add("\(number): \(plan.form) became \(answer)") }
            return tally.count("502")
        }
        guard answer.toolText == plan.text else {
            return tally.add("\(number): a wrong text, \(answer.toolText?.prefix(20) ?? "none")")
        }
        // A stream may be cut behind its answer: that one is whole.
        guard plan.cut == nil || plan.form.rawValue >= Form.stream.rawValue else {
            return tally.add("\(number): a cut \(plan.form) looks complete")
        }
        tally.count("whole")
    }

    @Test func `1000 answers that end anywhere never look complete, never cross, and nothing is sent twice`() throws {
        let run = try HTTPGateway { request in
            let number = request.arguments["number"].int ?? -1
            return Plan(number).steps(request.id, token: request.json["params"]["_meta"]["progressToken"])
        }
        let clients = 8
        let each = Sanitizer.scaled(1250) / clients
        let tally = Tally()
        DispatchQueue.concurrentPerform(iterations: clients) { client in
            do {
                let session = try run.open()
                for turn in 0..<each { try Self.judge(client * each + turn, session, tally) }
            } catch {
                tally.add("client \(client): \(error)")
            }
        }
        #expect(tally.wrong.isEmpty, "\(tally.wrong.count): \(tally.wrong.prefix(10).joined(separator: "\n"))")
        let numbers = run.upstream.requests("tools/call").compactMap { $0.arguments["number"].int }
        #expect(numbers.sorted() == Array(0..<clients * each), "each call was delivered once")
        // A fifth was left whole; that the others were really cut is told by what became of them.
        #expect((tally.counts["whole"] ?? 0) >= clients * each / 5, "\(tally.counts)")
        #expect(
            (tally.counts["502"] ?? 0) + (tally.counts["cut"] ?? 0) > clients * each / 2,
            "\(tally.counts)"
        )
        print("killed upstreams: \(numbers.count) calls, \(tally.counts)")
        #expect(run.gateway.process.running)
    }

    /// A reset may take from the client what was right; the rest of the rules hold.
    private static func judgeSpoilt(_ number: Int, _ session: MCPSession, _ tally: Tally) throws {
        let plan = Plan(number)
        let call: JSONTree = ["number": JSONTree(number), "spoilt": true]
        let pending = try session.startCall("call", call, meta: ["progressToken": 1], id: 1)
        let answer: MCPAnswer
        do {
            answer = try pending.finish()
        } catch let error as WireError where error.isEnd {
            return tally.count("cut")
        }
        guard answer.response["id"] == 1 || answer.response.isNull else {
            return tally.add("\(number): \(answer.response["id"])")
        }
        guard let text = answer.toolText else {
            return tally.count(answer.code == nil ? "other" : "error")
        }
        plan.resembles(text) ? tally.count("text") : tally.add("\(number): a wrong text, \(text.prefix(20))")
    }

    @Test func `400 answers with a few bytes wrong never break the gateway, never cross, and nothing is sent twice`()
        throws
    {
        let run = try HTTPGateway { request in
            let number = request.arguments["number"].int ?? -1
            let token = request.json["params"]["_meta"]["progressToken"]
            return Plan(number).spoilt(request.id, token: token, seed: number)
        }
        let clients = 8
        let each = Sanitizer.scaled(400) / clients
        let tally = Tally()
        // Before anything breaks: a connection that ends behind a spoilt answer may take a handshake with it.
        // Why unsafe: each is used by one client's thread alone.
        nonisolated(unsafe) let sessions = try (0..<clients).map { _ in try run.open() }
        DispatchQueue.concurrentPerform(iterations: clients) { client in
            do {
                let session = sessions[client]
                for turn in 0..<each { try Self.judgeSpoilt(client * each + turn, session, tally) }
            } catch {
                tally.add("client \(client): \(error)")
            }
        }
        #expect(tally.wrong.isEmpty, "\(tally.wrong.count): \(tally.wrong.prefix(10).joined(separator: "\n"))")
        let numbers = run.upstream.requests("tools/call").compactMap { $0.arguments["number"].int }
        #expect(Set(numbers).count == numbers.count, "no call was delivered twice")
        // A good answer's end may come when the next request is on its way: that one is lost.
        #expect(numbers.count > clients * each / 2)
        #expect((tally.counts["text"] ?? 0) > 0 && (tally.counts["error"] ?? 0) > 0, "\(tally.counts)")
        print("spoilt answers: \(numbers.count) calls, \(tally.counts)")
        #expect(run.gateway.process.running)
    }
}
