// SPDX-License-Identifier: Apache-2.0

import Bytes
import Testing

@testable import Policy

struct PatternTests {
    @Test(arguments: [
        ("add", "add", true), ("add", "adds", false), ("add", "ad", false), ("add", "Add", false), ("add", "", false),
        ("get_*", "get_", true), ("get_*", "get_user", true), ("get_*", "get_a/b", true), ("get_*", "Get_user", false),
        ("get_*", "forget_user", false), ("*_user", "get_user", true), ("*_user", "get_users", false),
        ("*", "", true), ("*", "anything/at all", true), ("**", "a/b", true), ("a**b", "a/x/b", true),
        ("a*b*c", "axxbyyc", true), ("a*b*c", "abcbc", true), ("a*b*c", "acb", false), ("a*a", "a", false),
        ("?", "x", true), ("?", "", false), ("?", "xy", false), ("?", "é", true), ("?", "𝄞", true),
        ("?", "e\u{301}", false), ("??", "e\u{301}", true), ("a?c", "abc", true), ("a?c", "a/c", true),
        ("caf\u{e9}", "cafe\u{301}", false), ("K", "\u{212A}", false), ("a%20b", "a%20b", true),
        ("a%20b", "a b", false),
        ("*?", "é", true), ("*??", "é", false), ("x*", "x\u{0}", true), ("a b", "a b", true),
        ("a b", "a\u{a0}b", false),
    ])
    func `a name pattern matches whole names byte for byte`(pattern: String, text: String, expected: Bool) throws {
        #expect(try Pattern(Array(pattern.utf8), .name).matches(Array(text.utf8)) == expected)
    }

    @Test(arguments: [
        ("file:///public/*", "file:///public/a", true), ("file:///public/*", "file:///public/", true),
        ("file:///public/*", "file:///public/a/b", false), ("file:///public/**", "file:///public/a/b", true),
        ("file:///public/**", "file:///public", false), ("file:///public/**", "file:///publicity", false),
        ("file:///*/x", "file:///a/x", true), ("file:///*/x", "file:///a/b/x", false),
        ("file:///**/x", "file:///a/b/x", true), ("file:///**/x", "file:///x", false),
        ("file:///**/x*y", "file:///x/xa/y/xby", true), ("file:///**/x*y", "file:///x/xa/y/xb/y", false),
        ("f?le:///a", "file:///a", true), ("file:///a?b", "file:///a/b", false), ("file:///a?b", "file:///aéb", true),
        ("file:///***", "file:///a/b", true), ("db://*/*", "db://t/r", true), ("db://*/*", "db://t/r/c", false),
        ("*://x", "db://x", true), ("*//x", "db://x", true), ("*x", "db://x", false), ("**", "a:/b/c", true),
        // The first reading of a pattern: triplets decoded but those of / \ ? # %.
        ("file:///a%20b", "file:///a b", true), ("file:///a%2fb", "file:///a%2Fb", true),
        ("file:///a%2fb", "file:///a/b", false), ("file:///a%2Ab", "file:///a*b", true),
        ("file:///a%2Ab", "file:///axb", false), ("file:///%C3%A9", "file:///é", true), ("x:%25", "x:%25", true),
    ])
    func `a star stops at slashes in URIs and two do not`(pattern: String, text: String, expected: Bool) throws {
        #expect(try Pattern(Array(pattern.utf8), .uri).matches(Array(text.utf8)) == expected)
    }

    @Test func `bytes that are no UTF-8 count as one character each and equal none`() throws {
        #expect(try Pattern(Array("a?b".utf8), .name).matches([0x61, 0xFF, 0x62]))
        #expect(try !Pattern(Array("a?b".utf8), .name).matches([0x61, 0xFF, 0xFE, 0x62]))
        #expect(try Pattern(Array("a*".utf8), .name).matches([0x61, 0xC3]))
        #expect(try !Pattern(Array("aÿ".utf8), .name).matches([0x61, 0xFF]))
    }

    @Test(arguments: [
        ("", Pattern.Grammar.name, Pattern.Fault.empty), ("", .uri, .empty), ("x:%", .uri, .badPercentEncoding),
        ("x:%4", .uri, .badPercentEncoding), ("x:%zz", .uri, .badPercentEncoding), ("x:%*", .uri, .badPercentEncoding),
        ("x:%FF", .uri, .notUTF8), ("x:%C3*%A9", .uri, .notUTF8),
        (String(repeating: "a", count: Pattern.bytesMax + 1), .name, .tooLong),
    ])
    func `a pattern that says nothing is refused`(text: String, grammar: Pattern.Grammar, expected: Pattern.Fault) {
        do {
            _ = try Pattern(Array(text.utf8), grammar)
            Issue.record("accepted")
        } catch {
            #expect(error == expected)
        }
    }

    @Test func `the longest pattern is accepted`() throws {
        _ = try Pattern(Array(repeating: 0x61, count: Pattern.bytesMax), .name)
        #expect(throws: Pattern.Fault.notUTF8) { try Pattern([0xFF], .name) }
    }

