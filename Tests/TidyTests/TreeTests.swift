// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The rules that look at the project as a whole.
enum TreeRules {
    static func tooLarge(_ files: [(path: String, size: Int)]) -> [String] {
        files.filter { $0.size > Rules.fileBytesMax }.map {
            "\($0.path): \($0.size) bytes, at most \(Rules.fileBytesMax)"
        }
    }

    static func generated(_ paths: [String]) -> [String] {
        paths.filter { path in
            path.split(separator: "/").contains { part in
                part.hasPrefix(".build") || ["Package.resolved", "__pycache__", "node_modules"].contains(part)
            }
        }
    }

    /// The names of all members that a JSON Schema describes.
    static func keys(ofSchema schema: Any) -> Set<String> {
        if let list = schema as? [Any] { return list.reduce(into: []) { $0.formUnion(keys(ofSchema: $1)) } }
        guard let object = schema as? [String: Any] else { return [] }
        var found: Set<String> = []
        for (name, value) in object {
            if name == "properties", let properties = value as? [String: Any] {
                found.formUnion(properties.keys)
                found.formUnion(keys(ofSchema: Array(properties.values)))
            } else {
                found.formUnion(keys(ofSchema: value))
            }
        }
        return found
    }

    /// Keys that the example shows nowhere, not even in a comment.
    static func missing(_ keys: Set<String>, in example: String) -> [String] {
        keys.subtracting(["$schema"]).filter { !example.contains("\"\($0)\"") }.sorted()
    }

    /// What `bash -n` has against a script; nil if nothing.
    static func syntaxError(inScript path: String) throws -> String? {
        let run = try Project.run("bash", ["-n", path])
        return run.status == 0 ? nil : run.output
    }
}

@Suite struct `The tree` {
    @Test func `no file is larger than a mebibyte`() {
        let large = TreeRules.tooLarge(Project.paths.map { ($0, Project.size($0)) })
        #expect(large.isEmpty, "\(large.joined(separator: "\n"))")
        #expect(TreeRules.tooLarge([("a", 1 << 20), ("b", 1 << 20 + 1)]).count == 1)
        #expect(Project.size("LICENSE") > 10_000)
    }

    @Test func `no generated file is tracked`() {
        #expect(TreeRules.generated(Project.paths) == [])
        #expect(
            TreeRules.generated([".build-asan/a", "a/__pycache__/b", "Package.resolved", "Tests/build.sh"]).count == 3
        )
    }

    @Test func `the example shows every key of the schema`() throws {
        guard let schema = Project.file("deploy/gateway.schema.json"),
            let example = Project.file("gateway.example.json")
        else { return }
        let keys = TreeRules.keys(ofSchema: try JSONSerialization.jsonObject(with: Data(schema.bytes)))
        #expect(keys.count > 20)
        let missing = TreeRules.missing(keys, in: String(decoding: example.bytes, as: UTF8.self))
        #expect(missing.isEmpty, "gateway.example.json does not show \(missing.joined(separator: ", "))")
    }

    @Test func `a key that the example leaves out is found`() throws {
        let schema =
            #"{"properties": {"listen": {"items": {"properties": {"address": {}}}}},"#
            + #""$defs": {"server": {"properties": {"path": {"type": "string"}}}}}"#
        let keys = TreeRules.keys(ofSchema: try JSONSerialization.jsonObject(with: Data(schema.utf8)))
        #expect(keys == ["listen", "address", "path"])
        #expect(TreeRules.missing(keys, in: #"{"listen": []} // "address": "#) == ["path"])
    }

    @Test func `every script is valid for bash`() throws {
        let scripts = Project.files.filter(\.isScript)
        #expect(scripts.count >= 4)
        for script in scripts {
            let error = try TreeRules.syntaxError(inScript: Project.root.appending(path: script.path).path)
            #expect(error == nil, "\(script.path): \(error ?? "")")
        }
    }

    @Test func `a broken script is found`() throws {
        let broken = FileManager.default.temporaryDirectory.appending(path: "gatehouse-\(UUID().uuidString).sh")
        try "if true; then\n".write(to: broken, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: broken) }
        #expect(try TreeRules.syntaxError(inScript: broken.path) != nil)
    }

    @Test func `CI runs the command that the README names`() throws {
        for path in [".ci/run", "README.md"] {
            let text = String(decoding: try #require(Project.file(path)).bytes, as: UTF8.self)
            #expect(text.contains("Tests/run.sh"), "\(path) does not name Tests/run.sh")
        }
    }
}
