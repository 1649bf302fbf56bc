// SPDX-License-Identifier: Apache-2.0

import Bytes
import MCP
import Testing

@testable import Identity
@testable import Policy

struct DecisionTests {
    private static let servers = ["calc", "shop", "empty"]

    /// The rules of most rows. `reader` may add and read, `admin` everything on calc, anyone may search the shop.
    private static let rules = [
        allow(
            "readers",
            on: ["calc"],
            to: roles("reader", "admin"),
            named(tools: ["add", "get_*"], resources: ["file:///public/**"], prompts: ["greet"])
        ),
        allow("admins", on: ["calc"], to: roles("admin"), .everything),
        allow("search", on: ["shop"], to: .anyone, named(tools: ["search"])),
        allow("ci", on: ["*"], to: keys("ci"), named(methods: ["skills/*"])),
        deny("no-deletes", to: .anyone, named(tools: ["delete_*"]), message: "Deletes need a ticket."),
        deny("no-log", on: ["calc"], to: roles("reader"), named(methods: ["logging/setLevel"])),
        deny("banned", to: keys("banned"), .everything),
        allow("trial", on: ["empty"], to: .authenticated, .everything, mode: .report),
        deny("trial-deny", to: .authenticated, named(tools: ["add"]), mode: .report),
    ]

    private static let callers: [String: Authenticated] = [
        "anonymous": anonymous, "reader": key("r", roles: ["reader"]), "admin": key("a", roles: ["x", "admin"]),
        "ci": key("ci"), "stranger": key("s"), "banned": key("banned", roles: ["admin"]),
        "impostor": Authenticated(
            principal: Principal(kind: .anonymous, id: Array("ci".utf8), subject: Array("ci".utf8)),
            roles: bytes(["admin"])
        ),
    ]

    private static let calls: [String: MCPCall] = [
        "add": tool("add"), "get_x": tool("get_x"), "sub": tool("sub"), "Add": tool("Add"),
        "delete_all": tool("delete_all"),
        "search": tool("search"), "greet": prompt("greet"), "other": prompt("other"),
        "greet?": MCPCall(method: .completionComplete, target: .prompt(Array("greet".utf8))),
        "other?": MCPCall(method: .completionComplete, target: .prompt(Array("other".utf8))),
        "file": read("file:///public/a"), "secret": read("file:///secret"), "bad": read("secret"),
        "watch": MCPCall(method: .resourcesSubscribe, target: .resource(uri: Array("file:///public/a".utf8))),
        "unwatch": MCPCall(method: .resourcesUnsubscribe, target: .resource(uri: Array("file:///public/a".utf8))),
        "watch-secret": MCPCall(method: .resourcesSubscribe, target: .resource(uri: Array("file:///secret".utf8))),
        "initialize": method("initialize"), "tools/list": method("tools/list"), "log": method("logging/setLevel"),
        "initialized": method("notifications/initialized"), "skills": method("skills/list"),
        "new": method("new/method"),
        "task": MCPCall(method: .tasksGet, target: .task(Array("1".utf8))), "tasks/list": method("tasks/list"),
        "tasks/new": method("tasks/new"), "nameless": method("tools/call"), "message": method("notifications/message"),
    ]

