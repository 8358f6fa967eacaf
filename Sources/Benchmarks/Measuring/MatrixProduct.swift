import Engines
import Models
import Tensors

/// A matrix product of a model: rows of some images by a layer's weights.
public struct MatrixProduct: Sendable, Codable, Equatable {
    /// Which layer.
    public let name: String
    /// Images, whose rows are products of their own.
    public let images: Int
    /// Rows of an image, N.
    public let rows: Int
    /// Length of an input row.
    public let inputs: Int
    /// Length of an output row.
    public let outputs: Int
    /// How often a step has it.
    public private(set) var count: Int

    /// Floating-point operations of one of them.
    public var flops: Double { 2 * Double(images * rows) * Double(inputs) * Double(outputs) }

    /// The products that make up nearly all of a step: those of the blocks' tokens.
    /// - Parameter images: rows of the batch axis; 2 for a guided step of one image.
    public static func all(of model: any DenoiserConfiguration, images: Int) -> [MatrixProduct] {
        var products: [MatrixProduct] = []
        for layer in model.layers {
            guard let use = layer.use, case .linear(let inputs, let outputs, _, _) = layer.kind else {
                continue
            }
            let product = MatrixProduct(
                name: use, images: images, rows: model.layout.rows, inputs: inputs,
                outputs: layer.names.count * outputs, count: 1)
            if let known = products.firstIndex(where: { $0.isLike(product) }) {
                products[known].count += 1
            } else {
                products.append(product)
            }
        }
        return products
    }

    private func isLike(_ other: MatrixProduct) -> Bool {
        name == other.name && inputs == other.inputs && outputs == other.outputs
    }
}

/// A product with its numbers in memory and its weights packed, to be measured again and again.
public struct ResidentProduct {
    /// Which product.
    public let product: MatrixProduct
    /// What computes it.
    public let engine: any Engine
    private let weights: any PackedLinear
    private let x: Tensor
    private let y: Tensor

    /// Packs the weights.
    public init(_ product: MatrixProduct, with engine: any Engine) {
        self.product = product
        self.engine = engine
        weights = engine.pack(
            weight: noise([product.outputs, product.inputs]), bias: noise([product.outputs]))
        x = Tensor(zeros: [product.images, product.rows, product.inputs], engine.activationType)
        let numbers = noise(x.shape)
        if x.elementType == .f32 { x.copy(from: numbers) } else { engine.convert(numbers, into: x) }
        y = Tensor(zeros: [product.images, product.rows, product.outputs], engine.activationType)
    }

    /// Operations of a second.
    /// - Parameter seconds: how long to measure, at least three times.
    public func flopsPerSecond(for seconds: Double) -> Spread {
        let times = timed(for: seconds) {
            engine.linear(x, weights, activation: .identity, into: y)
        }
        return Spread(times.map { product.flops / $0 })
    }
}

/// What a matrix unit can do for a model: for each product the fastest engine's rate, weighted by operations.
public func matrixRate(_ rates: [(product: MatrixProduct, flopsPerSecond: Double)]) -> Double {
    let work = rates.reduce(0) { $0 + $1.product.flops * Double($1.product.count) }
    let seconds = rates.reduce(0) { $0 + $1.product.flops * Double($1.product.count) / $1.flopsPerSecond }
    return work / seconds
}

/// Numbers between −1 and 1, the same at every call.
func noise(_ shape: [Int]) -> Tensor {
    var state: UInt64 = 1
    // In place: an array on the way would take as much memory again.
    let numbers = Tensor(zeros: shape)
    var elements = numbers.mutableElements
    for index in 0..<elements.count {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        elements[index] = Float(Int32(truncatingIfNeeded: state >> 32)) / 2_147_483_648
    }
    return numbers
}

/// Seconds of each call, after a first one that is not counted.
/// - Parameter seconds: how long to go on, at least three calls.
public func timed(for seconds: Double, _ body: () throws -> Void) rethrows -> [Double] {
    try body()
    var times: [Double] = []
    let start = ContinuousClock.now
    repeat {
        let begin = ContinuousClock.now
        try body()
        times.append((ContinuousClock.now - begin) / .seconds(1))
    } while times.count < 3 || (ContinuousClock.now - start) / .seconds(1) < seconds
    return times
}
