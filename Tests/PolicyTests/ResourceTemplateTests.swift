// SPDX-License-Identifier: Apache-2.0

import Bytes
import MCP
import Testing

@testable import Identity
@testable import Policy

/// A template is listed if some expansion could be allowed; completion needs an allow for all and no deny for one.
struct ResourceTemplateTests {
    @Test(arguments: [
        // template, listed, completed
        ("file:///public/{name}", true, true), ("file:///public/{+path}", true, true),
        ("file:///public/docs/{name}.md", true, true), ("file:///public/readme", true, true),
        ("file:///{+path}", true, false), ("file:///{folder}/a", true, false), ("file:///secret/{name}", false, false),
        ("file:///publi{x}", true, false), ("file:///public{x}", true, false), ("FILE:///public/{x}", false, false),
        ("file:///public/../{x}", true, false), ("file:///public/%2e%2e/{x}", true, false),
        ("file:///public/../secret/{x}", false, false),
        ("file:///x/../public/{x}", false, false), ("file:///publ%69c/{x}", true, true),
        ("file:///public\\..\\secret/{x}", false, false), ("db://{table}/{row}", false, false),
        // The scheme is left open, and what else the expression may hold: something could be allowed, not all.
        ("{+uri}", true, false), ("{scheme}:///public/a", true, false), ("fi{x}:///public/a", true, false),
        ("{scheme}:///secret/a", true, false),
        // Denied: /public/private/**.
        ("file:///public/private/{x}", false, false), ("file:///public/private/a{x}b", false, false),
        ("file:///public/priv{x}", true, true), ("file:///public//private/{x}", false, false),
        ("file:///public/%70rivate/{x}", false, false),
        // No template, or no URI.
        ("", false, false), ("no scheme/{x}", false, false), ("file:///public/{x", false, false),
        ("file:///public/x}", false, false), ("file:///public/{}", false, false),
        ("file:///public/{{x}}", false, false),
        ("file:///public/{x} y", false, false), ("file:///public/%{x}", false, false),
        ("file:///public/%zz{x}", false, false),
        ("file:///public/\u{10FFFD}{x}", false, false), ("public/{x}", false, false),
        ("file://user@{host}/public/", false, false),
    ])
    func `templates are judged by what they can become`(text: String, isListed: Bool, isCompleted: Bool) throws {
        let policy = try Policy(
            rules: [
                allow("public", to: .authenticated, named(resources: ["file:///public/**"])),
                deny("private", to: .anyone, named(resources: ["file:///public/private/**"])),
            ],
            servers: bytes(["s"])
        )
        #expect(policy.lists(key("k"), .template(uri: Array(text.utf8)), on: 0) == isListed)
        let touchesPrivate = [
            "file:///public/{name}", "file:///public/{+path}", "file:///public/priv{x}", "file:///publ%69c/{x}",
        ].contains(
            text
        )
        #expect(policy.permits(key("k"), complete(text)) == (isCompleted && !touchesPrivate))
        let withoutDeny = try Policy(
            rules: [allow("public", to: .authenticated, named(resources: ["file:///public/**"]))],
            servers: bytes(["s"])
        )
        #expect(withoutDeny.permits(key("k"), complete(text)) == (isCompleted || Self.inPrivate.contains(text)))
    }

    /// Completed where nothing is denied.
    private static let inPrivate: Set<String> = [
        "file:///public/private/{x}", "file:///public/private/a{x}b", "file:///public//private/{x}",
        "file:///public/%70rivate/{x}",
    ]

    @Test func `an allow for everything grants completion on every template`() throws {
        let policy = try Policy(rules: [allow("all", to: .authenticated, .everything)], servers: bytes(["s"]))
        #expect(policy.permits(key("k"), complete("{+uri}")))
        #expect(policy.outcome(key("k"), complete("{")) == "badURI")
        #expect(policy.lists(key("k"), .template(uri: Array("{+uri}".utf8)), on: 0))
        #expect(!policy.lists(key("k"), .template(uri: Array("{".utf8)), on: 0))
    }

    @Test func `completion on a plain resource goes by that resource`() throws {
        let policy = try Policy(
            rules: [allow("one", to: .authenticated, named(resources: ["x:a"]))],
            servers: bytes(["s"])
        )
        let call = { (uri: String) in MCPCall(method: .completionComplete, target: .resource(uri: Array(uri.utf8))) }
        #expect(policy.permits(key("k"), call("x:a")))
        #expect(!policy.permits(key("k"), call("x:b")))
    }

    @Test func `a template over the limit is refused`() throws {
        let policy = try Policy(
            rules: [allow("x", to: .authenticated, named(resources: ["x:**"]))],
            servers: bytes(["s"])
        )
        let longest = "x:{name}" + String(repeating: "a", count: Policy.uriBytesMax - 8)
        #expect(policy.permits(key("k"), complete(longest)))
        #expect(policy.outcome(key("k"), complete(longest + "a")) == "badURI")
    }
}
