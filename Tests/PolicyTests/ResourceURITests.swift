// SPDX-License-Identifier: Apache-2.0

import Bytes
import MCP
import Testing

@testable import Identity
@testable import Policy

/// semantics 3, "Resource URIs".
struct ResourceURITests {
    enum Verdict { case yes, no, bad }

    /// Under allow `file:///public/**` and deny `file:///public/private/**`.
    static let rows: [(String, Verdict)] = [
        ("file:///public/a", .yes), ("file:///public/", .yes), ("file:///public/a/b/c.txt", .yes),
        ("file:///public", .no), ("file:///publicity/a", .no), ("file:///secret", .no), ("file:///", .no),
        ("file:///public/private", .yes),  // the folder itself is not under it
        ("file:///public/private/", .no), ("file:///public/private/key", .no), ("file:///public/Private/key", .yes),
        // Dot segments.
        ("file:///public/../secret", .no), ("file:///public/./a", .yes), ("file:///public/a/../b", .yes),
        ("file:///public/a/..", .yes), ("file:///public/..", .no), ("file:///public/.", .yes),
        ("file:///public/a/../../secret", .no), ("file:///public/../public/a", .yes),
        ("file:///x/../public/a", .no),  // the first reading is not under /public
        ("file:///public/...", .yes), ("file:///public/..a/b", .yes), ("file:///public/x/../private/key", .no),
        ("file:///public/./private/key", .no),
        // Encoded dots and slashes.
        ("file:///public/%2e%2e/secret", .no), ("file:///public/%2E%2E/secret", .no),
        ("file:///public/.%2e/secret", .no),
        ("file:///public/..%2Fsecret", .no), ("file:///public/..%2fsecret", .no), ("file:///public%2F..%2Fsecret", .no),
        ("file:///public/%252e%252e/secret", .no), ("file:///public/%252e%252e%252fsecret", .no),
        ("file:///public/%25252e%25252e/secret", .no), ("file:///public/a%2Fb", .yes), ("file:///public%2Fa", .no),
        ("file:///public/a%2Fb/../../secret", .no),  // /secret to whoever resolves before decoding
        ("file:///public/%70rivate/key", .no), ("file:///public/private%2Fkey", .no),
        ("file:///public/priv%2561te/key", .no), ("file:///%70ublic/a", .yes), ("file:///public/a%20b", .yes),
        ("file:///public/caf%C3%A9", .yes), ("file:///public/café", .yes), ("file:///public/100%25", .yes),
        // Backslashes.
        ("file:///public/..\\secret", .no), ("file:///public\\..\\secret", .no), ("file:///public/..%5Csecret", .no),
        ("file:///public/a\\b", .yes), ("file:///public/private\\key", .no), ("file:\\\\\\public\\a", .no),
        // Other spellings of file:///.
        ("file:secret", .no), ("file:/secret", .no), ("file:////secret", .no), ("FILE:///secret", .no),
        ("file://localhost/secret", .no), ("file://LocalHost/secret", .no), ("file:public/a", .no),
        ("FILE:///public/a", .no), ("file://localhost/public/a", .no), ("file:////public/a", .no),
        ("file://host/public/a", .no), ("file://public/a", .no), ("file:///localhost/public/a", .no),
        // Runs of slashes are one slash to a file system.
        ("file:///public//a", .yes), ("file:///public//private/key", .no), ("file:///public//../secret", .no),
        ("file:///public/a//../../secret", .no),
        // Queries and fragments.
        ("file:///public/a?x=1", .yes), ("file:///public/a#top", .yes), ("file:///public/a?/../../secret", .no),
        ("file:///public/a%3F/../../secret", .no), ("file:///public/a#/../../secret", .no),
        ("file:///secret?/public/a", .no), ("file:///secret#file:///public/a", .no),
        // Other schemes.
        ("http:///public/a", .no), ("xfile:///public/a", .no), ("public/a", .bad), ("/public/a", .bad),
        ("//public/a", .bad), ("", .bad), (":", .bad), (":///public/a", .bad), ("1file:///public/a", .bad),
        ("fi%6ce:///public/a", .bad), ("file%3A///public/a", .bad), (" file:///public/a", .bad),
        // Refused.
        ("file:///public/a b", .bad), ("file:///public/a\n", .bad), ("file:///public/\u{0}a", .bad),
        ("file:///public/a\u{7F}", .bad), ("file:///public/a\u{85}", .bad), ("file:///public/%00", .bad),
        ("file:///public/%0a", .bad), ("file:///public/%2500", .bad), ("file:///public/%7F", .bad),
        ("file:///public/%C2%85", .bad), ("file:///public/%ff", .bad), ("file:///public/%c0%ae%c0%ae/secret", .bad),
        ("file:///public/%ed%a0%80", .bad), ("file:///public/%25ff", .bad), ("file:///public/%", .bad),
        ("file:///public/%2", .bad), ("file:///public/%zz", .bad), ("file:///public/%u002e", .bad),
        ("file:///public/100%", .bad), ("file://user@host/public/a", .bad), ("file://user%40host/public/a", .bad),
        ("http://user:password@host/", .bad), ("http:\\\\user@host/", .bad), ("http:/\\user@host/", .bad),
        ("file:///public/user@host", .yes), ("file:////user@host/a", .no),
        // Four rounds of decoding are read, a fifth is not.
        ("file:///public/%25252541", .yes), ("file:///public/%2525252541", .bad),
        ("file:///public/%2525252e%2525252e/secret", .no),
    ]

