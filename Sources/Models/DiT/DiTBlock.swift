import CachePlanning
import Engines
import Files
import Tensors

/// One transformer block with adaLN-zero: diffusers' `BasicTransformerBlock` of `norm_type` `ada_norm_zero`.
struct DiTBlock {
    /// Rows of a block's modulation [M, 6, D], in the order that diffusers cuts them.
    private enum Modulation {
        static let shiftAttention = 0
        static let scaleAttention = 1
        static let gateAttention = 2
        static let shiftFeedForward = 3
        static let scaleFeedForward = 4
        static let gateFeedForward = 5
    }

    private let configuration: DiTConfiguration
    private let queryKeyValue: any PackedLinear
    private let attentionOutput: any PackedLinear
    private let widen: any PackedLinear
    private let narrow: any PackedLinear

    init(_ configuration: DiTConfiguration, _ layers: PartLayers, block: Int) {
        typealias Name = DiTConfiguration.Name
        func linear(_ name: String) -> any PackedLinear { layers.linear(Name.block(block, name)) }
        self.configuration = configuration
        queryKeyValue = linear(Name.queryKeyValue[0])
        attentionOutput = linear(Name.attentionOutput)
        widen = linear(Name.widen)
        narrow = linear(Name.narrow)
    }

    var byteCount: Int {
        [queryKeyValue, attentionOutput, widen, narrow].reduce(0) { $0 + $1.byteCount }
    }

    /// h ← h + gate · attention(norm(h)), then the same with the feed-forward layers.
    /// - Parameters:
    ///   - h: [M, N, D] f32, in place.
    ///   - rows: shifts, scales and gates [M, 6·D] f32.
    ///   - modules: what stands in for its modules.
    func run(
        _ h: Tensor, modulation rows: Tensor, _ room: BlockScratch.Room, _ engine: any Engine,
        _ modules: BlockModules
    ) {
        let rows = rows.reshaped([rows.shape[0], 6, configuration.width])

        func add(_ module: BlockModule, compute: () -> Void) {
            if let cached = modules.cached(module, room.branch) {
                return addGated(cached, of: module, modulation: rows, to: h, engine)
            }
            compute()
            modules.computed(module, room.branch)
            addGated(room.branch, of: module, modulation: rows, to: h, engine)
        }
        add(.attention) {
            normalize(h, rows, into: room.narrow, engine)
            engine.linear(room.narrow, queryKeyValue, activation: .identity, into: room.queryKeyValue)
            engine.attention(room.queryKeyValue, heads: configuration.heads, into: room.narrow)
            engine.linear(room.narrow, attentionOutput, activation: .identity, into: room.branch)
        }
        add(.mlp) {
            engine.layerNormModulated(
                h, modulation: rows, shift: Modulation.shiftFeedForward, scale: Modulation.scaleFeedForward,
                epsilon: configuration.secondNormEpsilon, into: room.narrow)
            engine.linear(room.narrow, widen, activation: .gelu, into: room.wide)
            engine.linear(room.wide, narrow, activation: .identity, into: room.branch)
        }
    }

    /// Adds a module's output [M, N, D] under its gate among `rows`, [M, 6·D] or [M, 6, D].
    func addGated(
        _ output: Tensor, of module: BlockModule, modulation rows: Tensor, to sum: Tensor,
        _ engine: any Engine
    ) {
        let gate = module == .attention ? Modulation.gateAttention : Modulation.gateFeedForward
        engine.addGated(
            output, modulation: rows.reshaped([rows.shape[0], 6, configuration.width]), gate: gate, to: sum)
    }

    /// What attention works on, the shifted and scaled norm of h, [M, N, D].
    func modulatedInput(_ h: Tensor, modulation rows: Tensor, into input: Tensor, _ engine: any Engine) {
        normalize(h, rows.reshaped([rows.shape[0], 6, configuration.width]), into: input, engine)
    }

    private func normalize(_ h: Tensor, _ rows: Tensor, into output: Tensor, _ engine: any Engine) {
        engine.layerNormModulated(
            h, modulation: rows, shift: Modulation.shiftAttention, scale: Modulation.scaleAttention,
            epsilon: configuration.firstNormEpsilon, into: output)
    }
}
