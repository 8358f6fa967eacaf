import Tensors

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

extension Tensor {
    var floats: [Float] {
        switch elementType {
        case .f32: values
        case .bf16: withUnsafeElements(UInt16.self) { $0.map { Float(bitPattern: UInt32($0) << 16) } }
        case .f16: preconditionFailure("Tensor: f16 is not computed with")
        }
    }

    func store(_ numbers: [Float]) {
        switch elementType {
        case .f32: assign(numbers)
        case .bf16:
            withUnsafeElements(UInt16.self) { elements in
                for (index, number) in numbers.enumerated() {
                    let bits = number.bitPattern
                    elements[index] = UInt16(truncatingIfNeeded: (bits + 0x7fff + ((bits >> 16) & 1)) >> 16)
                }
            }
        case .f16: preconditionFailure("Tensor: f16 is not computed with")
        }
    }
}

extension Engine {
    /// y = LayerNorm(x) · (1 + scale) + shift, without learned affine; diffusers' `AdaLayerNormZero` norm.
    /// - Parameters:
    ///   - x: [M, N, D] f32.
    ///   - modulation: [M, S, D] f32: S vectors for each image.
    ///   - shift: which of the S is added.
    ///   - scale: which of the S scales.
    ///   - epsilon: added to the variance.
    ///   - y: [M, N, D] f32 or bf16.
    public func layerNormModulated(
        _ x: Tensor, modulation: Tensor, shift: Int, scale: Int, epsilon: Float, into y: Tensor
    ) {
        let (images, tokens, width) = (x.shape[0], x.shape[1], x.shape[2])
        let vectors = modulation.shape[1]
        let (input, table) = (x.values, modulation.values)
        var result = input
        for row in 0..<images * tokens {
            let at = row * width
            let offset = row / tokens * vectors * width
            let mean = input[at..<at + width].reduce(0.0) { $0 + Double($1) } / Double(width)
            let variance =
                input[at..<at + width].reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
                / Double(width)
            let factor = 1 / (variance + Double(epsilon)).squareRoot()
            for i in 0..<width {
                let normal = Float((Double(input[at + i]) - mean) * factor)
                result[at + i] =
                    normal * (1 + table[offset + scale * width + i]) + table[offset + shift * width + i]
            }
        }
        y.store(result)
    }

    /// h[m, n, :] += modulation[m, gate, :] · y[m, n, :].
    public func addGated(_ y: Tensor, modulation: Tensor, gate: Int, to h: Tensor) {
        let (images, tokens, width) = (h.shape[0], h.shape[1], h.shape[2])
        let vectors = modulation.shape[1]
        let (input, table) = (y.floats, modulation.values)
        var result = h.values
        for index in 0..<images * tokens * width {
            let image = index / (tokens * width)
            result[index] += table[(image * vectors + gate) * width + index % width] * input[index]
        }
        h.assign(result)
    }

    /// y += x, f32.
    public func add(_ x: Tensor, to y: Tensor) {
        y.assign(zip(y.values, x.values).map { $0 + $1 })
    }

    /// y = a − b, f32.
    public func subtract(_ a: Tensor, _ b: Tensor, into y: Tensor) {
        y.assign(zip(a.values, b.values).map { $0 - $1 })
    }

    /// y = x · sigmoid(x), from f32 to f32 or bf16.
    public func silu(_ x: Tensor, into y: Tensor) {
        y.store(x.values.map { $0 / (1 + exp(-$0)) })
    }

    /// The numbers of x in the element type of y.
    public func convert(_ x: Tensor, into y: Tensor) {
        y.store(x.floats)
    }

    /// Group normalisation, torch's `GroupNorm`, with SiLU after it if asked.
    public func groupNorm(
        _ x: Tensor, groups: Int, weight: Tensor, bias: Tensor, epsilon: Float, silu: Bool, into y: Tensor
    ) {
        let (input, weights, biases) = (x.values, weight.values, bias.values)
        let area = x.shape[1] * x.shape[2]
        let size = x.count / groups
        var result = input
        for group in 0..<groups {
            let part = input[group * size..<(group + 1) * size]
            let mean = part.reduce(0.0) { $0 + Double($1) } / Double(size)
            let variance =
                part.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(size)
            let factor = 1 / (variance + Double(epsilon)).squareRoot()
            for index in part.indices {
                let channel = index / area
                let value = Float((Double(input[index]) - mean) * factor) * weights[channel] + biases[channel]
                result[index] = silu ? value / (1 + exp(-value)) : value
            }
        }
        y.assign(result)
    }

    /// Each pixel becomes two by two: [C, H, W] to [C, 2H, 2W], f32.
    public func upsampleNearest(_ x: Tensor, into y: Tensor) {
        let (width, input) = (x.shape[2], x.values)
        y.assign(
            (0..<y.count).map { index in
                let (row, column) = (index / (2 * width), index % (2 * width))
                return input[row / 2 * width + column / 2]
            })
    }

    /// Rows become columns: [R, C] to [C, R], f32.
    public func transpose(_ x: Tensor, into y: Tensor) {
        let (rows, columns, input) = (x.shape[0], x.shape[1], x.values)
        y.assign((0..<x.count).map { input[$0 % rows * columns + $0 / rows] })
    }
}
