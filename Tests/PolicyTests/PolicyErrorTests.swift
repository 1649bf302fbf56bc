// SPDX-License-Identifier: Apache-2.0

import Bytes
import Testing

@testable import Policy

struct PolicyErrorTests {
    private static let good = allow("good", to: .authenticated, named(tools: ["t"]))

    @Test(arguments: [
        (allow("r", on: nil, to: .authenticated, .everything), PolicyError(.missingServers, rule: 1, member: .servers)),
        (allow("r", on: [], to: .authenticated, .everything), PolicyError(.emptyList, rule: 1, member: .servers)),
        (deny("r", on: [], to: .anyone, .everything), PolicyError(.emptyList, rule: 1, member: .servers)),
        (
            allow("r", on: ["calc", "*"], to: .anyone, named(tools: ["t"])),
            PolicyError(.patternForAnyone, rule: 1, member: .servers, element: 1, value: [0x2A])
        ),
        (
            allow("r", on: ["cal?"], to: .anyone, named(tools: ["t"])),
            PolicyError(.patternForAnyone, rule: 1, member: .servers, element: 0, value: Array("cal?".utf8))
        ),
        (
            allow("r", on: ["calc", "clac"], to: .authenticated, .everything),
            PolicyError(.unknownServer, rule: 1, member: .servers, element: 1, value: Array("clac".utf8))
        ),
        (
            deny("r", on: ["Calc"], to: .anyone, .everything),
            PolicyError(.unknownServer, rule: 1, member: .servers, element: 0, value: Array("Calc".utf8))
        ),
        (
            allow("r", on: [""], to: .authenticated, .everything),
            PolicyError(.emptyValue, rule: 1, member: .servers, element: 0, value: [])
        ),
        (allow("r", to: .authenticated, named()), PolicyError(.emptyList, rule: 1, member: .objects)),
        (deny("r", to: .anyone, named()), PolicyError(.emptyList, rule: 1, member: .objects)),
        (
            allow("r", to: .authenticated, named(tools: ["a", ""])),
            PolicyError(.emptyValue, rule: 1, member: .tools, element: 1, value: [])
        ),
        (
            allow("r", to: .authenticated, named(resources: ["x:%zz"])),
            PolicyError(.badPercentEncoding, rule: 1, member: .resources, element: 0, value: Array("x:%zz".utf8))
        ),
        (
            allow("r", to: .authenticated, named(resources: ["x:%FF"])),
            PolicyError(.notUTF8, rule: 1, member: .resources, element: 0, value: Array("x:%FF".utf8))
        ),
        (
            allow("r", to: .authenticated, named(prompts: [""])),
            PolicyError(.emptyValue, rule: 1, member: .prompts, element: 0, value: [])
        ),
        (
            deny("r", to: .authenticated, named(methods: [""])),
            PolicyError(.emptyValue, rule: 1, member: .methods, element: 0, value: [])
        ),
        (allow("r", to: .matching(.init()), .everything), PolicyError(.emptyList, rule: 1, member: .to)),
        (allow("r", to: .matching(.init(keys: [])), .everything), PolicyError(.emptyList, rule: 1, member: .key)),
        (
            allow("r", to: .matching(.init(subjects: [])), .everything),
            PolicyError(.emptyList, rule: 1, member: .subject)
        ),
        (
            allow("r", to: .matching(.init(roles: bytes(["x", ""]))), .everything),
            PolicyError(.emptyValue, rule: 1, member: .role, element: 1, value: [])
        ),
        (
            allow("r", to: .matching(.init(kinds: bytes(["apikey"]))), .everything),
            PolicyError(.unknownKind, rule: 1, member: .kind, element: 0, value: Array("apikey".utf8))
        ),
        (
            deny("good", to: .anyone, .everything),
            PolicyError(.duplicateID, rule: 1, member: .id, value: Array("good".utf8))
        ),
        (
            // Report mode is no excuse.
            allow("r", on: nil, to: .authenticated, .everything, mode: .report),
            PolicyError(.missingServers, rule: 1, member: .servers)
        ),
    ])
    func `a rule that says nothing is refused`(rule: AccessRule, expected: PolicyError) {
        let servers = bytes(["calc"])
        #expect(Policy.problems(rules: [Self.good, rule], servers: servers) == [expected])
        do {
            _ = try Policy(rules: [Self.good, rule], servers: servers)
            Issue.record("accepted")
        } catch {
            #expect(error == expected)
        }
        #expect(expected.sentence.utf8CodeUnitCount > 10)
    }

    @Test func `a pattern over the limit is refused`() {
        let longest = String(repeating: "a", count: Policy.patternBytesMax)
        for (name, count) in [(longest, 0), (longest + "a", 1)] {
            let problems = Policy.problems(
                rules: [allow("r", to: .authenticated, named(tools: [name]))],
                servers: bytes(["s"])
            )
            #expect(problems.count == count)
            #expect(problems.allSatisfy { $0.problem == .patternTooLong && $0.member == .tools })
        }
    }

    @Test func `all problems are found at once`() {
        let problems = Policy.problems(
            rules: [
                allow("a", on: nil, to: .matching(.init(keys: [])), named(tools: [""])), Self.good,
                deny("a", on: ["x"], to: .anyone, named()),
            ],
            servers: bytes(["calc"])
        )
        #expect(problems.map(\.rule) == [0, 0, 0, 2, 2, 2])
    }

    @Test func `the good rule is accepted`() throws {
        _ = try Policy(rules: [Self.good], servers: bytes(["calc"]))
        _ = try Policy(rules: [deny("r", to: .anyone, .everything)], servers: [])
    }
}
