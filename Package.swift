// swift-tools-version: 6.2

import PackageDescription

// Debian's gRPC and protobuf are linked by name: their headers and libraries lie in the default
// search paths, and SwiftPM cannot digest grpc++'s pkg-config file. The socket to the driver is a
// local file, so the TLS-free flavour of gRPC is enough.
let grpcLibraries = ["grpc++_unsecure", "grpc_unsecure", "gpr", "absl_synchronization", "protobuf-lite"]

// The program that ships has gRPC inside it: smaller than with the shared libraries, and quicker to start.
// `make release` names the archives; without them the shared libraries are linked. Relative relocations
// (glibc 2.36 and later) and no exported symbols keep 4 MB of tables out of every node's memory. Constants and, after the
// start, the addresses of library functions are read-only, so that a faulty write cannot redirect the program.
let archives = (Context.environment["AKV_STATIC_LIBRARIES"] ?? "").split(separator: " ").map(String.init)
let archiveDirectoryFlags = (Context.environment["AKV_ARCHIVE_DIRECTORY"]).map { ["-L", $0] } ?? []
let archiveFlags =
    [
        "--as-needed", "--gc-sections", "--no-export-dynamic", "-z", "pack-relative-relocs", "-z", "now", "--icf=safe",
        "--script=\(Context.packageDirectory)/deploy/release/constants.ld", "--start-group",
    ]
    + archives + ["--end-group"]
let grpcLinkerSettings: [LinkerSetting] =
    archives.isEmpty
    ? grpcLibraries.map { .linkedLibrary($0) }
    : [.unsafeFlags(["-use-ld=lld"] + archiveDirectoryFlags + archiveFlags.flatMap { ["-Xlinker", $0] })]

// The source that the programs are built from, for `--version`. `make` sets both; a plain `swift build` does not know
// them.
let buildInfo: [CSetting] = ["AKV_COMMIT", "AKV_DATE"].map { name in
    .define(name, to: "\"\(Context.environment[name] ?? "unknown")\"")
}

