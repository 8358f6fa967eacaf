import CKernels
import Tensors

extension Engine {
    /// y = activation(x).
    /// - Parameters:
    ///   - x: f32, of as many elements as y.
    ///   - y: f32 or bf16; may be x.
    public func activate(_ x: Tensor, _ activation: Activation, into y: Tensor) {
        precondition(
            x.count == y.count && y.elementType != .f16,
            "activate: \(x.shape) into \(y.shape) \(y.elementType)")
        let (source, target) = (x.floatAddress, y.address)
        pool.forEachPart(of: y.count, length: partLength) { part in
            let start = part.lowerBound
            loops.activate(
                source + start, nil, activation.loop, part.count, target + start * y.elementType.byteCount,
                y.format)
        }
    }

    /// y = x · sigmoid(x).
    /// - Parameters:
    ///   - x: f32, of as many elements as y.
    ///   - y: f32 or bf16; may be x.
    public func silu(_ x: Tensor, into y: Tensor) { activate(x, .silu, into: y) }

    /// y = activation(gate) · x, the gated linear units of arXiv 2002.05202: SwiGLU with SiLU, GEGLU with a GELU.
    ///
    /// Where one product makes both, [M, N, 2·F], they are columns of it: diffusers' `SwiGLU` and `GEGLU` have x first, T5,
    /// FLUX.2 and the language models the gate.
    /// - Parameters:
    ///   - gate: [M, N, F], f32 or bf16.
    ///   - activation: what the gate goes through.
    ///   - x: [M, N, F] of the gate's type.
    ///   - y: [M, N, F], f32 or bf16; may be `gate` or `x` if of their type.
    public func multiplyGated(
        _ gate: RowsView, _ activation: Activation, by x: RowsView, into y: RowsView
    ) {
        precondition(
            gate.isAlike(x) && gate.isAlike(y) && gate.elementType == x.elementType
                && gate.elementType != .f16 && y.elementType != .f16,
            "multiplyGated: \(gate) by \(x) into \(y)")
        y.forEachRow(pool) { image, row in
            loops.multiply_activated(
                gate.address(image: image, row: row), x.address(image: image, row: row), gate.format,
                activation.loop, y.width, y.address(image: image, row: row), y.format)
        }
    }
}
