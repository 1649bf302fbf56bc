// SPDX-License-Identifier: Apache-2.0

/// The rules that look at one file. Each returns its findings as `path:line: what is wrong, and what to do`.
enum Rules {
    static let fileLinesMax = 600
    static let functionLinesMax = 70
    static let switchLinesMax = 40
    static let columnsMax = 120
    static let mainLinesMax = 120
    static let architectureLinesMax = 150
    static let fileBytesMax = 1 << 20

    // Written in two parts, so that no search for these words finds this file.
    static let unfinished = [
        "TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK", "st" + "ub", "place" + "holder", "for " + "now",
        "simpli" + "fied",
    ]
    static let crashes = ["fatal" + "Error(", "try" + "!", "as" + "!"]
    static let unchecked = ["@unchecked " + "Sendable", "nonisolated(" + "unsafe)"]
    static let machineFolders = ["work", "farm", "root", "tmp/bash_jobs"].map { "/" + $0 + "/" }
    static let vagueNames = ["Utils", "Utilities", "Helpers", "Helper", "Common", "Manager", "Extensions", "Misc"]

    static func length(_ file: SourceFile) -> [String] {
        guard file.isSwift || file.isScript else { return [] }
        let limit = file.path == "Sources/gatehouse/main.swift" ? mainLinesMax : fileLinesMax
        let count = file.lines.count
        return count > limit ? ["\(file.path): \(count) lines, at most \(limit): split it by type or by verb"] : []
    }

    static func columns(_ file: SourceFile) -> [String] {
        guard file.isSwift || file.isScript else { return [] }
        // Data that would mean something else when broken: URLs, and the command that the quickstart prints.
        return findings(in: file, file.lines) { line in
            line.unicodeScalars.count > columnsMax && !line.contains("://") && !line.contains("curl -")
                ? "\(line.unicodeScalars.count) columns, at most \(columnsMax)" : nil
        }
    }

    static func blocks(_ file: SourceFile) -> [String] {
        guard file.isSwift else { return [] }
        return SwiftText.blocks(file.code).compactMap { block in
            let limit = block.keyword == "switch" ? switchLinesMax : functionLinesMax
            guard block.lineCount > limit else { return nil }
            return "\(file.path):\(block.line): \(block.keyword) of \(block.lineCount) lines, at most \(limit)"
        }
    }

    static func words(_ file: SourceFile) -> [String] {
        guard ["Sources/", "Tests/", "deploy/"].contains(where: file.path.hasPrefix) else { return [] }
        guard file.isSwift || file.isScript || file.path.hasSuffix(".c") || file.path.hasSuffix(".h") else { return [] }
        return findings(in: file, file.lines) { line in
            unfinished.first { hasWord(line.lowercased(), $0.lowercased()) }
                .map { "'\($0)' marks unfinished work: finish it, or open an issue and say what holds today" }
        }
    }

    /// What crashes, or switches a check of the compiler off, needs its reason in a comment on the line above.
    static func reasons(_ file: SourceFile) -> [String] {
        guard file.isSource, file.isSwift else { return [] }
        let lines = file.lines
        return file.codeLines.enumerated().compactMap { index, line in
            guard let found = (crashes + unchecked).first(where: { hasWord(String(line), $0) }) else { return nil }
            let above = index > 0 ? lines[index - 1].drop { $0 == " " } : ""
            return above.hasPrefix("//")
                ? nil : "\(file.path):\(index + 1): '\(found)' without the reason in a comment on the line above"
        }
    }

    static func unsafeFiles(_ file: SourceFile) -> [String] {
        guard file.isSource, file.isSwift else { return [] }
        let named = file.name.contains("+Unsafe") || file.name.hasPrefix("Syscall") || file.name.contains("TLSSession")
        let line = file.codeLines.firstIndex { line in
            hasWord(line.replacing(unchecked[1], with: ""), "un" + "safe")
        }
        guard let line else {
            return named ? ["\(file.path): named for unsafe code but has none: give it another name"] : []
        }
        if !named {
            return ["\(file.path):\(line + 1): unsafe code belongs in a file named +Unsafe, Syscall… or TLSSession"]
        }
        let isExplained = file.lines.contains { $0.contains("// SAFETY:") }
        return isExplained
            ? [] : ["\(file.path):\(line + 1): unsafe code without a '// SAFETY:' line that says why it is"]
    }

    static func fileName(_ file: SourceFile) -> [String] {
        guard file.isSwift else { return [] }
        let stem = file.name.dropLast(".swift".count)
        let last = stem.split(separator: "+").last.map(String.init) ?? String(stem)
        return vagueNames.contains(where: last.hasSuffix)
            ? ["\(file.path): a file is named for the type or the verbs that it holds, not '\(last)'"] : []
    }

    static func licence(_ file: SourceFile) -> [String] {
        guard ["Sources/", "Tests/", "deploy/", ".ci/"].contains(where: file.path.hasPrefix) else { return [] }
        let commented = [".swift", ".sh", ".c", ".h", ".py"].contains(where: file.path.hasSuffix) || file.isScript
        guard commented else { return [] }
        let lines = file.lines
        let first = lines.first?.hasPrefix("#!") == true ? lines.dropFirst().first : lines.first
        let mark = file.isSwift || file.path.hasSuffix(".c") || file.path.hasSuffix(".h") ? "//" : "#"
        let wanted = "\(mark) SPDX-License-Identifier: Apache-2.0"
        return first.map(String.init) == wanted ? [] : ["\(file.path):1: the first line is '\(wanted)'"]
    }

    static func machinePaths(_ file: SourceFile) -> [String] {
        findings(in: file, file.lines) { line in
            machineFolders.first { line.contains($0) }.map { "'\($0)' is a path of one machine" }
        }
    }

    static func architecture(_ file: SourceFile) -> [String] {
        guard file.path == "ARCHITECTURE.md", file.lines.count > architectureLinesMax else { return [] }
        return ["\(file.path): \(file.lines.count) lines, at most \(architectureLinesMax): say less, more plainly"]
    }

    private static func findings(
        in file: SourceFile,
        _ lines: [Substring],
        _ problem: (Substring) -> String?
    ) -> [String] {
        lines.enumerated().compactMap { index, line in
            problem(line).map { "\(file.path):\(index + 1): \($0)" }
        }
    }

    /// Whether `word` stands in `line` with no letter, digit or underscore touching it.
    static func hasWord(_ line: some StringProtocol, _ word: String) -> Bool {
        let text = Array(line.utf8)
        let wanted = Array(word.utf8)
        guard text.count >= wanted.count, let first = wanted.first, let last = wanted.last else { return false }
        for start in 0...(text.count - wanted.count) where text[start] == first {
            let end = start + wanted.count
            guard text[start..<end].elementsEqual(wanted) else { continue }
            let touchesBefore = SwiftText.isWordByte(first) && start > 0 && SwiftText.isWordByte(text[start - 1])
            let touchesAfter = SwiftText.isWordByte(last) && end < text.count && SwiftText.isWordByte(text[end])
            if !touchesBefore && !touchesAfter { return true }
        }
        return false
    }
}
