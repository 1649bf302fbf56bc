// SPDX-License-Identifier: Apache-2.0

import Bytes
import MCP
import Testing

@testable import Policy

struct PolicyReviewTests {
    private static let servers = ["calc", "shop"]

    private static func kinds(_ rules: [AccessRule]) -> [[PolicyWarning.Kind]] {
        let warnings = PolicyReview.review(rules: rules, servers: bytes(servers))
        return rules.indices.map { index in warnings.filter { $0.rule == index }.map(\.kind) }
    }

    @Test(arguments: [
        // An allow, a deny, and whether the deny covers all of the allow.
        (allow("a", to: roles("x"), named(tools: ["t"])), deny("d", to: .anyone, named(tools: ["t"])), true),
        (allow("a", to: roles("x"), named(tools: ["t"])), deny("d", to: .anyone, .everything), true),
        (allow("a", to: roles("x"), named(tools: ["t", "u"])), deny("d", to: .anyone, named(tools: ["t"])), false),
        (allow("a", to: roles("x"), named(tools: ["t_*"])), deny("d", to: .anyone, named(tools: ["t*"])), true),
        (allow("a", to: roles("x"), named(tools: ["t*"])), deny("d", to: .anyone, named(tools: ["t_*"])), false),
        (allow("a", to: roles("x"), named(tools: ["t*"])), deny("d", to: .anyone, named(tools: ["t", "t?*"])), true),
        (allow("a", to: roles("x"), named(tools: ["t"])), deny("d", to: roles("x"), named(tools: ["t"])), true),
        (allow("a", to: roles("x", "y"), named(tools: ["t"])), deny("d", to: roles("x"), named(tools: ["t"])), false),
        (allow("a", to: roles("x"), named(tools: ["t"])), deny("d", to: roles("x", "y"), named(tools: ["t"])), true),
        (allow("a", to: roles("x"), named(tools: ["t"])), deny("d", to: keys("x"), named(tools: ["t"])), false),
        (allow("a", to: roles("x"), named(tools: ["t"])), deny("d", to: .authenticated, named(tools: ["t"])), true),
        (
            allow("a", on: ["calc"], to: .anyone, named(tools: ["t"])),
            deny("d", to: .authenticated, named(tools: ["t"])), false
        ),
        (
            allow("a", to: .matching(.init(keys: bytes(["k"]), roles: bytes(["x"]))), named(tools: ["t"])),
            deny("d", to: keys("k"), named(tools: ["t"])), true
        ),
        (
            allow("a", to: keys("k"), named(tools: ["t"])),
            deny("d", to: .matching(.init(keys: bytes(["k"]), roles: bytes(["x"]))), named(tools: ["t"])), false
        ),
        (
            allow("a", on: ["*"], to: roles("x"), named(tools: ["t"])),
            deny("d", on: ["calc"], to: .anyone, named(tools: ["t"])), false
        ),
        (
            allow("a", on: ["calc"], to: roles("x"), named(tools: ["t"])),
            deny("d", on: ["c*"], to: .anyone, named(tools: ["t"])), true
        ),
        (
            allow("a", to: roles("x"), named(tools: ["t"])),
            deny("d", to: .anyone, named(tools: ["t"]), mode: .report), false
        ),
        (
            allow("a", to: roles("x"), named(tools: ["t"]), mode: .report), deny("d", to: .anyone, named(tools: ["t"])),
            false
        ),
        (allow("a", to: roles("x"), named(tools: ["t"])), deny("d", to: .anyone, named(prompts: ["t"])), false),
        (allow("a", to: roles("x"), named(tools: ["t"])), deny("d", to: .anyone, named(methods: ["tools/*"])), true),
        (
            allow("a", to: roles("x"), named(prompts: ["t"])), deny("d", to: .anyone, named(methods: ["prompts/*"])),
            false
        ),
        (
            allow("a", to: roles("x"), named(resources: ["file:///a/*"])),
            deny("d", to: .anyone, named(resources: ["file:///a/**"])), true
        ),
        (
            allow("a", to: roles("x"), named(resources: ["file:///a/**"])),
            deny("d", to: .anyone, named(resources: ["file:///a/*"])), false
        ),
    ])
    func `an allow rule that a deny rule covers is shadowed`(allowed: AccessRule, denied: AccessRule, expected: Bool)
        throws
    {
        for rules in [[allowed, denied], [denied, allowed]] {
            let place = rules[0].effect == .allow ? 0 : 1
            let found = Self.kinds(rules)[place]
            #expect(found == (expected ? [.shadowed(by: 1 - place)] : []))
            #expect(Self.kinds(rules)[1 - place] == [])
        }
        // What is shadowed grants nothing: the policy agrees.
        if expected {
            let policy = try Policy(rules: [allowed, denied], servers: bytes(Self.servers))
            let who = key("k", roles: ["x", "y"])
            for call in [tool("t"), tool("t_1"), read("file:///a/b")] { #expect(!policy.permits(who, call)) }
        }
    }

    @Test func `a rule for everything is shadowed by denying everything or every method`() {
        let all = allow("a", to: roles("x"), .everything)
        #expect(Self.kinds([all, deny("d", to: .anyone, .everything)])[0] == [.grantsEverything, .shadowed(by: 1)])
        #expect(
            Self.kinds([all, deny("d", to: .anyone, named(methods: ["*"]))])[0] == [
                .grantsEverything, .shadowed(by: 1),
            ]
        )
        #expect(Self.kinds([all, deny("d", to: .anyone, named(tools: ["*"]))])[0] == [.grantsEverything])
    }

