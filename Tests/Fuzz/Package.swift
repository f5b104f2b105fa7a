// swift-tools-version: 6.2

import PackageDescription

// The fuzz program, a package of its own: it compiles the project's sources, through links in Sources, with
// other flags than the project does. `make fuzz` builds and runs it.
//
// To fuzz another of the project's targets, link its folder in Sources and add it to the list of targets below.

// The fuzzer sees which branches an input took, and the checks that an optimised build leaves out are compiled in.
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

let package = Package(
    name: "akv-fuzz",
    dependencies: [.package(url: "https://github.com/apple/swift-crypto", from: "4.5.2")],
    targets: [
        .target(name: "AsyncSupport", swiftSettings: features),
        .systemLibrary(name: "CLibYAML"),
        .target(
            name: "ProviderCore", dependencies: ["CLibYAML", crypto, cryptoExtras],
            swiftSettings: instrumentation + features
        ),
        .target(
            name: "Azure", dependencies: ["AsyncSupport", "ProviderCore", crypto],
            path: "Sources/AzureWithoutNetwork",
            // The network itself, whose libraries would take most of the build. NetworkStubs replaces what
            // other files call.
            exclude: [
                "AsyncHTTPTransport", "CertificateNameGuard", "CertificateProbe", "ConnectionWarmup", "TimeLimit",
                "TimeoutScheduler", "TransportError+NIO", "TrustRoots",
            ].map { "Azure/HTTP/\($0).swift" },
            swiftSettings: instrumentation + features
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
            name: "akv-fuzz", dependencies: ["CFuzzDriver", "ProviderCore", "Azure"],
            swiftSettings: features
        ),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
