// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import HTTP

/// One row of the shared vectors.
struct Vector: Sendable, CustomTestStringConvertible {
    var id: String
    var want: String
    var bytes: [UInt8]

    var testDescription: String { id }

    /// Whether a verdict is among the alternatives. Input that ends early is no delivery; the connection closes.
    func allows(_ verdict: String) -> Bool {
        want.split(separator: "|").contains { alternative in
            switch alternative {
            case "200*", "100+200": verdict == "200"
            case "close": verdict == "incomplete"
            default: verdict == String(alternative)
            }
        }
    }

    static let all: [Vector] = load()

    private static func load() -> [Vector] {
        let environment = ProcessInfo.processInfo.environment["GATEHOUSE_VECTORS"].map { URL(filePath: $0) }
        let root = URL(filePath: #filePath).appending(path: "../../../../shared/vectors").standardized
        for folder in [environment, root].compactMap({ $0 }) {
            guard let text = try? Data(contentsOf: folder.appending(path: "h1_vectors.jsonl")) else { continue }
            return text.split(separator: 0x0A).compactMap(row)
        }
        print("skipped: no h1_vectors.jsonl in GATEHOUSE_VECTORS nor in ../shared/vectors")
        return []
    }

    private static func row(_ line: Data) -> Vector? {
        guard let object = try? JSONSerialization.jsonObject(with: line) as? [String: String], let id = object["id"],
            let want = object["want"]
        else { return nil }
        let bytes =
            object["text"].map { Array($0.utf8) }
            ?? object["base64"].flatMap { Data(base64Encoded: $0) }.map(Array.init)
        return bytes.map { Vector(id: id, want: want, bytes: $0) }
    }
}

struct VectorTests {
    @Test func `the vectors are all read`() {
        #expect(Vector.all.isEmpty || Vector.all.count >= 105)
    }

    @Test(arguments: Vector.all)
    func `every row gets one of its verdicts`(_ row: Vector) {
        let verdict = trace(row.bytes).verdict
        #expect(row.allows(verdict), "\(row.id): \(verdict) is not \(row.want)")
    }

    @Test(arguments: Vector.all)
    func `every row gets the same events wherever it is cut`(_ row: Vector) {
        let whole = trace(row.bytes)
        var cut = 1
        while cut < row.bytes.count {
            #expect(trace(row.bytes, cutAt: [cut]) == whole, "\(row.id) cut at \(cut)")
            cut += cut < 600 ? 1 : max(1, row.bytes.count / 97)
        }
        #expect(traceByteByByte(row.bytes) == whole, "\(row.id) byte by byte")
    }
}
