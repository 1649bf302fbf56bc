// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSON
import MCP

/// The bytes of a text.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// A client's body, or the error that it gives.
func read(_ body: [UInt8]) -> Result<MCPBody, MCPError> {
    do throws(MCPError) {
        return .success(try MCPReader.read(body, limits: JSONLimits()))
    } catch {
        return .failure(error)
    }
}

func read(_ body: String) -> Result<MCPBody, MCPError> { read(bytes(body)) }

/// A server's line, or the error that it gives.
func readUpstream(_ line: String) -> Result<MCPMessage, MCPError> {
    do throws(MCPError) {
        return .success(try MCPReader.readUpstream(bytes(line), limits: JSONLimits()))
    } catch {
        return .failure(error)
    }
}

struct NotTheMessageWanted: Error {}

func message(_ body: String) throws -> MCPMessage {
    guard case .single(let message) = try read(body).get() else { throw NotTheMessageWanted() }
    return message
}

func request(_ body: String) throws -> MCPRequest {
    guard case .request(let request) = try message(body) else { throw NotTheMessageWanted() }
    return request
}

func notification(_ body: String) throws -> MCPNotification {
    guard case .notification(let notification) = try message(body) else { throw NotTheMessageWanted() }
    return notification
}

/// A request with these params (JSON text).
func call(_ method: String, _ params: String, id: String = "1") -> String {
    #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":\#(params)}"#
}

/// The code that a body is refused with; nil where it is read.
func code(_ body: String) -> Int? { code(read(body)) }

func code<Message>(_ result: Result<Message, MCPError>) -> Int? {
    if case .failure(let error) = result { return error.code }
    return nil
}

func answer(_ line: String) throws -> MCPResponse {
    guard case .response(let response) = try readUpstream(line).get() else { throw NotTheMessageWanted() }
    return response
}

/// Whether two values are the same to every reader: decoded strings, number texts, order.
func areSame(_ left: JSONValue, _ right: JSONValue) -> Bool {
    guard left.kind == right.kind, left.count == right.count else { return false }
    switch left.kind {
    case .object:
        return zip(left.members, right.members).allSatisfy { areSame($0.name, $1.name) && areSame($0.value, $1.value) }
    case .array: return zip(left.elements, right.elements).allSatisfy(areSame)
    case .string: return left.string == right.string
    case .number, .bool, .null: return left.raw == right.raw
    }
}

/// The lines of a file of test vectors; nil, said once, where there is none.
func vectorLines(_ path: String) throws -> [JSONValue]? {
    let folder = ProcessInfo.processInfo.environment["GATEHOUSE_VECTORS"] ?? "../shared/vectors"
    guard let data = FileManager.default.contents(atPath: folder + "/" + path) else {
        print("skipped: no \(folder)/\(path)")
        return nil
    }
    return try data.split(separator: 0x0A).map { try JSONDocument([UInt8]($0)).root }
}
