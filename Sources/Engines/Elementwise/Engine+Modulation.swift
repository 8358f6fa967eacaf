import CKernels
import Tensors

extension Engine {
    /// y[m, n] = LayerNorm(x[m, n]) · (1 + modulation[m, scale]) + modulation[m, shift], no learned affine.
    ///
    /// DiT's adaptive layer norm (arXiv 2212.09748, section 3.2), as diffusers' `AdaLayerNormZero` has it.
    /// - Parameters:
    ///   - x: [M, N, D] f32.
    ///   - modulation: [M, S, D] f32: S vectors for each image.
    ///   - shift: which of the S is added.
    ///   - scale: which of the S scales.
    ///   - epsilon: added to the variance.
    ///   - y: [M, N, D] f32 or bf16; may be x.
    public func layerNormModulated(
        _ x: Tensor, modulation: Tensor, shift: Int, scale: Int, epsilon: Float, into y: Tensor
    ) {
        normalize(
            x, CKERNELS_LAYER_NORM, modulation: modulation, shift: shift, scale: scale, epsilon: epsilon,
            into: y)
    }

    /// y[m, n] = RMSNorm(x[m, n]) · (1 + modulation[m, scale]) + modulation[m, shift].
    ///
    /// As LTX-Video's blocks have it. A weight w before it, as in Z-Image's, is part of the scale: w · (1 + scale) − 1.
    /// - Parameters:
    ///   - x: [M, N, D] f32.
    ///   - modulation: [M, S, D] f32: S vectors for each image.
    ///   - shift: which of the S is added, if any.
    ///   - scale: which of the S scales.
    ///   - epsilon: added to the mean square.
    ///   - y: [M, N, D] f32 or bf16; may be x.
    public func rmsNormModulated(
        _ x: Tensor, modulation: Tensor, shift: Int?, scale: Int, epsilon: Float, into y: Tensor
    ) {
        normalize(
            x, CKERNELS_RMS_NORM, modulation: modulation, shift: shift, scale: scale, epsilon: epsilon,
            into: y)
    }

    private func normalize(
        _ x: Tensor, _ norm: ckernels_norm, modulation: Tensor, shift: Int?, scale: Int, epsilon: Float,
        into y: Tensor
    ) {
        let table = ModulationTable(modulation, over: x, vectors: [shift ?? scale, scale])
        precondition(
            y.shape == x.shape && y.elementType != .f16,
            "modulated norm: \(x.shape) into \(y.shape) \(y.elementType)")
        let (source, target, width) = (x.floatAddress, y.address, table.width)
        pool.forEachPart(of: table.rows, length: partLength / width + 1) { rows in
            for row in rows {
                loops.normalize(
                    norm, source + row * width, CKERNELS_F32, epsilon, 1, table.vector(scale, row: row),
                    shift.map { table.vector($0, row: row) }, width,
                    target + row * width * y.elementType.byteCount, y.format)
            }
        }
    }

    /// h[m, n] += modulation[m, gate] · y[m, n], the gate of a DiT block's branch.
    /// - Parameters:
    ///   - y: [M, N, D] f32 or bf16.
    ///   - modulation: [M, S, D] f32: S vectors for each image.
    ///   - gate: which of the S scales y.
    ///   - h: [M, N, D] f32.
    public func addGated(_ y: Tensor, modulation: Tensor, gate: Int, to h: Tensor) {
        let table = ModulationTable(modulation, over: h, vectors: [gate])
        precondition(y.shape == h.shape, "addGated: \(y.shape) to \(h.shape)")
        let (source, target, width) = (y.address, h.floatAddress, table.width)
        pool.forEachPart(of: table.rows, length: partLength / width + 1) { rows in
            for row in rows {
                loops.add_gated(
                    source + row * width * y.elementType.byteCount, y.format, table.vector(gate, row: row),
                    width, target + row * width)
            }
        }
    }
}

/// Elements that one part of an elementwise operation has: enough to outweigh handing it to a thread.
let partLength = 16384

/// Where the vectors of each image stand in a modulation tensor.
private struct ModulationTable {
    let width: Int
    let rows: Int
    private let tokens: Int
    private let vectors: Int
    private let base: UnsafeMutablePointer<Float>

    init(_ modulation: Tensor, over x: Tensor, vectors used: [Int]) {
        let shape = modulation.shape
        precondition(
            x.shape.count == 3 && shape.count == 3 && shape[0] == x.shape[0] && shape[2] == x.shape[2]
                && used.allSatisfy { $0 >= 0 && $0 < shape[1] },
            "modulation: vectors \(used) of \(shape) over \(x.shape)")
        (rows, tokens, width) = (x.shape[0] * x.shape[1], x.shape[1], x.shape[2])
        vectors = shape[1]
        base = modulation.floatAddress
    }

    func vector(_ index: Int, row: Int) -> UnsafeMutablePointer<Float> {
        base + (row / tokens * vectors + index) * width
    }
}