    private static let policy = try? Policy(
        rules: [
            allow("public", to: .authenticated, named(resources: ["file:///public/**"])),
            deny("private", to: .anyone, named(resources: ["file:///public/private/**"])),
        ],
        servers: bytes(["s"])
    )

    @Test(arguments: rows)
    func `a URI is judged in every reading`(uri: String, expected: Verdict) throws {
        let policy = try #require(Self.policy)
        let outcome = policy.outcome(key("k"), read(uri))
        switch expected {
        case .yes: #expect(outcome == "allow public")
        case .no: #expect(outcome == "notAllowed" || outcome == "denied private")
        case .bad: #expect(outcome == "badURI")
        }
        #expect(policy.mayRead(key("k"), Array(uri.utf8), on: 0) == (expected == .yes))
        #expect(policy.lists(key("k"), .resource(uri: Array(uri.utf8)), on: 0) == (expected == .yes))
    }

    @Test func `the table is long enough to mean something`() {
        #expect(Self.rows.count >= 60)
        #expect(Set(Self.rows.map(\.0)).count == Self.rows.count)
    }

    /// Spellings of one file that some server opens for each.
    @Test(arguments: [
        "file:///etc/shadow", "file:etc/shadow", "file:/etc/shadow", "FILE:///etc/shadow",
        "file://localhost/etc/shadow",
        "file:///etc/./shadow", "file:///etc//shadow", "file:///x/../etc/shadow", "file:///%65tc/shadow",
        "file:///etc%2Fshadow", "file:///etc%5cshadow", "file:///etc\\shadow", "file:///etc/shadow?x",
        "file:///etc/shadow#x",
        "file:///etc/shadow/", "file:///etc/shadow/.", "file://other/etc/shadow", "file://etc/shadow",
        "file://127.0.0.1/etc/shadow", "file:///etc/shadow%3Fx", "file:///%252565tc/shadow",
    ])
    func `a deny of one file meets all its spellings`(uri: String) throws {
        let policy = try Policy(
            rules: [
                allow("all", to: .authenticated, .everything),
                deny("shadow", to: .anyone, named(resources: ["file:///etc/shadow"])),
            ],
            servers: bytes(["s"])
        )
        #expect(policy.outcome(key("k"), read(uri)) == "denied shadow")
        #expect(policy.outcome(key("k"), read("file:///etc/shadow2")) == "allow all")
    }