    /// Server, caller, then calls with their outcome.
    @Test(arguments: [
        (
            "calc", "reader",
            [
                "add": "allow readers", "get_x": "allow readers", "sub": "notAllowed", "Add": "notAllowed",
                "delete_all": "denied no-deletes", "search": "notAllowed", "greet": "allow readers",
                "other": "notAllowed", "greet?": "allow readers", "other?": "notAllowed", "file": "allow readers",
                "secret": "notAllowed", "bad": "badURI", "watch": "allow readers", "unwatch": "allow readers",
                "watch-secret": "notAllowed", "initialize": "implied", "tools/list": "implied", "log": "denied no-log",
                "initialized": "implied", "skills": "notAllowed", "new": "notAllowed", "task": "notAllowed",
                "tasks/list": "notAllowed", "tasks/new": "notAllowed", "nameless": "notAllowed",
                "message": "notAllowed",
            ]
        ),
        (
            "calc", "admin",
            [
                "add": "allow readers", "sub": "allow admins", "Add": "allow admins", "delete_all": "denied no-deletes",
                "other": "allow admins", "other?": "allow admins", "secret": "allow admins", "bad": "badURI",
                "watch-secret": "allow admins", "initialize": "allow admins", "log": "allow admins",
                "new": "allow admins", "message": "allow admins", "task": "notAllowed", "tasks/list": "notAllowed",
                "tasks/new": "notAllowed", "nameless": "notAllowed",
            ]
        ),
        (
            "calc", "ci",
            [
                "add": "notAllowed", "initialize": "implied", "skills": "allow ci", "new": "notAllowed",
                "log": "implied",
                "delete_all": "denied no-deletes",
            ]
        ),
        (
            "calc", "stranger",
            ["add": "noAccess", "initialize": "noAccess", "bad": "noAccess", "delete_all": "noAccess"]
        ),
        ("calc", "anonymous", ["add": "noAccess", "initialize": "noAccess", "tools/list": "noAccess"]),
        ("calc", "impostor", ["add": "noAccess", "skills": "noAccess"]),
        ("calc", "banned", ["add": "noAccess", "initialize": "noAccess", "new": "noAccess"]),
        (
            "shop", "anonymous",
            [
                "search": "allow search", "add": "notAllowed", "initialize": "implied", "tools/list": "implied",
                "new": "notAllowed", "bad": "badURI", "delete_all": "denied no-deletes", "secret": "notAllowed",
            ]
        ),
        ("shop", "stranger", ["search": "allow search", "add": "notAllowed", "initialize": "implied"]),
        ("shop", "ci", ["search": "allow search", "skills": "allow ci"]),
        ("shop", "banned", ["search": "noAccess", "initialize": "noAccess"]),
        ("empty", "admin", ["add": "noAccess", "initialize": "noAccess"]),
        ("empty", "ci", ["skills": "allow ci", "initialize": "implied"]),
    ])
    func `callers, objects, methods and rules`(server: String, caller: String, rows: [String: String]) throws {
        let index = try #require(Self.servers.firstIndex(of: server))
        let who = try #require(Self.callers[caller])
        var dice = Dice(seed: 1)
        for round in 0..<6 {
            // The order of the rules changes which is named, never what comes of it.
            let rules = round == 0 ? Self.rules : Self.rules.shuffled(using: &dice)
            let policy = try Policy(rules: rules, servers: bytes(Self.servers))
            for (name, expected) in rows {
                let call = try #require(Self.calls[name])
                let outcome = policy.outcome(who, call, on: index)
                #expect(round == 0 ? outcome == expected : Self.effect(outcome) == Self.effect(expected), "\(name)")
            }
        }
    }

    private static func effect(_ outcome: String) -> String {
        outcome == "implied" || outcome.hasPrefix("allow") ? "yes" : String(outcome.prefix { $0 != " " })
    }

    @Test func `without rules nothing is allowed`() throws {
        let policy = try Policy(rules: [], servers: bytes(Self.servers))
        for server in 0..<3 {
            #expect(!policy.opensToAnyone(server))
            for who in Self.callers.values {
                #expect(!policy.allowsAnything(who, on: server))
                for call in Self.calls.values { #expect(policy.outcome(who, call, on: server) == "noAccess") }
            }
        }
    }

    @Test func `only an enforced allow for anyone opens an endpoint`() throws {
        let policy = try Policy(rules: Self.rules, servers: bytes(Self.servers))
        #expect((0..<3).map(policy.opensToAnyone) == [false, true, false])
        let report = try Policy(
            rules: [allow("r", on: ["calc"], to: .anyone, .everything, mode: .report)],
            servers: bytes(Self.servers)
        )
        #expect(!report.opensToAnyone(0))
        #expect(report.outcome(anonymous, tool("add")) == "noAccess")
    }

    @Test func `a denial carries the rule and its message`() throws {
        let policy = try Policy(rules: Self.rules, servers: bytes(Self.servers))
        let who = try #require(Self.callers["reader"])
        switch policy.authorize(who, tool("delete_all"), on: 0) {
        case .permit: Issue.record("permitted")
        case .denied(let denial):
            #expect(denial.rule == Array("no-deletes".utf8))
            #expect(denial.message == Array("Deletes need a ticket.".utf8))
            #expect(denial.call == tool("delete_all"))
        }
    }

    @Test func `rules in report mode are only reported`() throws {
        let policy = try Policy(rules: Self.rules, servers: bytes(Self.servers))
        let who = try #require(Self.callers["reader"])
        let denied = ReportedRule(id: Array("trial-deny".utf8), effect: .deny)
        #expect(policy.reports(who, tool("add"), on: 0) == [denied])
        #expect(policy.reports(who, tool("sub"), on: 0) == [])
        #expect(
            policy.reports(who, tool("add"), on: 2) == [ReportedRule(id: Array("trial".utf8), effect: .allow), denied]
        )
        #expect(policy.reports(anonymous, tool("add"), on: 0) == [])
        #expect(!policy.lists(who, .tool(Array("sub".utf8)), on: 2))
        #expect(!policy.allowsAnything(who, on: 2))
    }

