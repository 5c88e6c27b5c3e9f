// swift-tools-version:6.2
import PackageDescription

// The folder tree is the architecture: a target here is a room of ARCHITECTURE.md, and what it may
// import is what it lists. A tidy test holds the sources against this file.

/// `scripts/fuzz` builds all with coverage for libFuzzer, and the fuzz targets.
let isFuzzing = Context.environment["RAUDAL_FUZZ"] == "1"

/// `scripts/sanitize` builds these test targets alone, and what they need.
let chosenTests = Context.environment["RAUDAL_TESTS"].map {
  $0.split(separator: ",").map(String.init)
}

let language: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ]
  + (Context.environment["RAUDAL_WARNINGS"] == "error" ? [.treatAllWarnings(as: .error)] : [])
  + (isFuzzing ? [.unsafeFlags(["-sanitize=fuzzer"])] : [])

/// Most rooms: the compiler refuses an unmarked use of a pointer.
let strict = language + [.strictMemorySafety()]

/// A room whose job is to handle memory, C libraries or kernels, where every line would be marked.
let unsafeByTrade = language

func room(
  _ name: String, _ imports: [Target.Dependency] = [], settings: [SwiftSetting] = strict
) -> Target {
  .target(name: name, dependencies: imports, path: "Sources/\(name)", swiftSettings: settings)
}

func tests(
  _ name: String, _ imports: [Target.Dependency], settings: [SwiftSetting] = language
) -> Target {
  .testTarget(name: name, dependencies: imports, path: "Tests/\(name)", swiftSettings: settings)
}

/// Tests that compute little themselves: to optimize them would cost more time than it saves.
let unoptimized = language + [.unsafeFlags(["-Onone"], .when(configuration: .release))]

let systemLibraries: [Target] = [
  .systemLibrary(name: "CRdKafka", path: "Sources/CRdKafka", pkgConfig: "rdkafka"),
  .systemLibrary(name: "CZstd", path: "Sources/CZstd", pkgConfig: "libzstd"),
  .systemLibrary(name: "CLZ4", path: "Sources/CLZ4", pkgConfig: "liblz4"),
  .systemLibrary(name: "CZlib", path: "Sources/CZlib", pkgConfig: "zlib"),
  .systemLibrary(name: "CPCRE2", path: "Sources/CPCRE2", pkgConfig: "libpcre2-8"),
  .systemLibrary(name: "CPostgres", path: "Sources/CPostgres", pkgConfig: "libpq"),
  .systemLibrary(name: "CHiredis", path: "Sources/CHiredis", pkgConfig: "hiredis"),
  .systemLibrary(name: "CCurl", path: "Sources/CCurl", pkgConfig: "libcurl"),
  .systemLibrary(name: "COpenSSL", path: "Sources/COpenSSL", pkgConfig: "openssl"),
  // A header alone: the library is loaded where a model asks for it.
  .systemLibrary(name: "COnnxRuntime", path: "Sources/COnnxRuntime"),
  .target(
    name: "CPlatform", path: "Sources/CPlatform",
    cSettings: isFuzzing ? [.unsafeFlags(["-fsanitize=fuzzer-no-link"])] : []),
  .target(
    name: "CSimdJSON", path: "Sources/CSimdJSON",
    linkerSettings: [.linkedLibrary("simdjson")]),
]

