import CachePlanning
import Engines
import Tensors

/// One transformer block, and on the way out the product of what came through the blocks and what came past them.
struct UViTBlock {
    private let heads: Int
    private let skipProduct: (any PackedLinear)?
    let attentionNorm: AffineNorm
    private let queryKeyValue: any PackedLinear
    private let attentionOutput: any PackedLinear
    private let feedForwardNorm: AffineNorm
    private let widen: any PackedLinear
    private let narrow: any PackedLinear

    init(_ configuration: UViTConfiguration, _ layers: PartLayers, block: Int) {
        typealias Name = UViTConfiguration.Name
        func name(_ layer: String) -> String { configuration.name(of: layer, in: block) }
        heads = configuration.heads
        skipProduct = configuration.readsSkip(block) ? layers.linear(name(Name.skip)) : nil
        attentionNorm = AffineNorm(layers, name(Name.attentionNorm))
        queryKeyValue = layers.linear(name(Name.queryKeyValue))
        attentionOutput = layers.linear(name(Name.attentionOutput))
        feedForwardNorm = AffineNorm(layers, name(Name.feedForwardNorm))
        widen = layers.linear(name(Name.widen))
        narrow = layers.linear(name(Name.narrow))
    }

    var byteCount: Int {
        [skipProduct, queryKeyValue, attentionOutput, widen, narrow].reduce(0) { $0 + ($1?.byteCount ?? 0) }
            + attentionNorm.byteCount + feedForwardNorm.byteCount
    }

    /// rows ← W · [rows, skip] on the way out; then rows += attention(norm(rows)), rows += mlp(norm(rows)).
    /// - Parameters:
    ///   - rows: [M, N, D] f32, in place.
    ///   - skip: [M, N, D] f32, what an earlier block left, on the way out.
    func run(
        _ rows: Tensor, skip: Tensor?, _ scratch: ScratchTensors, _ engine: any Engine,
        _ modules: BlockModules
    ) {
        let (images, tokens, width) = (rows.shape[0], rows.shape[1], rows.shape[2])
        func room(_ use: String, _ columns: Int, _ type: ElementType) -> Tensor {
            scratch.tensor(use, [images, tokens, columns], type)
        }
        if let skipProduct {
            guard let skip else { preconditionFailure("UViT: a block lacks what came past the others") }
            let both = room("both", 2 * width, .f32)
            Self.join(rows, skip, into: both)
            engine.linear(
                engine.inActivationType(both, scratch), skipProduct, activation: .identity, into: rows)
        }
        let narrowed = room("narrow", width, engine.activationType)
        let output = room("output", width, .f32)
        func add(_ module: BlockModule, compute: () -> Void) {
            if let cached = modules.cached(module, output) { return engine.add(cached, to: rows) }
            compute()
            modules.computed(module, output)
            engine.add(output, to: rows)
        }
        add(.attention) {
            let all = room("query, key, value", 3 * width, engine.activationType)
            attentionNorm.apply(rows, into: narrowed, engine)
            engine.linear(narrowed, queryKeyValue, activation: .identity, into: all)
            engine.attention(all, heads: heads, into: narrowed)
            engine.linear(narrowed, attentionOutput, activation: .identity, into: output)
        }
        add(.mlp) {
            let wide = room("wide", 4 * width, engine.activationType)
            feedForwardNorm.apply(rows, into: narrowed, engine)
            engine.linear(narrowed, widen, activation: .exactGELU, into: wide)
            engine.linear(wide, narrow, activation: .identity, into: output)
        }
    }

    /// Puts rows [M, N, D] of two tensors side by side, [M, N, 2·D] f32.
    private static func join(_ first: Tensor, _ second: Tensor, into both: Tensor) {
        precondition(first.shape == second.shape, "UViT: rows \(first.shape) beside \(second.shape)")
        let width = first.shape[2]
        let (left, right) = (first.elements, second.elements)
        var to = both.mutableElements
        for start in stride(from: 0, to: first.count, by: width) {
            for column in 0..<width {
                to[2 * start + column] = left[start + column]
                to[2 * start + width + column] = right[start + column]
            }
        }
    }
}
