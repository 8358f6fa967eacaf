// swift-tools-version: 6.2
import PackageDescription

// Settings of every Swift target: warnings are errors, existentials and imports are spelled out.
let common: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

// Targets outside the few that may hold unsafe code: the compiler refuses it there.
let safe = common + [.strictMemorySafety()]

// `Lifetimes` lets a tensor vend a `Span` of its own storage (swift-nio relies on the same flag).
let vendsSpans = common + [.enableExperimentalFeature("Lifetimes")]

let oneDNN: Target.Dependency = .target(name: "COneDNN", condition: .when(traits: ["OneDNN"]))
let log: Target.Dependency = .product(name: "Logging", package: "swift-log")

let package = Package(
    name: "omnicache",
    products: [.executable(name: "omnicache", targets: ["omnicache"])],
    traits: [
        .trait(name: "OneDNN", description: "The oneDNN engine (f32 and bf16) beside OpenBLAS."),
        .default(enabledTraits: ["OneDNN"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
    ],
    targets: [
        .systemLibrary(name: "COpenMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev"])]),
        .systemLibrary(
            name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "COneDNN", providers: [.apt(["libdnnl-dev"])]),
        .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
        .target(name: "CKernels"),
        .target(name: "CHost"),
        .target(name: "Platform", swiftSettings: safe),
        .target(name: "Failures", swiftSettings: safe),
        .target(name: "Tensors", dependencies: ["Platform"], swiftSettings: vendsSpans),
        .target(name: "Files", dependencies: ["Platform", "Failures", "CKernels"], swiftSettings: common),
        .target(
            name: "LinearAlgebra", dependencies: ["Platform", "CKernels", "COpenBLAS"], swiftSettings: common),
        .target(name: "Tables", dependencies: ["Platform"], swiftSettings: safe),
        .target(name: "Transport", dependencies: ["Platform", "Failures", "Tensors"], swiftSettings: safe),
        .target(name: "RunTrace", swiftSettings: safe),
        .target(
            name: "Engines",
            dependencies: [
                "Platform", "Failures", "Tensors", "LinearAlgebra", "CKernels", "COpenBLAS", oneDNN,
            ],
            swiftSettings: common),
        .target(name: "Schedulers", dependencies: ["Platform", "Failures"], swiftSettings: safe),
        .target(
            name: "CachePlanning", dependencies: ["Platform", "Failures", "LinearAlgebra"],
            exclude: ["Routers"],
            swiftSettings: safe),
        .target(
            name: "Checkpoints",
            dependencies: ["Platform", "Failures", "Tensors", "Files", "CKernels", "Schedulers"],
            swiftSettings: common),
        .target(
            name: "MPITransport", dependencies: ["Platform", "Tensors", "Transport", "COpenMPI"],
            swiftSettings: common),
        .target(
            name: "Models",
            dependencies: ["Platform", "Tensors", "Files", "Engines", "CachePlanning", "Checkpoints"],
            exclude: ["UViT/convert.py", "UViT/test_convert.py"], swiftSettings: safe),
        .target(name: "ImageOutput", dependencies: ["Failures", "CPNG"], swiftSettings: common),
        .target(name: "BuiltinModel", exclude: ["model", "pictures", "recipe"]),
        .target(
            name: "Sampling",
            dependencies: [
                "Platform", "Failures", "Tensors", "Files", "LinearAlgebra", "Transport", "RunTrace",
                "Engines",
                "Schedulers", "CachePlanning", "Checkpoints", "Models", "ImageOutput",
            ],
            swiftSettings: safe),
        .target(
            name: "RunReport",
            dependencies: ["Engines", "Schedulers", "CachePlanning", "RunTrace", "Sampling", "Tables"],
            swiftSettings: safe),
        .target(
            name: "Evaluation",
            dependencies: [
                "Platform", "Tensors", "Files", "LinearAlgebra", "Engines", "Checkpoints", "ImageOutput",
                "Tables",
            ],
            swiftSettings: safe),
        .target(
            name: "Benchmarks",
            dependencies: [
                "Tensors", "Files", "Transport", "RunTrace", "Engines", "CachePlanning", "Checkpoints",
                "Models", "Sampling", "Tables",
            ],
            swiftSettings: safe),
        .executableTarget(
            name: "omnicache",
            dependencies: [
                "Failures", "Tensors", "Files", "Transport", "RunTrace", "Engines", "Schedulers",
                "CachePlanning", "Checkpoints", "MPITransport", "Models", "BuiltinModel", "Sampling",
                "ImageOutput",
                "Tables", "RunReport", "Evaluation", "Benchmarks", "CHost", log,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: safe),

        .target(name: "CAllocations", path: "Tests/CAllocations"),
        .target(name: "CSyncs", path: "Tests/CSyncs"),
        .target(
            name: "TestSupport",
            dependencies: [
                "Platform", "Tensors", "Transport", "MPITransport", "Engines", "Checkpoints", "Models",
                "Schedulers",
            ],
            path: "Tests/TestSupport", swiftSettings: common),
        .testTarget(
            name: "TensorsTests", dependencies: ["Platform", "Tensors", "TestSupport"], swiftSettings: common),
        .testTarget(
            name: "FilesTests", dependencies: ["Failures", "Files", "TestSupport", "CSyncs"],
            swiftSettings: common),
        .testTarget(
            name: "LinearAlgebraTests", dependencies: ["LinearAlgebra"], swiftSettings: common),
        .testTarget(name: "TablesTests", dependencies: ["Tables"], swiftSettings: common),
        .testTarget(
            name: "TransportTests",
            dependencies: ["Platform", "Failures", "Tensors", "Transport", "MPITransport", "TestSupport"],
            swiftSettings: common),
        .testTarget(
            name: "RunTraceTests", dependencies: ["RunTrace", "TestSupport"], swiftSettings: common),
        .testTarget(
            name: "EnginesTests",
            dependencies: ["Platform", "Tensors", "LinearAlgebra", "Engines", "CKernels", "TestSupport"],
            swiftSettings: common),
        .testTarget(
            name: "SchedulersTests", dependencies: ["Schedulers", "TestSupport"],
            swiftSettings: common),
        .testTarget(
            name: "CachePlanningTests", dependencies: ["Failures", "CachePlanning", "TestSupport"],
            swiftSettings: common),
        .testTarget(
            name: "CheckpointsTests",
            dependencies: [
                "Failures", "Files", "Checkpoints", "Models", "Schedulers", "BuiltinModel", "TestSupport",
            ],
            swiftSettings: common),
        .testTarget(
            name: "ModelsTests", dependencies: ["Files", "Models", "TestSupport"], swiftSettings: common),
        .testTarget(
            name: "SamplingTests",
            dependencies: [
                "Failures", "Files", "Sampling", "BuiltinModel", "TestSupport", "CAllocations",
            ],
            swiftSettings: common),
        .testTarget(
            name: "ImageOutputTests", dependencies: ["ImageOutput", "TestSupport"],
            swiftSettings: common),
        .testTarget(
            name: "EvaluationTests", dependencies: ["Files", "Evaluation", "TestSupport"],
            swiftSettings: common),
        .testTarget(
            name: "BenchmarksTests",
            dependencies: ["Files", "Benchmarks", "Schedulers", "TestSupport"],
            swiftSettings: common),
        .testTarget(
            name: "CommandLineTests",
            dependencies: [
                "omnicache", "Schedulers", "TestSupport",
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            swiftSettings: common),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu2x
)

// libFuzzer brings the main function, so this builds only as deploy/fuzz builds it.
if Context.environment["OMNICACHE_FUZZING"] != nil {
    package.targets.append(
        .executableTarget(
            name: "Fuzzing",
            dependencies: [
                "Files", "Engines", "Schedulers", "CachePlanning", "Checkpoints", "Models", "Sampling",
                "Evaluation", "ImageOutput", "RunReport",
            ],
            path: "Tests/Fuzzing", swiftSettings: common))
}

// What deploy/sanitize looks at, and no more, so that it is built in two or three minutes.
if Context.environment["OMNICACHE_SANITIZING"] != nil {
    let tests = [
        "FilesTests", "TransportTests", "EnginesTests", "CheckpointsTests", "ModelsTests", "SamplingTests",
    ]
    package.targets.removeAll { $0.type == .test && !tests.contains($0.name) }
}
