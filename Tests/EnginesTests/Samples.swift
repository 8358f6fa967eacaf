import Engines
import Tensors
import TestSupport
import Testing

/// Numbers in −1 ..< 1 that depend on the seed and the position only.
func noise(_ shape: [Int], seed: UInt64, scale: Float = 1) -> Tensor {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
    let values = (0..<Tensor.elementCount(of: shape)).map { _ -> Float in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (Float(state >> 40) / Float(1 << 23) - 1) * scale
    }
    return Tensor(values, shape: shape)
}

extension Tensor {
    /// The bits of every element, to compare exactly.
    var bits: [UInt32] {
        switch elementType {
        case .f32: withUnsafeElements(UInt32.self) { Array($0) }
        case .f16, .bf16: withUnsafeElements(UInt16.self) { $0.map(UInt32.init) }
        }
    }

    /// The elements of an f32 or bf16 tensor as f32.
    var floats: [Float] {
        elementType == .f32 ? values : bits.map { Float(bitPattern: $0 << 16) }
    }

    /// The same numbers as an engine takes them; rounded if that is bf16.
    func converted(for engine: any Engine) -> Tensor {
        let result = Tensor(zeros: shape, engine.activationType)
        engine.convert(self, into: result)
        return result
    }

    /// The same numbers, rounded to bf16 and back if the engine computes so.
    func rounded(for engine: any Engine) -> Tensor {
        Tensor(converted(for: engine).floats, shape: shape)
    }
}

/// An engine of this build, as tests are parameterised by it.
struct Candidate: Sendable, CustomTestStringConvertible {
    let choice: EngineChoice
    let precision: Precision
    var testDescription: String { "\(choice) \(precision)" }

    func make(threads: Int = 1) throws -> any Engine {
        try makeEngine(choice, precision: precision, threads: threads)
    }

    /// The bound on relative differences from the reference: f32 rounding, or bf16's (2⁻⁹ for each operand that
    /// is rounded on the way) with some room.
    var tolerance: Double { precision == .f32 ? 1e-5 : 6e-3 }

    /// Those that this build and this CPU must have.
    static let all: [Candidate] =
        [Candidate(choice: .openblas, precision: .f32)]
        + (Machine.hasOneDNN ? [Candidate(choice: .onednn, precision: .f32)] : [])
        + (Machine.hasBF16 ? [Candidate(choice: .onednn, precision: .bf16)] : [])
}