// Products of other packages, under the names that the targets below use.
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdHTTP2 = Target.Dependency.product(name: "HummingbirdHTTP2", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let jwtKit = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let swiftASN1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "akv-csi",
    products: [
        .executable(name: "akv-csi", targets: ["akv-csi"]),
        .executable(name: "akv-emulator", targets: ["akv-emulator"]),
        .executable(name: "akv-bench", targets: ["akv-bench"]),
        .library(name: "AllocationCount", type: .dynamic, targets: ["CAllocationCount"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Version, commit and date, for the commands.
        .target(name: "CBuildInfo", cSettings: buildInfo),

        // Queues of waiting tasks, fair shares, timeouts and conversions of durations, for all targets above.
        .target(name: "AsyncSupport"),

        // Mistakes in command lines, and colours, for all programs.
        .target(name: "CommandSupport", dependencies: [argumentParser]),

        // The driver's protocol, from C++ up.
        .target(
            name: "CProviderTransport",
            cxxSettings: [.headerSearchPath("generated"), .define("GRPC_USE_PROTO_LITE")],
            linkerSettings: grpcLinkerSettings
        ),
        .target(name: "ProviderTransport", dependencies: ["AsyncSupport", "CProviderTransport"]),

        // From a mount request to files, in layers, without I/O.
        .target(name: "Budgets"),
        .target(name: "SecretMemory"),
        .systemLibrary(name: "CLibYAML", providers: [.apt(["libyaml-dev"])]),
        .target(name: "Documents", dependencies: ["Budgets", "SecretMemory", "CLibYAML"]),
        .target(name: "KeyMaterial", dependencies: ["Budgets", "SecretMemory", "Documents", crypto, cryptoExtras]),
        .target(name: "Shaping", dependencies: ["Budgets", "SecretMemory", "Documents"]),
        .target(
            name: "ProviderCore",
            dependencies: ["AsyncSupport", "Budgets", "SecretMemory", "Documents", "KeyMaterial", "Shaping", crypto]
        ),

        // The services on the network.
        // Host names, looked up with c-ares.
        .target(name: "CNameLookup", linkerSettings: archives.isEmpty ? [.linkedLibrary("cares")] : []),
        .target(
            name: "Azure",
            dependencies: [
                "AsyncSupport", "CNameLookup", "SecretMemory", "Documents", "KeyMaterial", "ProviderCore",
                crypto, nioCore, nioPosix, nioHTTP1, nioTLS, nioSSL,
            ]
        ),
        .target(
            name: "Kubernetes",
            dependencies: ["SecretMemory", "Documents", "ProviderCore", "Azure"]
        ),

        // The provider.
        .target(name: "CProcess"),
        .target(
            name: "CSIProvider",
            dependencies: [
                "AsyncSupport", "Budgets", "CProcess", "ProviderTransport", "SecretMemory", "Documents", "ProviderCore",
                "Azure", "Kubernetes",
                nioCore, nioHTTP1, nioPosix, logging, unixSignals,
            ]
        ),
        // The driver's half, for `akv-csi mount` and the tools.
        .target(
            name: "DriverSimulator",
            dependencies: ["ProviderTransport", "SecretMemory", "Documents", "KeyMaterial", "ProviderCore"]
        ),
        // The other commands; `serve` runs none of it.
        .target(
            name: "Diagnostics",
            dependencies: [
                "AsyncSupport", "Budgets", "CProcess", "DriverSimulator", "ProviderTransport", "SecretMemory",
                "Documents", "KeyMaterial", "ProviderCore", "Azure", nioCore, nioPosix, nioTLS, nioSSL,
            ],
            // The Debugging page, by a link to it, and the fixed part of the scripts of `setup`.
            resources: [.embedInCode("Explain/debugging.md"), .embedInCode("Setup/functions.sh")]
        ),
        .executableTarget(
            name: "akv-csi",
            dependencies: [
                "AsyncSupport", "CBuildInfo", "CommandSupport", "CProcess", "CSIProvider", "Diagnostics",
                "DriverSimulator", "ProviderTransport",
                "SecretMemory", "Documents", "ProviderCore", "Azure", "Kubernetes", argumentParser, logging,
                unixSignals,
            ]
        ),

        // One HTTP request, for the emulator and the benchmark.
        .target(name: "HTTPFetch", dependencies: [nioCore, nioHTTP1, nioPosix, nioSSL]),

        // A local Entra and Key Vault. It imports none of the provider's targets, so that a bug cannot hide
        // in both client and emulator.
        .target(
            name: "CEmulatorPKCS12",
            linkerSettings: [
                .unsafeFlags(archiveDirectoryFlags), .linkedLibrary("crypto"),
            ]),
        .target(
            name: "AzureEmulator",
            dependencies: [
                "CEmulatorPKCS12", "HTTPFetch", httpTypes, hummingbird, hummingbirdCore, hummingbirdHTTP2,
                hummingbirdTLS, nioCore,
                nioHTTP1, nioPosix, nioSSL, crypto, cryptoExtras, x509, swiftASN1, jwtKit, yams, logging,
                serviceLifecycle,
            ],
            resources: [.embedInCode("Admin/Page")]
        ),
        .executableTarget(
            name: "akv-emulator",
            dependencies: [
                "AzureEmulator", "CBuildInfo", "CommandSupport", "CProcess", "HTTPFetch", argumentParser, logging,
                nioCore, unixSignals,
            ]
        ),

        // The benchmark starts the two programs and acts as the driver.
        .target(
            name: "Benchmark",
            dependencies: ["AsyncSupport", "HTTPFetch", "ProviderTransport"]
        ),
        // The HTTP engines that the benchmark compares. Each runs in a process of its own.
        .target(
            name: "TransportClients",
            dependencies: ["AsyncSupport", "Azure", "SecretMemory", nioCore, nioHTTP1, nioPosix, nioSSL]
        ),
        .target(name: "CAllocationCount"),
        .executableTarget(
            name: "akv-bench", dependencies: ["Benchmark", "TransportClients", "CommandSupport", argumentParser]),

        // Tests.
        .target(name: "TestSupport", dependencies: [crypto, yams], path: "Tests/TestSupport"),
        // One fake of Azure and one clock for all tests that need no network.
        .target(
            name: "AzureTestSupport",
            dependencies: ["Azure", "ProviderCore", "SecretMemory", "TestSupport", yams],
            path: "Tests/AzureTestSupport"
        ),
        .testTarget(name: "AsyncSupportTests", dependencies: ["AsyncSupport", "TestSupport"]),
        .testTarget(
            name: "ProviderTransportTests",
            dependencies: ["ProviderTransport", "CProviderTransport", "SecretMemory", "ProviderCore", "TestSupport"]
        ),
        .testTarget(
            name: "ProviderCoreTests",
            dependencies: [
                "Budgets", "ProviderCore", "SecretMemory", "CLibYAML", "Documents", "KeyMaterial", "Shaping",
                "TestSupport", crypto, swiftASN1, x509,
            ]
        ),
        .testTarget(
            name: "AzureTests",
            dependencies: [
                "Azure", "AzureTestSupport", "SecretMemory", "Documents", "ProviderCore", "TestSupport", nioCore,
                nioHTTP1, nioPosix, nioSSL,
            ]
        ),
        .testTarget(
            name: "CSIProviderTests",
            dependencies: [
                "Budgets", "CSIProvider", "DriverSimulator", "ProviderTransport", "SecretMemory", "Documents",
                "KeyMaterial", "ProviderCore", "Azure", "AzureTestSupport", "Kubernetes", "TestSupport", logging, yams,
            ]
        ),
        .testTarget(
            name: "DiagnosticsTests",
            dependencies: [
                "Diagnostics", "DriverSimulator", "SecretMemory", "Documents", "ProviderCore", "Azure", "TestSupport",
                yams,
            ]
        ),
        .testTarget(
            name: "AzureEmulatorTests",
            dependencies: ["AzureEmulator", "TestSupport", crypto, cryptoExtras, httpTypes, swiftASN1, x509]
        ),
        .testTarget(name: "BenchmarkTests", dependencies: ["Benchmark", "TestSupport"]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "CSIProvider", "DriverSimulator", "Diagnostics", "ProviderTransport", "SecretMemory", "Documents",
                "ProviderCore", "Azure", "AzureTestSupport", "Kubernetes", "AzureEmulator", "TestSupport", logging,
            ]
        ),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)

let cTargets: Set = [
    "CAllocationCount", "CBuildInfo", "CEmulatorPKCS12", "CNameLookup", "CProcess", "CProviderTransport",
]

// One set of rules for every target.
for target in package.targets where target.type != .system {
    if cTargets.contains(target.name) {
        target.cSettings = (target.cSettings ?? []) + [.treatAllWarnings(as: .error)]
        target.cxxSettings = (target.cxxSettings ?? []) + [.treatAllWarnings(as: .error)]
    } else {
        target.swiftSettings =
            (target.swiftSettings ?? []) + [
                .enableUpcomingFeature("ExistentialAny"),  // SE-0335
                .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
                .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
                .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
                .treatAllWarnings(as: .error),
            ]
    }
}
