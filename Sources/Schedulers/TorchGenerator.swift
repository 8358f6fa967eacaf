import Platform

/// PyTorch's CPU generator: the same numbers from the same seed as `torch.Generator().manual_seed(seed)`.
///
/// The stream depends on how many numbers each call asks for, as PyTorch's does: 16 and more take another path
/// than fewer. A value; a copy goes on from the same place.
public struct TorchGenerator: Sendable, Equatable, Codable {
    private var bits: MersenneTwister
    /// Box and Muller's second number, which fewer than 16 normals leave over when they are odd.
    private var spareNormal: Double?

    /// The generator after `manual_seed(seed)`; a negative seed of PyTorch's is its bit pattern.
    public init(seed: UInt64) {
        bits = MersenneTwister(seed: seed)
    }

    /// `torch.rand(count, generator: self)`: in 0 ..< 1, bit for bit.
    public mutating func uniforms(_ count: Int) -> [Float] {
        precondition(count >= 0, "\(count) numbers asked for")
        return (0..<count).map { _ in nextUniform() }
    }

    /// `torch.randn(count, generator: self)`: standard normal, to the rounding of sine, cosine and logarithm.
    public mutating func normals(_ count: Int) -> [Float] {
        precondition(count >= 0, "\(count) numbers asked for")
        var values = Array(repeating: Float(0), count: count)
        drawNormals(into: &values)
        return values
    }

    /// As ``normals(_:)``, as many as `values` has, in place.
    public mutating func drawNormals(into values: inout [Float]) {
        let count = values.count
        guard count >= 16 else {
            for index in values.indices { values[index] = Float(nextNormal()) }
            return
        }
        for index in values.indices { values[index] = nextUniform() }
        for start in stride(from: 0, through: count - 16, by: 16) {
            Self.makeNormal(&values, from: start)
        }
        if count % 16 != 0 {
            // The end that fills no block of 16 is not completed: the last 16 are all drawn anew.
            for index in (count - 16)..<count { values[index] = nextUniform() }
            Self.makeNormal(&values, from: count - 16)
        }
    }

    /// 24 of the next 32 bits.
    private mutating func nextUniform() -> Float {
        Float(bits.next() & 0xff_ffff) * 0x1p-24
    }

    /// 53 of the next 64 bits, the high half first.
    private mutating func nextLongUniform() -> Double {
        let high = UInt64(bits.next())
        let word = high << 32 | UInt64(bits.next())
        return Double(word & 0x1f_ffff_ffff_ffff) * 0x1p-53
    }

    /// One number of the short path, in Double.
    private mutating func nextNormal() -> Double {
        if let spare = spareNormal {
            spareNormal = nil
            return spare
        }
        let angle = 2 * Double.pi * nextLongUniform()
        let radius = (-2 * log1p(-nextLongUniform())).squareRoot()
        spareNormal = radius * sin(angle)
        return radius * cos(angle)
    }

    /// Turns 16 uniforms into normals: number j gives the radius, number j + 8 the angle.
    private static func makeNormal(_ values: inout [Float], from start: Int) {
        for index in start..<start + 8 {
            let radius = (-2 * log(1 - values[index])).squareRoot()
            // Rounded to Float before the sine is taken, as PyTorch's vector code does.
            let angle = Float(2 * Double.pi) * values[index + 8]
            values[index] = radius * cos(angle)
            values[index + 8] = radius * sin(angle)
        }
    }
}
