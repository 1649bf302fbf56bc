// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A rule over one file, with a text that must break it and one that must not.
struct FileRule: Sendable, CustomTestStringConvertible {
    let name: String
    let check: @Sendable (SourceFile) -> [String]
    let bad: [SourceFile]
    let good: [SourceFile]

    var testDescription: String { name }

    static let all = [
        FileRule(
            name: "file length",
            check: Rules.length,
            bad: [
                SourceFile("Sources/HTTP/Long.swift", String(repeating: "\n", count: 601)),
                SourceFile("Sources/gatehouse/main.swift", String(repeating: "\n", count: 121)),
            ],
            good: [SourceFile("Sources/HTTP/Long.swift", String(repeating: "\n", count: 600))]
        ),
        FileRule(
            name: "line length",
            check: Rules.columns,
            bad: [SourceFile("Tests/A.swift", String(repeating: "a", count: 121))],
            good: [SourceFile("Tests/A.swift", String(repeating: "ä", count: 120))]
        ),
        FileRule(
            name: "function and switch length",
            check: Rules.blocks,
            bad: [
                planted(function: 71), planted(function: 71, "init(text: String = String([1].map { $0 }))"),
                planted(switch: 41), planted(function: 71, "func f<T>(\n    _ a: T\n)\n    throws -> Int\nwhere T: P"),
            ],
            good: [
                planted(function: 70), planted(switch: 40),
                SourceFile("Sources/A/A.swift", "protocol P {\n func a() -> Int\n}\n" + lines(80)),
                SourceFile("Sources/A/A.swift", "let text = \"func f() {\"\n// switch x {\n" + lines(80)),
                SourceFile("Sources/A/A.swift", "func f() { self.init(a: 1) }\nstruct S {\n\(lines(80))\n}\n"),
                SourceFile("Sources/A/A.swift", "@Test func `a { b`() {\n}\nstruct S {\n\(lines(80))\n}\n"),
            ]
        ),
        FileRule(
            name: "words of unfinished work",
            check: Rules.words,
            bad: Rules.unfinished.map { SourceFile("Sources/A/A.swift", "// \($0.lowercased()): later\n") }
                + [SourceFile("deploy/a.sh", "# \(Rules.unfinished[0])\n")],
            good: [SourceFile("Sources/A/A.swift", "let stubborn = \"XX\" + \"XXXX\" // hackney\n")]
        ),
        FileRule(
            name: "unchecked code and calls that crash have a reason",
            check: Rules.reasons,
            bad: (Rules.unchecked + Rules.crashes).map { SourceFile("Sources/A/A.swift", "\nlet a: \($0)\n") },
            good: (Rules.unchecked + Rules.crashes).flatMap { found in
                [
                    SourceFile("Sources/A/A.swift", "    // The lock guards it.\n    let a: \(found)\n"),
                    SourceFile("Sources/A/A.swift", "let a = \"\(found)\" // \(found)\nif was != b {}\n"),
                    SourceFile("Tests/A.swift", found),
                ]
            }
        ),
        FileRule(
            name: "unsafe code is in files named for it",
            check: Rules.unsafeFiles,
            bad: [
                SourceFile("Sources/A/Plain.swift", "let a = un" + "safe b\n// SAFETY: it is.\n"),
                SourceFile("Sources/A/A+Unsafe.swift", "let a = un" + "safe b\n"),
                SourceFile("Sources/A/Syscall.swift", "let a = b\n"),
            ],
            good: [
                SourceFile("Sources/A/SyscallRead.swift", "// SAFETY: it is.\nlet a = un" + "safe b\n"),
                SourceFile(
                    "Sources/A/Plain.swift",
                    "// unsafe\nlet isunsafe = \"unsafe\"\n\(Rules.unchecked[1]) var a = 1\n"
                ),
            ]
        ),
        FileRule(
            name: "file names",
            check: Rules.fileName,
            bad: Rules.vagueNames.map { SourceFile("Sources/A/String+\($0).swift", "") }
                + [SourceFile("Sources/A/SessionManager.swift", "")],
            good: [SourceFile("Sources/A/Session+Write.swift", "")]
        ),
        FileRule(
            name: "licence line",
            check: Rules.licence,
            bad: [
                SourceFile("Sources/A/A.swift", "import Bytes\n"), SourceFile("Tests/a.sh", "#!/bin/sh\necho\n"),
                SourceFile("Tests/a.py", ""),
            ],
            good: [
                SourceFile("Sources/A/A.swift", "// SPDX-License-Identifier: Apache-2.0\n"),
                SourceFile("Tests/a.sh", "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n"),
                SourceFile("deploy/a.json", "{}"),
            ]
        ),
        FileRule(
            name: "no paths of a machine",
            check: Rules.machinePaths,
            bad: Rules.machineFolders.map { SourceFile("README.md", "see \($0)file\n") },
            good: [SourceFile("README.md", "see /etc/gatehouse and work/file\n")]
        ),
        FileRule(
            name: "ARCHITECTURE.md is short",
            check: Rules.architecture,
            bad: [SourceFile("ARCHITECTURE.md", lines(151))],
            good: [SourceFile("ARCHITECTURE.md", lines(150))]
        ),
    ]

    private static func lines(_ count: Int) -> String { String(repeating: "x\n", count: count) }

    private static func planted(function count: Int, _ head: String = "func f(a: Int)") -> SourceFile {
        let body = String(repeating: "    a(\"}\") // }\n", count: count - head.split(separator: "\n").count - 1)
        return SourceFile("Sources/A/A.swift", "\(head) {\n\(body)}\n\(lines(9))")
    }

    private static func planted(switch count: Int) -> SourceFile {
        let body = String(repeating: "case \"{\": \"\\(a(\")\"))\"\n", count: count - 2)
        return SourceFile("Sources/A/A.swift", "func f() {\nswitch (a.map { $0 }) {\n\(body)}\n}\n")
    }
}

@Suite struct `The house rules` {
    @Test(arguments: FileRule.all)
    func `every file keeps the rule`(_ rule: FileRule) {
        let findings = Project.files.flatMap(rule.check)
        #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
    }

    @Test(arguments: FileRule.all)
    func `the rule finds what is planted, and nothing else`(_ rule: FileRule) {
        for file in rule.bad {
            #expect(rule.check(file).count == 1, "missed in \(String(decoding: file.bytes, as: UTF8.self))")
        }
        for file in rule.good { #expect(rule.check(file) == []) }
    }

    @Test func `there are files to look at`() {
        #expect(Project.swift.count > 40)
        #expect(Project.file("Tests/run.sh") != nil)
    }
}
