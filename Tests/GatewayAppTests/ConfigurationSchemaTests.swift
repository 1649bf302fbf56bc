// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSON
import Testing

@testable import GatewayApp

/// The reader's tables, the schema and the example must name the same keys.
@Suite struct ConfigurationSchemaTests {
    private static let schema = packageText("deploy/gateway.schema.json")
    private static let example = packageText("gateway.example.json")

    /// Which definition of the schema describes which table; the empty name is the schema itself.
    private static let definitions: [(definition: String, keys: ConfigKeys)] = [
        ("", ConfigurationKeys.root), ("listen", ConfigurationKeys.listen),
        ("listenerTLS", ConfigurationKeys.listenerTLS), ("upstreamTLS", ConfigurationKeys.upstreamTLS),
        ("admin", ConfigurationKeys.admin),
        ("authentication", ConfigurationKeys.authentication), ("apiKey", ConfigurationKeys.apiKey),
        ("apiKeyHash", ConfigurationKeys.apiKeyHash), ("server", ConfigurationKeys.server),
        ("serverDefaults", ConfigurationKeys.serverDefaults), ("stdio", ConfigurationKeys.stdio),
        ("stdioDefaults", ConfigurationKeys.stdioDefaults), ("processes", ConfigurationKeys.processes),
        ("http", ConfigurationKeys.http), ("httpDefaults", ConfigurationKeys.httpDefaults),
        ("connections", ConfigurationKeys.connections),
        ("timeouts", ConfigurationKeys.timeouts), ("access", ConfigurationKeys.access), ("to", ConfigurationKeys.to),
        ("objectPatterns", ConfigurationKeys.objects), ("sessions", ConfigurationKeys.sessions),
        ("log", ConfigurationKeys.log), ("limits", ConfigurationKeys.limits),
        ("secretReference", ConfigurationKeys.secret),
    ]

    @Test func `every table has its definition`() {
        #expect(
            Self.definitions.map { "\($0.keys.place)" }.sorted() == ConfigurationKeys.all.map { "\($0.place)" }.sorted()
        )
    }

    @Test(arguments: definitions.indices) func `the schema's keys are the reader's`(_ index: Int) throws {
        let (name, keys) = Self.definitions[index]
        let root = try JSONDocument(Array(Self.schema.utf8)).root
        let definition = name.isEmpty ? root : try #require(root["$defs"]?.member(Array(name.utf8)))
        let properties = try #require(definition["properties"])
        #expect(Set(properties.members.compactMap { $0.name.string.map(text) }) == Set(keys.known.map { "\($0)" }))
        #expect(definition["additionalProperties"]?.bool == false)
    }

    @Test func `every reference of the schema leads somewhere, and every object is closed`() throws {
        let root = try JSONDocument(Array(Self.schema.utf8)).root
        var open = [root]
        while let value = open.popLast() {
            open += value.members.map(\.value) + value.elements
            guard let reference = value["$ref"]?.string.map(text) else { continue }
            let name = reference.replacing("#/$defs/", with: "")
            #expect(root["$defs"]?.member(Array(name.utf8)) != nil, "\(reference)")
        }
    }

    @Test func `the schema's defaults are the reader's`() throws {
        let root = try JSONDocument(Array(Self.schema.utf8)).root
        let properties = try #require(root["$defs"]?["limits"]?["properties"])
        let written = properties.members.map { name, value in
            "\"\(text(name.string ?? []))\": \(text(value["default"]?.raw ?? []))"
        }
        #expect(written.count == ConfigurationKeys.limits.known.count)
        let given = try Self.limits("{\(written.joined(separator: ", "))}")
        #expect("\(given)" == "\(try Self.limits("{}"))")
    }

    private static func limits(_ text: String) throws -> LimitsConfiguration {
        let document = "{\(Document.listen), \(Document.server), \"limits\": \(text)}"
        return try #require(MemoryFiles(["gateway.json": document]).outcome().configuration).limits
    }

    @Test func `the example is clean, also strictly, offline and on a machine that has the calculator`() throws {
        var files = MemoryFiles(["gateway.json": Self.example])
        files.programs.insert("/usr/bin/calculator-server")
        for isOffline in [false, true] {
            let outcome = files.outcome(isOffline: isOffline)
            #expect(outcome.problems.map(\.text) == [])
            #expect(outcome.configuration != nil)
        }
    }

    @Test func `the example lets the demo role calculate but not divide`() throws {
        var files = MemoryFiles(["gateway.json": Self.example])
        files.programs.insert("/usr/bin/calculator-server")
        let read = try #require(files.outcome().configuration)
        #expect(read.listeners.map(\.address.port) == [8080, 8443])
        #expect(read.admin?.port == 9901)
        #expect(read.servers.map { text($0.path) } == ["/calculator/mcp", "/git/mcp"])
        #expect(read.servers.map(\.denials) == [.explain, .explain])
        #expect(read.access.map { text($0.id) } == ["demo-may-calculate", "no-division", "trial"])
        #expect(read.access[1].message != nil)
    }

    @Test func `the example shows every key`() {
        for table in ConfigurationKeys.all {
            for key in table.known { #expect(Self.example.contains("\"\(key)\":"), "\(table.place) \(key)") }
        }
    }

    @Test func `no key is at the same time known, later and misplaced`() {
        for table in ConfigurationKeys.all {
            let names = (table.known + table.later + table.misplaced.map(\.key)).map { "\($0)" }
            #expect(Set(names).count == names.count, "\(table.place)")
        }
    }
}
