// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSON

/// The document of a text.
func document(_ text: String, _ limits: JSONLimits = JSONLimits()) throws -> JSONDocument {
    try JSONDocument(Array(text.utf8), limits: limits)
}

/// Why bytes are refused; nil where they are read.
func refusal(_ bytes: [UInt8], _ limits: JSONLimits = JSONLimits()) -> JSONError? {
    do throws(JSONError) {
        _ = try JSONDocument(bytes, limits: limits)
        return nil
    } catch {
        return error
    }
}

func refusal(_ text: String, _ limits: JSONLimits = JSONLimits()) -> JSONError? { refusal(Array(text.utf8), limits) }

func minified(_ value: JSONValue) -> [UInt8] {
    var out: [UInt8] = []
    value.appendMinified(to: &out)
    return out
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

/// What must hold of every document that is read: its minified form is the same document, has no line break outside
/// escapes, and is its own minified form.
func faultOfMinified(_ document: JSONDocument) -> String? {
    let text = minified(document.root)
    if text.contains(0x0A) || text.contains(0x0D) { return "has a line break" }
    guard let again = try? JSONDocument(text) else { return "is not read" }
    if !areSame(document.root, again.root) { return "has other values" }
    return minified(again.root) == text ? nil : "has another minified form"
}

/// A file of the test vectors; nil, said once a file, where there are none.
func vectors(_ path: String) -> URL? {
    let folder = ProcessInfo.processInfo.environment["GATEHOUSE_VECTORS"] ?? "../shared/vectors"
    let url = URL(fileURLWithPath: folder).appendingPathComponent(path)
    guard FileManager.default.fileExists(atPath: url.path) else {
        print("skipped: no \(url.path)")
        return nil
    }
    return url
}