    @Test(arguments: [
        ("reader", "add", true), ("reader", "sub", false), ("reader", "delete_all", false), ("admin", "sub", true),
        ("admin", "delete_all", false), ("stranger", "add", false), ("anonymous", "add", false),
        ("banned", "add", false),
    ])
    func `a list shows what may be used`(caller: String, name: String, expected: Bool) throws {
        let policy = try Policy(rules: Self.rules, servers: bytes(Self.servers))
        let who = try #require(Self.callers[caller])
        #expect(policy.lists(who, .tool(Array(name.utf8)), on: 0) == expected)
        #expect(!policy.lists(who, .task(Array(name.utf8)), on: 0))
        #expect(!policy.lists(who, .none, on: 0))
    }

    @Test func `a denied method hides what could only be used by it`() throws {
        let policy = try Policy(
            rules: [
                allow("all", to: .authenticated, .everything),
                deny("calls", to: keys("k"), named(methods: ["tools/call", "prompts/*", "resources/read"])),
            ],
            servers: bytes(["s"])
        )
        for target in [
            MCPTarget.tool(Array("t".utf8)), .prompt(Array("p".utf8)), .resource(uri: Array("x:y".utf8)),
            .template(uri: Array("x:{y}".utf8)),
        ] {
            #expect(!policy.lists(key("k"), target, on: 0))
            #expect(policy.lists(key("other"), target, on: 0))
        }
        #expect(policy.outcome(key("k"), method("prompts/list")) == "denied calls")
        #expect(policy.outcome(key("k"), method("tools/list")) == "allow all")
    }

    @Test func `methods grant no call that names an object`() throws {
        let policy = try Policy(
            rules: [allow("methods", to: .authenticated, named(methods: ["**"]))],
            servers: bytes(["s"])
        )
        #expect(policy.outcome(key("k"), tool("add")) == "notAllowed")
        #expect(policy.outcome(key("k"), prompt("p")) == "notAllowed")
        #expect(policy.outcome(key("k"), read("x:y")) == "notAllowed")
        #expect(policy.outcome(key("k"), complete("x:{y}")) == "notAllowed")
        #expect(policy.outcome(key("k"), method("tasks/list")) == "notAllowed")
        #expect(policy.outcome(key("k"), method("sampling/createMessage")) == "allow methods")
        #expect(policy.outcome(key("k"), method("initialize")) == "allow methods")
    }

    @Test func `a rule for one method is access enough for the implied ones`() throws {
        let policy = try Policy(
            rules: [allow("one", to: keys("k"), named(methods: ["initialize"]))],
            servers: bytes(["s"])
        )
        #expect(policy.outcome(key("k"), method("ping")) == "implied")
        #expect(policy.outcome(key("other"), method("ping")) == "noAccess")
    }

    @Test(arguments: [
        (AccessRule.SubjectMatch(keys: bytes(["k"])), true), (.init(keys: bytes(["x", "k"])), true),
        (.init(keys: bytes(["K"])), false), (.init(keys: bytes(["*"])), false), (.init(subjects: bytes(["sub"])), true),
        (.init(subjects: bytes(["k"])), false), (.init(roles: bytes(["b"])), true), (.init(roles: bytes(["c"])), false),
        (.init(roles: bytes(["c", "a"])), true), (.init(kinds: bytes(["api_key"])), true),
        (.init(kinds: bytes(["token", "certificate"])), false), (.init(kinds: bytes(["token", "api_key"])), true),
        (.init(keys: bytes(["k"]), subjects: bytes(["sub"]), roles: bytes(["a"]), kinds: bytes(["api_key"])), true),
        (.init(keys: bytes(["k"]), roles: bytes(["c"])), false),
        (.init(keys: bytes(["x"]), roles: bytes(["a"])), false),
    ])
    func `all members of to must match, any value of each will do`(match: AccessRule.SubjectMatch, expected: Bool)
        throws
    {
        let policy = try Policy(
            rules: [allow("r", to: .matching(match), named(tools: ["t"]))],
            servers: bytes(["s"])
        )
        #expect(policy.permits(key("k", subject: "sub", roles: ["a", "b"]), tool("t")) == expected)
        let nobody = Authenticated(
            principal: Principal(kind: .anonymous, id: Array("k".utf8), subject: Array("sub".utf8)),
            roles: bytes(["a", "b"])
        )
        #expect(!policy.permits(nobody, tool("t")))
    }

    @Test func `server patterns say where a rule holds`() throws {
        let policy = try Policy(
            rules: [allow("r", on: ["s*p", "calc"], to: .authenticated, named(tools: ["t"]))],
            servers: bytes(["calc", "shop", "ship", "shops"])
        )
        #expect((0..<4).map { policy.permits(key("k"), tool("t"), on: $0) } == [true, true, true, false])
    }