    @Test func `a rule that an earlier one covers is repeated`() {
        let narrow = allow("n", to: roles("x"), named(tools: ["add"]))
        let wide = allow("w", to: .authenticated, named(tools: ["add", "sub"], prompts: ["p"]))
        #expect(Self.kinds([wide, narrow]) == [[], [.repeated(by: 0)]])
        // The narrow one decides first, and is named.
        #expect(Self.kinds([narrow, wide]) == [[], []])
        #expect(Self.kinds([narrow, allow("m", to: roles("x"), named(tools: ["add"]))]) == [[], [.repeated(by: 0)]])
        let report = allow("r", to: roles("x"), named(tools: ["add"]), mode: .report)
        #expect(Self.kinds([wide, report]) == [[], []])
        let denied = deny("d", to: roles("x"), .everything)
        #expect(Self.kinds([deny("m", to: .anyone, named(methods: ["*"])), denied]) == [[], []])
        #expect(Self.kinds([deny("m", to: .anyone, .everything), denied]) == [[], [.repeated(by: 0)]])
        #expect(
            Self.kinds([deny("m", to: .anyone, named(tools: ["*"])), deny("n", to: .anyone, named(tools: ["t"]))])
                == [[], [.repeated(by: 0)]]
        )
    }

    @Test func `a server pattern that matches nothing is found`() {
        let warnings = PolicyReview.review(
            rules: [
                allow("a", on: ["calc", "git-*"], to: roles("x"), named(tools: ["t"])),
                deny("d", on: ["x?"], to: .anyone, named(tools: ["t"])),
                deny("e", on: ["c*"], to: roles("z"), named(tools: ["u"])),
            ],
            servers: bytes(Self.servers)
        )
        #expect(
            warnings == [
                PolicyWarning(.noSuchServer, rule: 0, member: .servers, element: 1),
                PolicyWarning(.noSuchServer, rule: 1, member: .servers, element: 0),
            ]
        )
    }

    @Test func `wildcard grants are found`() {
        #expect(
            Self.kinds([
                allow("a", to: roles("x"), .everything), allow("b", to: .authenticated, named(tools: ["*"])),
                allow("c", on: ["calc"], to: .anyone, named(resources: ["**"], prompts: ["**"])),
                allow("d", to: roles("x"), named(tools: ["*"], resources: ["**"])),
                allow("e", to: .authenticated, named(tools: ["a*", "?"], resources: ["*"])),
                deny("f", on: ["calc"], to: keys("y"), .everything),
                deny("g", on: ["shop"], to: keys("y"), .everything),
                allow("h", to: keys("z"), .everything, mode: .report),
            ])
                == [
                    [.grantsEverything], [.grantsEveryName], [.grantsEveryName, .grantsEveryName], [.repeated(by: 0)],
                    [], [], [], [],
                ]
        )
    }

    @Test(arguments: [
        ("file:///public/**", true), ("file:///public/a.txt", true), ("file:///**", true), ("file://**", true),
        ("file:**", true), ("file:/*", true), ("**", true), ("*://a/**", true), ("db://t/*", true), ("db://**", true),
        ("http://host:80/a?b=c", true), ("urn:a:b", true), ("file:///a b/**", true), ("file:///public/..*", true),
        ("notes://", true), ("file://server/share/**", true), ("x:a/*", true), ("f?le:///x", true),
        ("FILE:///public/**", false), ("File:**", false), ("file:/public/**", false), ("file:public", false),
        ("file:////public/**", false), ("file://localhost/**", false), ("file:///a/../b/**", false),
        ("file:///a/./b", false), ("file:///a/..", false), ("file:///a\\b", false), ("file:///a%2Fb/**", false),
        ("file:///a//b/**", false), ("http://Host/**", false), ("HTTP://h/**", false), ("public/**", false),
        ("/public/**", false), ("public", false), ("x:100%25", false), ("db://a/../b", false),
    ])
    func `a resource pattern that no normal URI matches is found`(pattern: String, isNormal: Bool) throws {
        let rules = [allow("a", to: roles("x"), named(resources: [pattern]))]
        #expect(Self.kinds(rules) == [isNormal ? [] : [.notNormal]])
        guard !isNormal else { return }
        // The warning is right: nothing that looks like the pattern is allowed.
        let policy = try Policy(rules: rules, servers: bytes(Self.servers))
        for tail in ["", "a", "x/y"] {
            let uri = pattern.replacing("**", with: tail).replacing("*", with: tail).replacing("\\", with: "/")
            #expect(!policy.permits(key("k", roles: ["x"]), read(uri)))
        }
    }

    @Test func `an encoded percent sign in a deny rule is no mistake`() throws {
        let rules = [
            allow("a", to: roles("x"), named(resources: ["x:**"])),
            deny("d", to: .anyone, named(resources: ["x:100%25"])),
        ]
        #expect(Self.kinds(rules) == [[], []])
        let policy = try Policy(rules: rules, servers: bytes(Self.servers))
        #expect(policy.outcome(key("k", roles: ["x"]), read("x:100%25")) == "denied d")
    }

    @Test func `methods that cannot be granted by name are found`() {
        #expect(
            Self.kinds([
                allow(
                    "a",
                    to: roles("x"),
                    named(methods: ["tools/call", "ping", "tasks/list", "skills/list", "tools/*"])
                )
            ]) == [[.methodNotGranted, .methodNotGranted]]
        )
        #expect(Self.kinds([deny("d", to: roles("x"), named(methods: ["tools/call"]))]) == [[]])
    }

    @Test func `the example of the documentation has the warnings it should have`() {
        #expect(
            Self.kinds([
                allow(
                    "readers",
                    to: roles("reader", "admin"),
                    named(tools: ["add", "get_*"], resources: ["file:///public/**"], prompts: ["*"])
                ),
                allow("public-search", on: ["shop"], to: .anyone, named(tools: ["search_products"])),
                deny("no-deletes", to: .anyone, named(tools: ["delete_*"]), message: "Deletes need a ticket."),
                deny("trial", to: .matching(.init(subjects: bytes(["old-bot"]))), named(tools: ["*"]), mode: .report),
            ]) == [[], [], [], []]
        )
    }

    @Test func `rules that are refused get errors, not warnings`() {
        #expect(PolicyReview.review(rules: [allow("a", on: nil, to: .anyone, .everything)], servers: []) == [])
    }

    @Test func `every warning has a sentence`() {
        for kind in [
            PolicyWarning.Kind.shadowed(by: 0), .repeated(by: 0), .noSuchServer, .grantsEverything, .grantsEveryName,
            .notNormal, .methodNotGranted,
        ] {
            #expect(PolicyWarning(kind, rule: 0).sentence.utf8CodeUnitCount > 20)
        }
    }
}
