// swift-tools-version: 6.2

import PackageDescription

// The fuzz program, as a separate package: it compiles the project's sources, through links in Sources, with other
// flags than the project does. `make fuzz` builds and runs it.
//
// To fuzz another target of the project, link its folder in Sources and add a line to the list of targets.

// The fuzzer sees the branches that an input takes. Checks that an optimised build leaves out are compiled in.
let instrumentation: [SwiftSetting] = [.unsafeFlags(["-O", "-assert-config", "Debug", "-sanitize=fuzzer"])]

// The same as in the project's Package.swift: they change the meaning of the sources.
let features: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")

/// A target of the project, with instrumentation.
func fuzzed(
    _ name: String, path: String? = nil, exclude: [String] = [], _ dependencies: Target.Dependency...
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: path, exclude: exclude, swiftSettings: instrumentation + features)
}

let package = Package(
    name: "akv-fuzz",
    dependencies: [.package(url: "https://github.com/apple/swift-crypto", from: "4.5.2")],
    targets: [
        .target(name: "AsyncSupport", swiftSettings: features),
        .systemLibrary(name: "CLibYAML"),
        .target(name: "Budgets", swiftSettings: features),
        fuzzed("SecretMemory"),
        fuzzed("Documents", "Budgets", "SecretMemory", "CLibYAML"),
        fuzzed("KeyMaterial", "Budgets", "SecretMemory", "Documents", crypto, cryptoExtras),
        fuzzed("Shaping", "Budgets", "SecretMemory", "Documents"),
        fuzzed(
            "ProviderCore", "AsyncSupport", "Budgets", "SecretMemory", "Documents", "KeyMaterial", "Shaping", crypto),
        fuzzed(
            "Azure", path: "Sources/AzureWithoutNetwork",
            // The files that need NIO, whose build would take most of the time. NetworkStubs replaces them.
            exclude: [
                "Connections", "Names", "HTTP/CertificateProbe.swift", "HTTP/TrustRoots.swift", "Time/Timeout.swift",
            ].map { "Azure/\($0)" },
            "AsyncSupport", "SecretMemory", "Documents", "KeyMaterial", "ProviderCore", crypto
        ),
        // libFuzzer, and the driver's messages as protobuf reads them. The gRPC service is left out.
        .target(
            name: "CFuzzDriver",
            exclude: ["generated/service.grpc.pb.cc"],
            cxxSettings: [
                .headerSearchPath("generated"), .unsafeFlags(["-fsanitize=fuzzer-no-link"]),
                .treatAllWarnings(as: .error),
            ],
            linkerSettings: [.linkedLibrary("protobuf-lite")]
        ),
        .executableTarget(
            name: "akv-fuzz",
            dependencies: [
                "Budgets", "CFuzzDriver", "SecretMemory", "Documents", "KeyMaterial", "Shaping", "ProviderCore",
                "Azure",
            ],
            swiftSettings: features
        ),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