    /// A server that cuts off `notes://` and opens the rest takes the host for a folder.
    @Test(arguments: [
        ("notes://public/a", true), ("notes://public/../secret", false), ("notes://public/%2e%2e/secret", false),
        ("notes://public//../secret", false), ("notes://public/..%2Fsecret", false),
        ("notes://public\\..\\secret", false),
        ("notes://public/a/../b", true), ("notes://public//a", true), ("NOTES://public/a", false),
        ("notes://PUBLIC/a", false), ("notes://public/a?q=../b", true), ("notes://public/a?q=/../../../b", false),
        ("notes:public/a", false), ("notes:///public/a", false), ("notes://public/private/a", false),
        ("notes://public//private/a", false), ("notes://public/private//a", false),
        ("notes://public/x?/../private/a", false),
    ])
    func `other schemes are judged as libraries and as file systems read them`(uri: String, expected: Bool) throws {
        let policy = try Policy(
            rules: [
                allow("public", to: .authenticated, named(resources: ["notes://public/**"])),
                deny("private", to: .anyone, named(resources: ["notes://public/private/**"])),
            ],
            servers: bytes(["s"])
        )
        #expect(policy.permits(key("k"), read(uri)) == expected)
    }

    @Test func `a path without slashes is resolved too`() throws {
        let policy = try Policy(
            rules: [allow("a", to: .authenticated, named(resources: ["urn:public/**"]))],
            servers: bytes(["s"])
        )
        #expect(policy.permits(key("k"), read("urn:public/a")))
        #expect(!policy.permits(key("k"), read("urn:public/../secret")))
        #expect(!policy.permits(key("k"), read("urn:../public/a")))
    }

    @Test func `one rule's patterns together may cover the readings`() throws {
        let both = named(resources: ["file:///a/**", "FILE:///a/**"])
        let policy = try Policy(
            rules: [
                allow("both", on: ["one"], to: .authenticated, both),
                allow("lower", on: ["two"], to: .authenticated, named(resources: ["file:///a/**"])),
                allow("upper", on: ["two"], to: .authenticated, named(resources: ["FILE:///a/**"])),
            ],
            servers: bytes(["one", "two"])
        )
        #expect(policy.permits(key("k"), read("FILE:///a/b"), on: 0))
        #expect(!policy.permits(key("k"), read("FILE:///a/b"), on: 1))
    }

    @Test func `an allow for everything grants no refused URI`() throws {
        let policy = try Policy(rules: [allow("all", to: .authenticated, .everything)], servers: bytes(["s"]))
        #expect(policy.outcome(key("k"), read("x:y")) == "allow all")
        #expect(policy.outcome(key("k"), read("no scheme")) == "badURI")
        let longest = "x:" + String(repeating: "a", count: Policy.uriBytesMax - 2)
        #expect(policy.outcome(key("k"), read(longest)) == "allow all")
        #expect(policy.outcome(key("k"), read(longest + "a")) == "badURI")
    }

    @Test func `a URI that turns into too many texts is refused`() {
        #expect(ResourceURI(Array("x://h/%252f%2F..////%2525252f%2e".utf8)) == nil)
        #expect(ResourceURI(Array("x://h/%2F..//%252f".utf8)) != nil)
    }