let rooms: [Target] = [
  // Shared by both halves.
  room("Schemas"),
  room("Diagnostics"),
  room("Instruments"),
  room("Platform", ["CPlatform", "Schemas"], settings: unsafeByTrade),
  room("TLS", ["COpenSSL"], settings: unsafeByTrade),
  room("HTTP", ["Platform", "TLS", "CCurl", "CZlib"], settings: unsafeByTrade),
  // The language half.
  room("Syntax", ["Diagnostics"]),
  room("Plans", ["Schemas"]),
  room("Semantics", ["Syntax", "Plans", "Schemas", "Diagnostics"]),
  room("Optimizer", ["Plans", "Schemas"]),
  room(
    "Compiler", ["Syntax", "Semantics", "Optimizer", "Plans", "Schemas", "Diagnostics"]),
  room(
    "LanguageServer", ["Compiler", "Semantics", "Syntax", "Plans", "Schemas", "Diagnostics"]),
  // The data half.
  room("Columns", ["Schemas", "CPlatform"], settings: unsafeByTrade),
  room(
    "Expressions", ["Plans", "Formats", "Columns", "Schemas", "CPCRE2"], settings: unsafeByTrade),
  room("Formats", ["Plans", "Columns", "Schemas", "CPlatform"], settings: unsafeByTrade),
  room(
    "Parquet", ["Columns", "Schemas", "Platform", "CPlatform", "CZstd", "CLZ4", "CZlib"],
    settings: unsafeByTrade),
  room("KeyedState", ["Columns", "Schemas", "CPlatform"], settings: unsafeByTrade),
  room(
    "Operators",
    ["Plans", "Expressions", "KeyedState", "Columns", "Schemas", "Instruments"]),
  room(
    "Checkpoints", ["Platform", "KeyedState", "Columns", "Schemas", "CPlatform", "CZstd"],
    settings: unsafeByTrade),
  room(
    "Connectors",
    [
      "Formats", "Columns", "Schemas", "Platform", "Plans", "CPlatform", "CZstd", "CLZ4", "CZlib",
    ],
    settings: unsafeByTrade),
  room(
    "KafkaConnector",
    [
      "Connectors", "Formats", "Columns", "Schemas", "Platform", "Plans", "CPlatform", "CRdKafka",
    ],
    settings: unsafeByTrade),
  room(
    "OnnxRuntime", ["Connectors", "COnnxRuntime", "Columns", "Plans", "Schemas"],
    settings: unsafeByTrade),
  room(
    "PostgresConnector",
    ["Connectors", "Formats", "Columns", "Schemas", "Platform", "Plans", "CPostgres"],
    settings: unsafeByTrade),
  room(
    "RedisConnector",
    ["Connectors", "Formats", "Columns", "Schemas", "Platform", "Plans", "TLS", "CHiredis"],
    settings: unsafeByTrade),
  room(
    "CommandConnector",
    ["Connectors", "Columns", "Schemas", "Platform", "Plans", "CPlatform"],
    settings: unsafeByTrade),
  room(
    "MailConnector",
    ["Connectors", "Columns", "Schemas", "Platform", "Plans", "CCurl"], settings: unsafeByTrade),
  room(
    "HTTPConnector",
    ["HTTP", "Connectors", "Formats", "Columns", "Schemas", "Platform", "Plans"],
    settings: unsafeByTrade),
  room(
    "Dataflow",
    [
      "Operators", "Connectors", "Checkpoints", "KeyedState", "Columns", "Plans", "Expressions",
      "Formats", "Platform", "Instruments", "Schemas",
    ]),
  room(
    "Engine",
    [
      "Compiler", "Dataflow", "Connectors", "Checkpoints", "Operators", "KeyedState", "Columns",
      "Expressions", "Formats", "Plans", "Platform", "Instruments", "Schemas", "Diagnostics",
    ]),
  room(
    "Embedding",
    [
      "Engine", "KafkaConnector", "OnnxRuntime", "PostgresConnector", "RedisConnector",
      "HTTPConnector", "CommandConnector", "MailConnector",
      "Connectors", "Compiler", "Dataflow", "Expressions", "Columns", "Plans",
      "Platform", "Schemas", "Diagnostics",
    ]),
  room(
    "Jobs",
    [
      "KafkaConnector", "Connectors", "Compiler", "Expressions", "Formats", "Parquet", "Columns",
      "Plans", "Platform", "Schemas", "Diagnostics",
    ]),
  .executableTarget(
    name: "raudal",
    dependencies: [
      "Engine", "Jobs", "KafkaConnector", "OnnxRuntime", "PostgresConnector", "RedisConnector",
      "HTTPConnector", "CommandConnector", "MailConnector", "Connectors", "Compiler", "Syntax",
      "LanguageServer",
      "Checkpoints", "Dataflow", "Expressions",
      "Plans", "Schemas", "Columns", "Formats", "Diagnostics", "Instruments", "Platform",
      .product(name: "ArgumentParser", package: "swift-argument-parser"),
    ], path: "Sources/raudal", swiftSettings: language),
  // The example of the Swift library.
  .executableTarget(
    name: "EmbeddingExample", dependencies: ["Embedding"], path: "Pipelines/embedding",
    swiftSettings: strict),
  // Test support.
  .target(name: "CSanitizers", path: "Tests/CSanitizers"),
  .target(
    name: "TestKit",
    dependencies: ["Schemas", "Columns", "Platform", "Syntax", "Diagnostics", "CSanitizers"],
    path: "Tests/TestKit",
    swiftSettings: language),
  .target(
    name: "Simulation",
    dependencies: [
      "Compiler", "Diagnostics", "Engine", "Dataflow", "Connectors", "Checkpoints", "Operators",
      "KeyedState", "Columns",
      "Plans", "Platform", "Instruments", "Schemas", "TestKit",
    ], path: "Tests/Simulation", swiftSettings: language),
  .target(
    name: "FormatOracles",
    dependencies: [
      "Formats", "Parquet", "Connectors", "Columns", "Plans", "Schemas", "HTTP", "CSimdJSON",
      "TestKit",
    ], path: "Tests/FormatOracles", swiftSettings: language),
]

