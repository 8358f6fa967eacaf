import Foundation

/// A file of Tests/Goldens/planning, decoded.
func planningGolden<T: Decodable>(_ name: String, as type: T.Type, path: String = #filePath) throws -> T {
    let tests = URL(fileURLWithPath: path).deletingLastPathComponent().deletingLastPathComponent()
    let file = tests.appendingPathComponent("Goldens/planning/\(name)")
    return try JSONDecoder().decode(type, from: Data(contentsOf: file))
}

/// Numbers in −1 ..< 1 that depend on the seed alone.
struct SeededNumbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> Float {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(Int32(truncatingIfNeeded: state >> 32)) / 2_147_483_648
    }

    mutating func array(_ count: Int) -> [Float] { (0..<count).map { _ in next() } }
}
