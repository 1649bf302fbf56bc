// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// One run of the built program: everything goes in, its input ends, everything comes out.
struct Conversation {
    let status: Int32
    /// One parsed message a line of standard output.
    let answers: [[String: Any]]
    let batches: [[[String: Any]]]
    let standardOutput: String
    let standardError: String

    init(_ input: String) throws {
        let process = Process()
        // The test program and the server are built into the same folder.
        let here = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        process.executableURL = URL(filePath: here).deletingLastPathComponent().appending(path: "calculator-server")
        let (standardInput, output, error) = (Pipe(), Pipe(), Pipe())
        process.standardInput = standardInput
        process.standardOutput = output
        process.standardError = error
        try process.run()
        try standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try standardInput.fileHandleForWriting.close()
        let written = output.fileHandleForReading.readDataToEndOfFile()
        standardError = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        status = process.terminationStatus
        standardOutput = String(decoding: written, as: UTF8.self)
        let lines = written.split(separator: 0x0A)
        let parsed = try lines.map { try JSONSerialization.jsonObject(with: $0) }
        answers = parsed.compactMap { $0 as? [String: Any] }
        batches = parsed.compactMap { $0 as? [[String: Any]] }
        #expect(answers.count + batches.count == lines.count, "every line of standard output is a message or a batch")
    }

    /// Opens a session and sends the lines behind it; `answers` then begins with the answer to `initialize`.
    init(version: String = "2025-11-25", _ lines: [String]) throws {
        let open = [Self.initialize(version), #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#]
        try self.init((open + lines).map { $0 + "\n" }.joined())
    }

    static func initialize(_ version: String) -> String {
        #"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"\#(version)","#
            + #""capabilities":{},"clientInfo":{"name":"test","version":"1"}}}"#
    }

    static func request(_ id: Int, _ method: String, _ params: String = "{}") -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":\#(params)}"#
    }

    static func call(_ tool: String, _ arguments: String) -> String {
        request(1, "tools/call", #"{"name":"\#(tool)","arguments":\#(arguments)}"#)
    }
}

extension [String: Any] {
    var result: [String: Any]? { self["result"] as? [String: Any] }
    var errorCode: Int? { (self["error"] as? [String: Any])?["code"] as? Int }
    var text: String? { ((result?["content"] as? [[String: Any]])?.first)?["text"] as? String }
    var isToolError: Bool? { result?["isError"] as? Bool }
}