/// What the project measures itself with; see Benchmarks/RESULTS.md.
let benchmarks: [Target] = [
  .executableTarget(
    name: "OperatorBenchmark",
    dependencies: [
      "Operators", "KeyedState", "Columns", "Plans", "Schemas", "Instruments", "TestKit",
      "Yardsticks",
    ], path: "Benchmarks/Operators", swiftSettings: language),
  .executableTarget(
    name: "ExpressionBenchmark",
    dependencies: ["Expressions", "Columns", "Plans", "Schemas", "Yardsticks"],
    path: "Benchmarks/Expressions", swiftSettings: language),
  .executableTarget(
    name: "KafkaBenchmark",
    dependencies: ["KafkaConnector", "Connectors", "Columns", "Platform", "Schemas", "CRdKafka"],
    path: "Benchmarks/Kafka", swiftSettings: language),
  .executableTarget(
    name: "PipelineBenchmark",
    dependencies: [
      "Engine", "Compiler", "Connectors", "KafkaConnector", "Columns", "Diagnostics", "Plans",
      "Platform", "Schemas", "Yardsticks",
    ], path: "Benchmarks/Pipeline", swiftSettings: language),
  .executableTarget(
    name: "OnnxBenchmark",
    dependencies: [
      "OnnxRuntime", "OnnxLoop", "Operators", "Connectors", "Plans", "KeyedState", "Instruments",
      "Columns", "Schemas",
    ],
    path: "Benchmarks/Onnx", swiftSettings: language),
  .target(
    name: "OnnxLoop", path: "Benchmarks/OnnxLoop",
    cSettings: [.headerSearchPath("../../Sources/COnnxRuntime"), .unsafeFlags(["-O2"])]),
  .executableTarget(
    name: "FetchServer", path: "Benchmarks/FetchServer",
    cxxSettings: [.unsafeFlags(["-O2"])]),
  .target(
    name: "Yardsticks", path: "Benchmarks/Yardsticks",
    cxxSettings: [.unsafeFlags(["-O3"])], linkerSettings: [.linkedLibrary("simdjson")]),
]

