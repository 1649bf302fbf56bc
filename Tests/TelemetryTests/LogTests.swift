// SPDX-License-Identifier: Apache-2.0

import Foundation
import Reactor
import Testing

@testable import Telemetry

@Suite struct `The log` {
    private func lines(_ path: String) throws -> [String] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    private func withLog(
        _ level: LogLevel = .info,
        _ format: LogConfiguration.Format = .json,
        _ body: (Log, String) throws -> Void
    ) throws -> [String] {
        let path = NSTemporaryDirectory() + "gatehouse-log-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let log = try Log(LogConfiguration(level: level, format: format, file: Array(path.utf8)))
        try body(log, path)
        log.close()
        return try lines(path)
    }

    @Test func `a line is one JSON object with time, level, event and fields`() throws {
        let lines = try withLog { log, _ in
            log.write(.warning, "something") { $0.member("said", Array("a \"quote\"\nand a line".utf8)) }
        }
        #expect(lines.count == 1)
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: String]
        )
        #expect(object["level"] == "warning")
        #expect(object["event"] == "something")
        #expect(object["said"] == "a \"quote\"\nand a line")
        #expect(object["time"]?.hasSuffix("Z") == true)
    }

    @Test(arguments: LogLevel.allCases)
    func `a level shows itself and what is graver`(level: LogLevel) throws {
        let lines = try withLog(level) { log, _ in
            for each in LogLevel.allCases { log.write(each, "event") { _ in } }
        }
        #expect(lines.count == level.rawValue + 1)
    }

    @Test func `text begins with time, level and event`() throws {
        let lines = try withLog(.info, .text) { log, _ in log.write(.info, "started") { $0.member("loops", 2) } }
        #expect(lines[0].hasSuffix(" info started {\"loops\":2}"))
    }

    @Test func `what was logged before the end is written, in order`() throws {
        let lines = try withLog { log, _ in
            for number in 0..<10_000 { log.write(.info, "n") { $0.member("number", number) } }
        }
        #expect(lines.count == 10_000)
        #expect(lines.enumerated().allSatisfy { $1.hasSuffix("\"number\":\($0)}") })
    }

    @Test func `after the file was moved away and reopened a new one is written`() throws {
        let moved = NSTemporaryDirectory() + "gatehouse-moved-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: moved) }
        let lines = try withLog { log, path in
            log.write(.info, "before") { _ in }
            // The line is in the file before that is moved: jobs of the writer run in order.
            log.reopen()
            while (try? String(contentsOfFile: path, encoding: .utf8))?.contains("before") != true {}
            try FileManager.default.moveItem(atPath: path, toPath: moved)
            log.reopen()
            log.write(.info, "after") { _ in }
        }
        #expect(lines.count == 1)
        #expect(lines[0].contains("after"))
        #expect(try String(contentsOfFile: moved, encoding: .utf8).contains("before"))
    }

    @Test func `a file that cannot be opened is an error that says so`() throws {
        do {
            _ = try Log(LogConfiguration(file: Array("/nowhere/at/all.log".utf8)))
            Issue.record("it was opened")
        } catch {
            #expect(error.description.hasPrefix("open: "))
        }
    }

    @Test func `a pipe that nobody reads does not keep the program from ending`() throws {
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        // The log has a descriptor of its own for it; here stands the writing end of the full pipe.
        let log = try Log(LogConfiguration(level: .info, format: .json, file: Array("/proc/self/fd/\(ends[1])".utf8)))
        let text = [UInt8](repeating: 0x78, count: 200_000)
        log.write(.info, "much") { $0.member("text", text) }
        log.close()
        close(ends[0])
        close(ends[1])
    }
}
