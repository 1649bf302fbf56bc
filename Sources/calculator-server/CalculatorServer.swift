// SPDX-License-Identifier: Apache-2.0

import Bytes
import JSON

/// What the server says to each line: JSON-RPC 2.0 with the handshake versions of MCP. No input, no output.
struct CalculatorServer {
    static let release = "0.1.0"

    /// The versions it speaks, oldest first.
    private enum Version: Int, CaseIterable {
        case v2024_11_05, v2025_03_26, v2025_06_18, v2025_11_25

        var text: StaticString {
            switch self {
            case .v2024_11_05: "2024-11-05"
            case .v2025_03_26: "2025-03-26"
            case .v2025_06_18: "2025-06-18"
            case .v2025_11_25: "2025-11-25"
            }
        }
    }

    private struct Failure: Error {
        let code: Int
        let message: StaticString
    }

    private static let parseError = Failure(code: -32700, message: "Parse error")
    private static let invalidRequest = Failure(code: -32600, message: "Invalid request")

    /// Nil until the client has called `initialize`.
    private var version: Version?

    /// The answer to one line, with its line feed; nil where none is due.
    mutating func answer(_ line: LineInput.Line) -> [UInt8]? {
        guard case .text(let text) = line else { return Self.error(Self.parseError, id: nil) + [0x0A] }
        if text.allSatisfy({ $0 == ASCII.space || $0 == ASCII.tab || $0 == ASCII.carriageReturn }) { return nil }
        let answer: [UInt8]?
        do throws(JSONError) {
            let root = try JSONDocument(text).root
            // Batches are part of 2025-03-26 and of no other version.
            let isBatch = root.kind == .array && version == .v2025_03_26
            answer = isBatch ? self.answer(batch: root) : self.answer(message: root)
        } catch {
            answer = Self.error(Self.parseError, id: nil)
        }
        return answer.map { $0 + [0x0A] }
    }

    private mutating func answer(batch: JSONValue) -> [UInt8]? {
        guard batch.count > 0 else { return Self.error(Self.invalidRequest, id: nil) }
        var writer = JSONWriter()
        var answered = false
        writer.beginArray()
        for message in batch.elements {
            guard let answer = answer(message: message) else { continue }
            writer.raw(answer)
            answered = true
        }
        writer.endArray()
        return answered ? writer.bytes : nil
    }

    private mutating func answer(message: JSONValue) -> [UInt8]? {
        guard message.kind == .object, message["jsonrpc"]?.equals("2.0") == true else {
            return Self.error(Self.invalidRequest, id: nil)
        }
        guard let method = message["method"] else {
            // An answer to a request; this server never asks.
            let isAnswer = message["result"] != nil || message["error"] != nil
            return isAnswer ? nil : Self.error(Self.invalidRequest, id: nil)
        }
        guard let id = message["id"] else { return nil }
        guard id.kind == .string || id.kind == .number, method.kind == .string else {
            return Self.error(Self.invalidRequest, id: nil)
        }
        do throws(Failure) {
            var writer = Self.opening(id: id.raw)
            writer.name("result")
            try write(resultOf: method, message["params"], to: &writer)
            writer.endObject()
            return writer.bytes
        } catch {
            return Self.error(error, id: id.raw)
        }
    }

    private mutating func write(
        resultOf method: JSONValue,
        _ params: JSONValue?,
        to writer: inout JSONWriter
    ) throws(Failure) {
        if let params, params.kind != .object { throw Failure(code: -32602, message: "params must be an object") }
        if method.equals("ping") { return writer.raw("{}") }
        if method.equals("initialize") { return try initialize(params, &writer) }
        guard let version else { throw Failure(code: -32600, message: "Not initialized") }
        if method.equals("tools/list") { return try list(params, version, &writer) }
        if method.equals("tools/call") { return try call(params, version, &writer) }
        throw Failure(code: -32601, message: "Method not found")
    }