    @Test(arguments: [
        ("https://example.com/**", "https://example.com/a%2Fb?x=y%26z#top"), ("ui://**", "ui://widget/main.html"),
        ("https://example.com/**", "https://example.com/a?to=https%3A%2F%2Fx%2F..%2Fy"),
        ("data:**", "data:text/plain,hello%20you"),
        ("postgres://**", "postgres://db:5432/shop/schema?sslmode=require"),
        ("notes://**", "notes://caf%C3%A9/%E2%82%AC"),
        ("git://repo/**", "git://repo/blob/main/.github/a..b"), ("mailto:*", "mailto:a@example.com"),
        ("urn:*", "urn:isbn:0451450523"), ("file:///**", "file:///C:/Users/a/b.txt"), ("x+y-1.0:**", "x+y-1.0:z"),
        ("wayback://web/**", "wayback://web/https://example.com/"), ("screen://*", "screen://localhost"),
        ("memo://insights", "memo://insights"), ("test://static/resource/*", "test://static/resource/1"),
        ("file:///a/*", "file:///a/%5B1%5D%20b.txt"), ("http://[::1]:80/**", "http://[::1]:80/a"),
    ])
    func `harmless URIs pass`(pattern: String, uri: String) throws {
        let policy = try Policy(
            rules: [
                allow("a", to: .authenticated, named(resources: [pattern])),
                deny("d", to: .anyone, named(resources: ["file:///etc/**", "notes://private/**"])),
            ],
            servers: bytes(["s"])
        )
        #expect(policy.outcome(key("k"), read(uri)) == "allow a")
    }

    @Test func `a plain URI has one reading`() {
        for uri in ["file:///public/a.txt", "notes://list", "db://table/row", "http://host/a?b=c", "urn:x:y"] {
            #expect(ResourceURI(Array(uri.utf8))?.readings == [Array(uri.utf8)])
            #expect(ResourceURI(Array(uri.utf8))?.coarseReadings == [])
        }
    }

    @Test(arguments: ["file:///", "notes://"], 0..<4)
    func `no spelling made of hostile pieces reaches a file outside`(root: String, seed: Int) throws {
        var dice = Dice(seed: UInt64(seed))
        let policy = try Policy(
            rules: [
                allow("public", to: .authenticated, named(resources: [root + "public/**"])),
                deny("private", to: .anyone, named(resources: [root + "public/private/**"])),
            ],
            servers: bytes(["s"])
        )
        let pieces = [
            "public", "private", "secret", "..", ".", "/", "//", "\\", "%2e", "%2F", "%5c", "%252e", "%252f", "?", "#",
            "%3f",
            "a",
        ]
        var permitted = 0
        for _ in 0..<500 {
            let tail = (0..<Int.random(in: 0...7, using: &dice)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &dice)]
            }.joined()
            let uri = root + "public/" + tail
            guard policy.permits(key("k"), read(uri)) else { continue }
            permitted += 1
            for file in FileServers.opens(String(uri.dropFirst(root.count))) {
                let isInside = file == "/public" || file.hasPrefix("/public/")
                #expect(isInside && !file.hasPrefix("/public/private/"), "\(uri) opens \(file)")
            }
        }
        #expect(permitted > 50)
    }
}

/// How servers that are out there turn what follows `file:///` or `notes://` into a path; written without the code
/// under test.
enum FileServers {
    static func opens(_ rest: String) -> Set<String> {
        var paths: Set<String> = []
        for cut in [rest, String(rest.prefix { $0 != "?" && $0 != "#" })] {
            for decodings in 0...3 {
                for resolvesFirst in [true, false] {
                    for takesBackslashes in [true, false] {
                        var path = resolvesFirst ? fileSystem(cut) : cut
                        for _ in 0..<decodings { path = decode(path) }
                        if takesBackslashes { path = path.replacing("\\", with: "/") }
                        paths.insert(fileSystem(path))
                    }
                }
            }
        }
        return paths
    }

    /// What the path leads to, in a file system without links.
    private static func fileSystem(_ path: String) -> String {
        var kept: [Substring] = []
        for segment in path.split(separator: "/") where segment != "." {
            if segment == ".." { _ = kept.popLast() } else { kept.append(segment) }
        }
        return "/" + kept.joined(separator: "/")
    }

    private static func decode(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let first = rest.first {
            if first == "%", let byte = UInt8(rest.dropFirst().prefix(2), radix: 16), rest.count > 2 {
                result.unicodeScalars.append(Unicode.Scalar(byte))
                rest = rest.dropFirst(3)
            } else {
                result.append(first)
                rest = rest.dropFirst()
            }
        }
        return result
    }
}
