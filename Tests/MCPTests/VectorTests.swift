// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSON
import MCP
import Testing

struct VectorTests {
    /// Rows that a reader must accept and a policy refuse: what the reader gives the policy to judge. The caller may
    /// call
    /// `safe`, and `tasK` with a plain K.
    static let judged: [String: [UInt8]] = [
        "escaped-tool": Array("danger".utf8), "name-case": Array("DANGER".utf8),
        "name-kelvin": Array("tas\u{212A}".utf8),
    ]

    @Test func `bodies that two parsers read differently are refused, all others keep their meaning`() throws {
        guard let rows = try vectorLines("json_vectors.jsonl") else { return }
        #expect(rows.count >= 50)
        for row in rows {
            let id = row["id"]?.string.map(text) ?? ""
            let body = try #require(row["text"]?.string ?? decoded(row["base64"]), "\(id)")
            let result = read(body)
            if let name = Self.judged[id] {
                guard case .single(.request(let request)) = try result.get() else { throw NotTheMessageWanted() }
                #expect(request.call == MCPCall(method: .toolsCall, target: .tool(name)), "\(id)")
            } else if row["want"]?.equals("reject") == true {
                #expect(code(result) != nil, "\(id)")
            } else {
                try expectCanonical(result, id)
            }
        }
    }

    private func expectCanonical(_ result: Result<MCPBody, MCPError>, _ row: String) throws {
        guard case .success(.single(.request(let request))) = result else {
            Issue.record("\(row) is refused")
            return
        }
        var out: [UInt8] = []
        request.appendMinified(to: &out, withID: request.id.text)
        #expect(!out.contains(0x0A) && !out.contains(0x0D), "\(row)")
        #expect(!text(out).unicodeScalars.contains { [0x85, 0x2028, 0x2029].contains($0.value) }, "\(row)")
        guard case .success(.single(.request(let again))) = read(out) else {
            Issue.record("\(row) cannot be read again")
            return
        }
        #expect(again.call == request.call && again.id.text == request.id.text, "\(row)")
        #expect(areSame(again.json, request.json), "\(row)")
    }

    private func decoded(_ value: JSONValue?) -> [UInt8]? {
        value?.string.flatMap { Data(base64Encoded: Data($0)) }.map { [UInt8]($0) }
    }
}
