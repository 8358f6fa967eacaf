import Engines

/// The engines that every model is tried with: the plain loops, and each that this machine and build have.
enum TestEngines {
    static let f32 = ["reference"]
    static let bf16 = ["rounding"]

    static func make(_ name: String, threads: Int = 2) throws -> any Engine {
        name == "rounding" ? RoundingEngine() : ReferenceEngine(threads: threads)
    }
}
