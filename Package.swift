// swift-tools-version: 6.2
import PackageDescription

/// One row per module, lowest first: its floor (ARCHITECTURE.md) and what it may import.
/// TidyTests checks that every `import` in Sources agrees with this table, and that arrows only go down.
let modules: [(name: String, floor: Int, uses: [String])] = [
    ("Bytes", 0, []),
    ("JSON", 1, ["Bytes"]),
    ("Crypto", 1, ["Bytes", "COpenSSL"]),
    ("Reactor", 1, ["Bytes", "CLinux"]),
    ("Telemetry", 2, ["Bytes", "Reactor"]),
    ("HTTP", 2, ["Bytes"]),
    ("MCP", 2, ["Bytes", "JSON"]),
    ("Identity", 2, ["Bytes", "JSON", "Crypto"]),
    ("TLS", 2, ["Bytes", "Reactor", "COpenSSL"]),
    ("Policy", 3, ["Bytes", "MCP", "Identity"]),
    ("Upstream", 4, ["Bytes", "JSON", "Reactor", "HTTP", "TLS", "MCP", "Policy"]),
    (
        "Sessions", 5, ["Bytes", "JSON", "Crypto", "Reactor", "HTTP", "MCP", "Identity", "Policy", "Upstream"]
    ),
    (
        "GatewayApp", 6,
        [
            "Bytes", "JSON", "Crypto", "Reactor", "Telemetry", "HTTP", "MCP", "Identity", "TLS", "Policy", "Upstream",
            "Sessions",
        ]
    ),
]

let sources: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]
let tests: [SwiftSetting] = [.enableUpcomingFeature("ExistentialAny"), .enableExperimentalFeature("Lifetimes")]

func dependencies(_ names: [String]) -> [Target.Dependency] { names.map { .target(name: $0) } }

let package = Package(
    name: "gatehouse",
    products: [
        .executable(name: "gatehouse", targets: ["gatehouse"]),
        .executable(name: "calculator-server", targets: ["calculator-server"]),
    ],
    targets: [
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl"),
        .target(name: "CLinux"),
        .executableTarget(name: "gatehouse", dependencies: ["GatewayApp"], swiftSettings: sources),
        .executableTarget(name: "calculator-server", dependencies: ["Bytes", "JSON"], swiftSettings: sources),
        .target(name: "TestSupport", dependencies: ["TLS"], path: "Tests/TestSupport", swiftSettings: tests),
        // Counts what single operations cost (Tests/run.sh bench). Not a product: the heap of no other program is
        // counted.
        .target(name: "CAllocations", path: "Tests/Benchmarks/CAllocations"),
        .executableTarget(
            name: "gatehouse-bench",
            dependencies: ["Bytes", "JSON", "Crypto", "HTTP", "MCP", "Identity", "Policy", "CAllocations"],
            path: "Tests/Benchmarks/Operations",
            swiftSettings: tests + [.unsafeFlags(["-cross-module-optimization"], .when(configuration: .release))]
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["TestSupport", "gatehouse", "calculator-server"],
            swiftSettings: tests
        ),
        .testTarget(name: "CalculatorServerTests", dependencies: ["calculator-server"], swiftSettings: tests),
        .testTarget(name: "TidyTests", dependencies: ["gatehouse", "calculator-server"], swiftSettings: tests),
    ]
        + modules.map { .target(name: $0.name, dependencies: dependencies($0.uses), swiftSettings: sources) }
        + modules.map {
            .testTarget(
                name: "\($0.name)Tests",
                dependencies: dependencies(
                    [$0.name, "TestSupport"] + $0.uses.filter { !$0.hasPrefix("C") || $0 == "Crypto" }
                ),
                swiftSettings: tests
            )
        },
    swiftLanguageModes: [.v6]
)

// With FUZZ set: the fuzz targets, and every module instrumented for them (a fuzz target alone fuzzes blind).
//   FUZZ=1 swift build -c release --build-path .build-fuzz
if Context.environment["FUZZ"] != nil {
    let fuzzTargets: [(name: String, uses: [String])] = [
        ("HTTPHeadFuzz", ["Bytes", "HTTP"]),
        ("ChunkedFuzz", ["Bytes", "HTTP"]),
        ("ForwardedFuzz", ["Bytes", "HTTP"]),
        ("ResponseFuzz", ["Bytes", "HTTP"]),
        ("EventStreamFuzz", ["Bytes", "HTTP"]),
        ("JSONFuzz", ["Bytes", "JSON"]),
        ("EnvelopeFuzz", ["Bytes", "JSON", "MCP"]),
        ("ConfigurationFuzz", ["Bytes", "GatewayApp"]),
    ]
    let instrumented = ["-sanitize=fuzzer,address"]
    package.products.removeAll()
    package.targets.removeAll {
        $0.type == .executable || $0.type == .test || ["TestSupport", "CAllocations"].contains($0.name)
    }
    for target in package.targets where target.type == .regular && target.name != "CLinux" {
        target.swiftSettings = (target.swiftSettings ?? []) + [.unsafeFlags(instrumented)]
    }
    package.targets += fuzzTargets.map {
        .executableTarget(
            name: $0.name,
            dependencies: dependencies($0.uses),
            path: "Tests/Fuzz/\($0.name)",
            exclude: ["corpus"],
            swiftSettings: tests + [.unsafeFlags(["-parse-as-library"] + instrumented)],
            linkerSettings: [.unsafeFlags(instrumented + ["-use-ld=lld"])]
        )
    }
}
