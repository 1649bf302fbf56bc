// SPDX-License-Identifier: Apache-2.0

import Testing

@Suite struct `The module table` {
    private static let planted = ModuleTable(
        manifest: """
            ("Bytes", 0, []),
            ("HTTP", 2, ["Bytes"]),
            (
                "App", 6,
                [
                    "Bytes", "HTTP",
                ]
            ),
            .executableTarget(name: "the-program", dependencies: ["App"]),
            """
    )

    private func project() throws -> ModuleTable {
        let manifest = try #require(Project.file("Package.swift"))
        return ModuleTable(manifest: String(decoding: manifest.bytes, as: UTF8.self))
    }

    private var libraries: Set<String> {
        Set(
            Project.paths.filter { $0.hasSuffix("module.modulemap") || $0.hasPrefix("Sources/CLinux/") }
                .compactMap { $0.split(separator: "/").dropFirst().first.map(String.init) }
        ).union(["CAllocations"])
    }

    @Test func `arrows only go down`() throws {
        let table = try project()
        #expect(table.rows.count >= 12)
        #expect(table.executables.count >= 2)
        let wrong = table.wrongArrows(libraries: libraries)
        #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
    }

    @Test func `imports agree with the table`() throws {
        let sources = Project.swift.filter { file in !libraries.contains { file.path.hasPrefix("Sources/\($0)/") } }
        let wrong = try project().wrongImports(sources)
        #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
    }

    @Test func `an arrow that goes up, sideways or nowhere is found`() {
        #expect(Self.planted.rows.map(\.name) == ["Bytes", "HTTP", "App"])
        #expect(Self.planted.rows.map(\.floor) == [0, 2, 6])
        #expect(Self.planted.executables.map(\.uses) == [["App"]])
        #expect(Self.planted.wrongArrows(libraries: []) == [])
        let bad = ModuleTable(manifest: #"("A", 1, ["B", "C", "CLib"]), ("B", 2, []), ("D", 1, ["A"]),"#)
        #expect(bad.wrongArrows(libraries: ["CLib"]).count == 3)
    }

    @Test(arguments: [
        ("Sources/HTTP/A.swift", "import Bytes\nimport Foundation\n"),
        ("Sources/HTTP/A.swift", "import Bytes\npublic import App\n"),
        ("Sources/HTTP/A.swift", "import Bytes\nimport Glibc\n"),  // pure
        ("Sources/HTTP/A.swift", "import Bytes\n@preconcurrency internal import struct FoundationEssentials.Data\n"),
        ("Sources/App/A.swift", "import Bytes\n"),  // HTTP is in the row and is not imported
        ("Sources/Other/A.swift", "let a = 1\n"),
    ])
    func `a wrong import is found`(path: String, text: String) {
        #expect(Self.planted.wrongImports([SourceFile(path, text)]).count == 1)
    }

    @Test(arguments: [
        ("Sources/HTTP/A.swift", "public import Bytes\nimport Synchronization // import Foundation\n"),
        ("Sources/App/A.swift", "import Glibc\nimport Bytes\nimport HTTP\n"),
        ("Sources/the-program/main.swift", "import App\n"),
        ("Sources/HTTP/A.swift", "let text = \"import Foundation\"\n/*\nimport Foundation\n*/\n"),
    ])
    func `a right import is not`(path: String, text: String) {
        #expect(Self.planted.wrongImports([SourceFile(path, text)]).filter { !$0.contains("Synchronization") } == [])
    }
}