    @Test func `explain shows every rule and why`() throws {
        let policy = try Policy(rules: Self.rules, servers: bytes(Self.servers))
        let who = try #require(Self.callers["reader"])
        let explanation = policy.explain(who, tool("delete_all"), on: 0)
        #expect(explanation.outcome == .denied(.denied))
        #expect(explanation.decidedBy == 4)
        #expect(
            explanation.rules.map(\.finding) == [
                .otherObject, .otherCaller, .otherServer, .otherCaller, .matched, .otherObject, .otherCaller,
                .otherServer,
                .otherObject,
            ]
        )
        #expect(explanation.rules.map(\.rule) == Array(0..<9))
        #expect(explanation.rules[4].id == Array("no-deletes".utf8))
        #expect(explanation.rules[4].effect == .deny)
        #expect(explanation.rules[7].mode == .report)
        #expect(policy.explain(who, method("ping"), on: 0).outcome == .implied)
        #expect(policy.explain(who, tool("add"), on: 0).decidedBy == 0)
        #expect(policy.explain(who, tool("sub"), on: 0).outcome == .denied(.notAllowed))
        #expect(policy.explain(who, tool("sub"), on: 0).decidedBy == nil)
    }

    /// The tables that answer requests and the plain reading of every rule that `explain` makes must say the same.
    @Test(arguments: 0..<12)
    func `tables decide as reading every rule does`(seed: Int) throws {
        var dice = Dice(seed: UInt64(seed))
        let names = ["a", "ab", "a*", "*b", "?", "b"]
        for _ in 0..<40 {
            let rules = (0..<Int.random(in: 1...12, using: &dice)).map { Self.rule($0, names, &dice) }
            let policy = try Policy(rules: rules, servers: bytes(["s0", "s1"]))
            for who in Self.diverse {
                for call in [
                    tool("a"), tool("ab"), prompt("b"), read("x:ab"), method("b"), method("ping"), complete("x:a{z}"),
                ] {
                    for server in 0...1 {
                        let explanation = policy.explain(who, call, on: server)
                        let matched = explanation.rules.filter { $0.finding == .matched && $0.mode == .enforce }
                        let decisive = matched.first { $0.effect == .deny } ?? matched.first
                        #expect(explanation.decidedBy == decisive?.rule)
                        let isPermitted = policy.permits(who, call, on: server)
                        #expect(isPermitted == (decisive?.effect == .allow || explanation.outcome == .implied))
                        #expect(explanation.outcome != .implied || (matched.isEmpty && call == method("ping")))
                        let reported = explanation.rules.filter { $0.finding == .matched && $0.mode == .report }
                        #expect(policy.reports(who, call, on: server).map(\.id) == reported.map(\.id))
                    }
                }
            }
        }
    }

    /// Found by key, by subject and by either of two roles.
    private static let diverse = [
        key("a", roles: ["a"]), key("b", roles: ["b", "ab"]), key("c", subject: "s", roles: ["ab", "b"]), anonymous,
    ]

    private static func rule(_ index: Int, _ names: [String], _ dice: inout Dice) -> AccessRule {
        func pick() -> [String] {
            (0..<Int.random(in: 0...2, using: &dice)).map { _ in names.randomElement(using: &dice) ?? "a" }
        }
        let isDeny = Int.random(in: 0..<3, using: &dice) == 0
        let mode: AccessRule.Mode = Int.random(in: 0..<4, using: &dice) == 0 ? .report : .enforce
        let objects: AccessRule.Objects =
            Int.random(in: 0..<8, using: &dice) == 0
            ? .everything
            : named(tools: pick() + ["z"], resources: pick().map { "x:" + $0 }, prompts: pick(), methods: pick())
        let subjects: AccessRule.Subjects =
            switch Int.random(in: 0..<8, using: &dice) {
            case 0: .anyone
            case 1: .authenticated
            case 2: keys("a")
            case 3: roles("ab", "c")
            case 4: .matching(.init(subjects: bytes(["s", "b"])))
            case 5: .matching(.init(keys: bytes(["a", "c"]), subjects: bytes(["s"]), roles: bytes(["ab"])))
            case 6: .matching(.init(keys: bytes(["b", "c"]), roles: bytes(["ab", "b"])))
            default: .matching(.init(kinds: bytes(["api_key"])))
            }
        let servers = [["s0"], ["s1"], ["s0", "s1"]].randomElement(using: &dice)
        if isDeny { return deny("r\(index)", on: servers, to: subjects, objects, mode: mode) }
        return allow("r\(index)", on: servers, to: subjects, objects, mode: mode)
    }
}