let testTargets: [Target] = [
  tests("SchemasTests", ["Schemas"]),
  tests(
    "LanguageTests",
    [
      "Compiler", "Syntax", "Semantics", "Optimizer", "Plans", "Expressions", "Diagnostics",
      "Schemas", "TestKit",
    ], settings: unoptimized),
  tests("ColumnsTests", ["Columns", "Schemas", "TestKit"]),
  tests(
    "ExpressionsTests",
    [
      "Expressions", "Compiler", "Diagnostics", "Plans", "Columns", "Schemas", "TestKit",
    ]),
  tests(
    "FormatsTests",
    ["Formats", "FormatOracles", "Plans", "Columns", "Schemas", "CPlatform", "TestKit"]),
  tests("ParquetTests", ["Parquet", "FormatOracles", "Columns", "TestKit"]),
  tests(
    "ConnectorsTests",
    ["Connectors", "Formats", "Columns", "Schemas", "Platform", "Plans", "TestKit"]),
  tests(
    "OperatorsTests",
    [
      "Operators", "KeyedState", "Expressions", "Instruments", "Columns", "Plans", "Schemas",
      "TestKit",
    ]),
  tests("KeyedStateTests", ["KeyedState", "Columns", "Schemas", "TestKit"]),
  tests(
    "CheckpointsTests", ["Checkpoints", "KeyedState", "Columns", "Platform", "Schemas", "TestKit"]),
  tests(
    "DataflowTests",
    [
      "Engine", "Dataflow", "Operators", "Checkpoints", "Connectors", "KeyedState", "Columns",
      "Compiler", "Diagnostics", "Plans", "Platform", "Schemas", "TestKit",
    ]),
  tests(
    "SimulationTests",
    [
      "Simulation", "Engine", "Dataflow", "Connectors", "Checkpoints", "Columns", "Plans",
      "Platform", "Schemas", "TestKit",
    ]),
  tests(
    "KafkaConnectorTests",
    [
      "KafkaConnector", "Engine", "Connectors", "Formats", "Columns", "Plans", "Platform",
      "Schemas", "CRdKafka", "TestKit",
    ]),
  tests(
    "LookupTests",
    [
      "PostgresConnector", "RedisConnector", "HTTPConnector", "Connectors", "Columns", "Plans",
      "Platform", "Schemas", "TestKit",
    ], settings: unoptimized),
  tests(
    "TaskKindTests",
    [
      "CommandConnector", "MailConnector", "KafkaConnector", "Connectors", "Columns", "Plans",
      "Platform", "Schemas", "TestKit",
    ], settings: unoptimized),
  tests(
    "HTTPTests", ["HTTP", "FormatOracles", "Platform", "CCurl", "TestKit"], settings: unoptimized),
  tests("OnnxRuntimeTests", ["OnnxRuntime", "Columns", "Schemas", "TestKit"]),
  tests(
    "JobsTests",
    [
      "Jobs", "KafkaConnector", "Compiler", "Connectors", "Diagnostics", "Expressions", "Formats",
      "Columns", "Plans", "Platform", "Schemas", "TestKit",
    ], settings: unoptimized),
  tests("EmbeddingTests", ["Embedding"]),
  tests("EndToEndTests", ["TestKit", "raudal", "EmbeddingExample"], settings: unoptimized),
  tests("TidyTests", []),
]

/// One program that libFuzzer drives. Only where fuzzing is asked for: they link nowhere else.
func fuzz(_ name: String, _ imports: [Target.Dependency]) -> Target {
  .executableTarget(
    name: "Fuzz\(name)", dependencies: imports + ["FuzzDriver"],
    path: "Tests/FuzzTargets/\(name)",
    swiftSettings: language + [.unsafeFlags(["-parse-as-library"])],
    linkerSettings: [.unsafeFlags(["-sanitize=fuzzer"])])
}

let fuzzTargets: [Target] =
  isFuzzing
  ? [
    .target(name: "FuzzDriver", path: "Tests/FuzzTargets/Driver", swiftSettings: language),
    fuzz("Canary", []),
    fuzz("Parser", ["Syntax", "Diagnostics", "TestKit"]),
    fuzz("Formatter", ["Diagnostics", "TestKit"]),
    fuzz("JSON", ["FormatOracles"]),
    fuzz("CSV", ["FormatOracles"]),
    fuzz("HTTP", ["FormatOracles"]),
    fuzz("Parquet", ["FormatOracles"]),
    fuzz(
      "Checkpoint",
      ["Checkpoints", "KeyedState", "Platform", "Schemas", "CPlatform", "TestKit"]),
  ] : []

/// All that the fuzz targets are made of, so that one build does both halves beside each other.
let fuzzProducts: [Product] =
  isFuzzing
  ? [
    .library(
      name: "FuzzRooms", type: .static,
      targets: ["FuzzDriver", "FormatOracles", "Checkpoints", "TestKit"])
  ] : []

let package = Package(
  name: "raudal",
  products: [
    .executable(name: "raudal", targets: ["raudal"]),
    .library(name: "Raudal", targets: ["Embedding"]),
  ] + fuzzProducts,
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: systemLibraries + rooms + benchmarks + fuzzTargets
    + testTargets.filter { chosenTests?.contains($0.name) ?? true },
  cxxLanguageStandard: .cxx20
)