    @Test(arguments: [
        // Each would take exponential time where every run is tried again for every other.
        String(repeating: "*a", count: 40) + "*b", String(repeating: "*?", count: 60) + "b",
        String(repeating: "a*", count: 100) + "c", "*" + String(repeating: "a", count: 200) + "b",
        String(repeating: "**/a*", count: 40) + "b", String(repeating: "*a**a", count: 40) + "b",
    ])
    func `hostile patterns cost at most text times pattern`(pattern: String) throws {
        let text = [UInt8](repeating: 0x61, count: 4000)
        let slashes = Array(String(repeating: "a/", count: 2000).utf8)
        for grammar in [Pattern.Grammar.name, .uri] {
            let compiled = try Pattern(Array(pattern.utf8), grammar)
            for input in [text, slashes] {
                var steps = 0
                #expect(!compiled.matches(input, steps: &steps))
                #expect(steps <= (input.count + 1) * (compiled.tokens.count + 1))
            }
        }
    }

    @Test(arguments: 0..<20)
    func `patterns agree with a matcher that tries everything`(seed: Int) throws {
        var dice = Dice(seed: UInt64(seed))
        for _ in 0..<600 {
            let pattern = Self.random(of: "ab/*?é", upTo: 7, &dice)
            let text = Self.random(of: "aab/é", upTo: 8, &dice)
            guard !pattern.isEmpty else { continue }
            for grammar in [Pattern.Grammar.name, .uri] {
                let compiled = try Pattern(Array(pattern.utf8), grammar)
                let expected = Self.tries(compiled.tokens[...], Array(text.unicodeScalars)[...])
                #expect(compiled.matches(Array(text.utf8)) == expected, "\(pattern) \(text) \(grammar)")
            }
        }
    }

    @Test(arguments: 0..<10)
    func `comparing patterns agrees with comparing what they match`(seed: Int) throws {
        var dice = Dice(seed: UInt64(seed) + 1000)
        let texts = Self.allTexts(of: "ab/", upTo: 5)
        var counts = (covered: 0, met: 0)
        for _ in 0..<60 {
            let (first, second) = (Self.random(of: "ab/**?", upTo: 4, &dice), Self.random(of: "ab/**?", upTo: 4, &dice))
            guard !first.isEmpty, !second.isEmpty else { continue }
            let (wide, narrow) = (try Pattern(Array(first.utf8), .uri), try Pattern(Array(second.utf8), .uri))
            let inNarrow = texts.filter { narrow.matches($0) }
            let covered = PatternAutomaton([wide]).covers(narrow)
            // Five letters are enough to tell patterns of at most four tokens apart.
            #expect(covered == inNarrow.allSatisfy { wide.matches($0) }, "\(first) covers \(second)")
            #expect(wide.meets(narrow) == inNarrow.contains { wide.matches($0) }, "\(first) meets \(second)")
            #expect(wide.meets(narrow) == narrow.meets(wide))
            if covered { counts.covered += 1 }
            if wide.meets(narrow) { counts.met += 1 }
        }
        #expect(counts.covered > 0 && counts.met > counts.covered)
    }

    @Test func `several patterns cover together what none covers alone`() throws {
        let patterns = try ["a*", "?", "b*", "/*", ""].filter { !$0.isEmpty }.map { try Pattern(Array($0.utf8), .name) }
        #expect(PatternAutomaton(patterns).covers(try Pattern(Array("b*".utf8), .name)))
        #expect(!PatternAutomaton(patterns).covers(try Pattern(Array("*".utf8), .name)))
        let halves = try ["x", "x?*"].map { try Pattern(Array($0.utf8), .name) }
        #expect(PatternAutomaton(halves).covers(try Pattern(Array("x*".utf8), .name)))
    }

    @Test func `comparing gives up on the side of no`() throws {
        // Which of the last 14 characters were an "a": 2^14 sets of places.
        let wide = try Pattern(Array(("*a" + String(repeating: "?", count: 14) + "*").utf8), .name)
        let narrow = try Pattern(Array(("*b" + "a" + String(repeating: "?", count: 14)).utf8), .name)
        let exhausting = try Pattern(Array(("*a" + String(repeating: "?", count: 14)).utf8), .name)
        #expect(PatternAutomaton([wide]).covers(try Pattern(Array("a12345678901234".utf8), .name)))
        #expect(!PatternAutomaton([exhausting]).covers(narrow))
        #expect(!PatternAutomaton([exhausting]).covers(exhausting))
    }

    private static func random(of letters: String, upTo count: Int, _ dice: inout Dice) -> String {
        let letters = Array(letters)
        return String(
            (0..<Int.random(in: 0...count, using: &dice)).map { _ in
                letters[Int.random(in: 0..<letters.count, using: &dice)]
            }
        )
    }

    private static func tries(_ tokens: ArraySlice<Pattern.Token>, _ text: ArraySlice<Unicode.Scalar>) -> Bool {
        guard let token = tokens.first else { return text.isEmpty }
        if token.isRun, tries(tokens.dropFirst(), text) { return true }
        guard let first = text.first, token.takes(first.value) else { return false }
        return tries(token.isRun ? tokens : tokens.dropFirst(), text.dropFirst())
    }

    private static func allTexts(of letters: String, upTo count: Int) -> [[UInt8]] {
        var texts: [[UInt8]] = [[]]
        var last: [[UInt8]] = [[]]
        for _ in 0..<count {
            last = last.flatMap { text in letters.utf8.map { text + [$0] } }
            texts += last
        }
        return texts
    }
}
