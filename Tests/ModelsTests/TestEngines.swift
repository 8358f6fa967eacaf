import Engines
import TestSupport

/// The engines that every model is tried with: the plain loops, and each that this build and CPU must have.
enum TestEngines {
    static let f32 = ["reference", "openblas"] + (Machine.hasOneDNN ? ["onednn"] : [])
    static let bf16 = ["rounding"] + (Machine.hasBF16 ? ["onednn bf16"] : [])

    static func make(_ name: String, threads: Int = 2) throws -> any Engine {
        switch name {
        case "reference": ReferenceEngine(threads: threads)
        case "rounding": RoundingEngine()
        case "openblas": try makeEngine(.openblas, precision: .f32, threads: threads)
        case "onednn": try makeEngine(.onednn, precision: .f32, threads: threads)
        case "onednn bf16": try makeEngine(.onednn, precision: .bf16, threads: threads)
        default: preconditionFailure("TestEngines: no \(name)")
        }
    }
}
