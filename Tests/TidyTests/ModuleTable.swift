// SPDX-License-Identifier: Apache-2.0

/// The module table and the executables of Package.swift, read from its text.
struct ModuleTable {
    struct Row {
        let name: String
        let floor: Int
        let uses: [String]
    }

    let rows: [Row]
    /// Executables stand above every floor.
    let executables: [Row]

    /// Modules of the system that Sources may import beyond the table.
    static let system: Set<String> = ["Glibc", "Synchronization"]
    /// No sockets, clocks or threads: bytes and `now` in, events and bytes out.
    static let pure: Set<String> = ["Bytes", "JSON", "HTTP", "MCP", "Identity", "Policy"]

    init(manifest: String) {
        rows = manifest.matches(of: /\(\s*"(\w+)",\s*(\d+),\s*\[([^\]]*)\]/).map { match in
            Row(name: String(match.1), floor: Int(match.2) ?? -1, uses: Self.names(match.3))
        }
        let target = /\.executableTarget\(\s*name:\s*"([\w-]+)",\s*dependencies:\s*\[([^\]]*)\]/
        executables = manifest.matches(of: target).map { match in
            Row(name: String(match.1), floor: Int.max, uses: Self.names(match.2))
        }
    }

    private static func names(_ list: Substring) -> [String] {
        list.matches(of: /"([\w-]+)"/).map { String($0.1) }
    }

    /// Arrows that do not go down, and names that nobody knows.
    func wrongArrows(libraries: Set<String>) -> [String] {
        let floors = Dictionary(rows.map { ($0.name, $0.floor) }) { first, _ in first }
        return (rows + executables).flatMap { row in
            row.uses.compactMap { used -> String? in
                if libraries.contains(used) { return nil }
                guard let floor = floors[used] else { return "Package.swift: \(row.name) uses \(used): no such module" }
                return floor < row.floor
                    ? nil
                    : "Package.swift: \(row.name) (floor \(row.floor)) uses \(used) (floor \(floor)): arrows go down"
            }
        }
    }

    /// Imports that the table does not name, and, in modules that import anything, names that nothing imports.
    func wrongImports(_ files: [SourceFile]) -> [String] {
        var wrong: [String] = []
        for row in rows + executables {
            var imported: Set<String> = []
            for file in files where file.path.hasPrefix("Sources/\(row.name)/") && file.isSwift {
                for (line, module) in Self.imports(file) {
                    imported.insert(module)
                    if let problem = problem(module, in: row) { wrong.append("\(file.path):\(line): \(problem)") }
                }
            }
            guard !imported.isEmpty else { continue }
            for used in row.uses where !imported.contains(used) {
                wrong.append("Package.swift: \(row.name) need not use \(used): none of its files imports it")
            }
        }
        let known = Set((rows + executables).map(\.name))
        for file in files where file.isSource && file.isSwift {
            let module = String(file.path.split(separator: "/")[1])
            if !known.contains(module) { wrong.append("\(file.path): Package.swift has no target \(module)") }
        }
        return wrong
    }

    private func problem(_ module: String, in row: Row) -> String? {
        if module.hasPrefix("Foundation") {
            return "import of \(module): Sources do without Foundation (size, and a JSON reader of its own)"
        }
        if Self.system.contains(module) {
            return Self.pure.contains(row.name)
                ? "import of \(module): \(row.name) is pure, it knows no sockets, clocks or threads" : nil
        }
        return row.uses.contains(module)
            ? nil : "import of \(module), which the table in Package.swift does not give to \(row.name)"
    }

    static func imports(_ file: SourceFile) -> [(line: Int, module: String)] {
        let pattern =
            #/
            ^\s*(?:@\w+\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?
            import\s+(?:(?:struct|enum|class|func|protocol|var|let|typealias)\s+)?(\w+)
            /#
        return file.codeLines.enumerated().compactMap { index, line in
            line.firstMatch(of: pattern).map { (index + 1, String($0.1)) }
        }
    }
}