    private mutating func initialize(_ params: JSONValue?, _ writer: inout JSONWriter) throws(Failure) {
        guard let asked = params?["protocolVersion"], asked.kind == .string else {
            throw Failure(code: -32602, message: "protocolVersion must be a string")
        }
        let agreed = Version.allCases.first { asked.equals($0.text) } ?? .v2025_11_25
        version = agreed
        writer.beginObject()
        writer.member("protocolVersion", agreed.text)
        writer.name("capabilities")
        writer.raw("{\"tools\":{}}")
        writer.name("serverInfo")
        writer.beginObject()
        writer.member("name", "calculator-server")
        if agreed.rawValue >= Version.v2025_06_18.rawValue { writer.member("title", "Calculator") }
        writer.member("version", Self.release)
        writer.endObject()
        writer.endObject()
    }

    private func list(_ params: JSONValue?, _ version: Version, _ writer: inout JSONWriter) throws(Failure) {
        // The list is one page: no cursor was ever given out.
        if params?["cursor"] != nil { throw Failure(code: -32602, message: "Unknown cursor") }
        writer.beginObject()
        writer.name("tools")
        writer.beginArray()
        for operation in Operation.allCases { Self.describe(operation, version, &writer) }
        writer.endArray()
        writer.endObject()
    }

    private static func describe(_ operation: Operation, _ version: Version, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", operation.name)
        if version.rawValue >= Version.v2025_06_18.rawValue { writer.member("title", operation.title) }
        writer.member("description", operation.description)
        writer.name("inputSchema")
        writer.raw(
            """
            {"type":"object","properties":{"a":{"type":"number"},"b":{"type":"number"}},\
            "required":["a","b"],"additionalProperties":false}
            """
        )
        if version.rawValue >= Version.v2025_06_18.rawValue {
            writer.name("outputSchema")
            writer.raw(
                "{\"type\":\"object\",\"properties\":{\"result\":{\"type\":\"number\"}},\"required\":[\"result\"]}"
            )
        }
        if version.rawValue >= Version.v2025_03_26.rawValue {
            writer.name("annotations")
            writer.raw("{\"readOnlyHint\":true,\"openWorldHint\":false}")
        }
        writer.endObject()
    }

    private func call(_ params: JSONValue?, _ version: Version, _ writer: inout JSONWriter) throws(Failure) {
        guard let name = params?["name"], name.kind == .string else {
            throw Failure(code: -32602, message: "name must be a string")
        }
        guard let operation = Operation.allCases.first(where: { name.equals($0.name) }) else {
            throw Failure(code: -32602, message: "Unknown tool")
        }
        writer.beginObject()
        do throws(Operation.Problem) {
            let text = Operation.text(try operation.result(params?["arguments"]))
            Self.content(text, isError: false, &writer)
            if version.rawValue >= Version.v2025_06_18.rawValue {
                writer.name("structuredContent")
                writer.beginObject()
                writer.name("result")
                writer.raw(text)
                writer.endObject()
            }
        } catch {
            Self.content(error.text.bytes, isError: true, &writer)
        }
        writer.endObject()
    }

    private static func content(_ text: [UInt8], isError: Bool, _ writer: inout JSONWriter) {
        writer.name("content")
        writer.beginArray()
        writer.beginObject()
        writer.member("type", "text")
        writer.member("text", text)
        writer.endObject()
        writer.endArray()
        writer.name("isError")
        writer.bool(isError)
    }

    /// The first members of an answer; the object is left open. A nil id is `null`: the request's could not be read.
    private static func opening(id: [UInt8]?) -> JSONWriter {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("jsonrpc", "2.0")
        writer.name("id")
        if let id { writer.raw(id) } else { writer.null() }
        return writer
    }

    private static func error(_ failure: Failure, id: [UInt8]?) -> [UInt8] {
        var writer = opening(id: id)
        writer.name("error")
        writer.beginObject()
        writer.member("code", failure.code)
        writer.member("message", failure.message)
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }
}
