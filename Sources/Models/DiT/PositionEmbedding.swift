import Platform
import Tensors

/// The fixed sinusoids that tell tokens apart: diffusers' `get_2d_sincos_pos_embed` at the trained size.
enum PositionEmbedding {
    /// [grid², width] f32, computed in f64.
    ///
    /// The first half of a token's numbers is of its column, the second of its row in the picture; each half
    /// is sines, then cosines.
    static func table(grid: Int, width: Int) -> Tensor {
        let quarter = width / 4
        let frequencies = (0..<quarter).map { pow(10_000, -Double($0) / Double(quarter)) }
        let table = Tensor(zeros: [grid * grid, width])
        var elements = table.mutableElements
        for token in 0..<grid * grid {
            for (half, position) in [token % grid, token / grid].enumerated() {
                let start = token * width + half * 2 * quarter
                for (k, frequency) in frequencies.enumerated() {
                    elements[start + k] = Float(sin(Double(position) * frequency))
                    elements[start + quarter + k] = Float(cos(Double(position) * frequency))
                }
            }
        }
        return table
    }
}
