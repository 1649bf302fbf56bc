// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import JSON

struct NameTests {
    @Test(arguments: [
        (#"{"a":1,"a":2}"#, 7), (#"{"name":1,"n\u0061me":2}"#, 10), (#"{"n\u0061me":1,"name":2}"#, 15),
        (#"{"\u0061":1,"\u0061":2}"#, 12), (#"{"":1,"":2}"#, 6), (#"{"x":{"a":[1],"a":{}}}"#, 14),
        (#"[{"é":1,"\u00e9":2}]"#, 9), (#"{"😀":1,"\ud83d\ude00":2}"#, 10), (#"{"\/":1,"/":2}"#, 8),
        (#"{"a":{"b":1},"b":1,"a":1}"#, 19),
    ])
    func `two members of one name are refused at any depth`(text: String, offset: Int) {
        #expect(refusal(text) == JSONError(.duplicateMember, at: offset))
    }

    @Test(arguments: [
        #"{"a":1,"A":2}"#, #"{"a":{"a":{"a":1}}}"#, #"[{"a":1},{"a":1}]"#, "{\"\u{E9}\":1,\"e\u{301}\":2}",
        #"{"a":"b","b":"a"}"#,
        #"{"a":1,"a ":2,"":3}"#,
    ])
    func `names that differ in any byte, or belong to different objects, are no duplicates`(text: String) {
        #expect(refusal(text) == nil)
    }

    /// Sizes on both sides of the change from pairs to the table, and of its growth.
    @Test(arguments: [2, 3, 15, 16, 17, 18, 31, 32, 33, 100, 1000])
    func `a duplicate is found wherever it stands in an object of any size`(count: Int) {
        let names = (0..<count).map { "name-\($0)" }
        #expect(refusal(object(names)) == nil)
        for first in [0, 1, count / 2, count - 2] where first >= 0 && first < count - 1 {
            var doubled = names
            doubled[count - 1] = names[first]
            #expect(refusal(object(doubled))?.kind == .duplicateMember)
            doubled[count - 1] = "\\u006e" + names[first].dropFirst()
            #expect(refusal(object(doubled))?.kind == .duplicateMember)
        }
    }

    @Test func `tables of large objects do not spoil one another`() {
        let large = object((0..<300).map { "a\($0)" })
        let middle = object((0..<40).map { "a\($0)" })
        #expect(refusal("[\(large),\(middle),\(large),\(middle)]") == nil)
        #expect(refusal("{\"x\":\(large),\"y\":{\"x\":\(middle)}}") == nil)
    }

    @Test func `names are compared a bounded number of times, whatever they are`() throws {
        // Names of one length with one beginning are the worst for a comparison of pairs.
        let long = String(repeating: "x", count: 500)
        let few = String(repeating: object((0..<16).map { "\(long)\($0 + 10)" }) + ",", count: 200)
        var scanner = try scanned("[\(few)0]")
        #expect(scanner.comparisons <= 200 * 16 * 15 / 2)

        let count = 50_000
        scanner = try scanned(object((0..<count).map { "\(100_000 + $0)" }))
        #expect(scanner.comparisons <= count / 100, "only names whose half hashes agree are compared")
        #expect(scanner.probes <= count * 2, "the table is at most half full")

        // Escapes would have to be decoded for each comparison, so even few names go through the table.
        scanner = try scanned(object((0..<16).map { "\\u0061\(long)\($0 + 10)" }))
        #expect(scanner.comparisons <= 1)
    }

    private func object(_ names: [String]) -> String {
        "{" + names.map { "\"\($0)\":0" }.joined(separator: ",") + "}"
    }

    private func scanned(_ text: String) throws -> (comparisons: Int, probes: Int) {
        let bytes = Array(text.utf8)
        var scanner = JSONScanner(bytes.span, limits: JSONLimits())
        try scanner.scanDocument()
        return (scanner.comparisons, scanner.probes)
    }
}
