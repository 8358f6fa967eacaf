import CachePlanning
import Checkpoints
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
    private let modulation: any PackedLinear
    private let queryKeyValue: any PackedLinear
    private let attentionOutput: any PackedLinear
    private let widen: any PackedLinear
    private let narrow: any PackedLinear

    init(_ configuration: DiTConfiguration, _ reader: LayerReader, block: Int) throws(ReadError) {
        let prefix = "transformer_blocks.\(block)."
        let width = configuration.width
        self.configuration = configuration
        modulation = try reader.linear(prefix + "norm1.linear", inputs: width, outputs: 6 * width)
        queryKeyValue = try reader.linear(
            ["to_q", "to_k", "to_v"].map { prefix + "attn1." + $0 }, inputs: width, outputs: width)
        attentionOutput = try reader.linear(prefix + "attn1.to_out.0", inputs: width, outputs: width)
        widen = try reader.linear(prefix + "ff.net.0.proj", inputs: width, outputs: 4 * width)
        narrow = try reader.linear(prefix + "ff.net.2", inputs: 4 * width, outputs: width)
    }

    var byteCount: Int {
        [modulation, queryKeyValue, attentionOutput, widen, narrow].reduce(0) { $0 + $1.byteCount }
    }

    /// h ← h + gate · attention(norm(h)), then the same with the feed-forward layers.
    /// - Parameters:
    ///   - h: [M, N, D] f32, in place.
    ///   - rows: shifts, scales and gates [M, 6·D] f32, as ``modulate(_:into:_:)`` makes them.
    ///   - cached: what stands in for a module, where it is not to be computed.
    ///   - computed: told the ungated output of a module that was computed.
    func run(
        _ h: Tensor, modulation rows: Tensor, _ room: BlockScratch.Room, _ engine: any Engine,
        cached: (BlockModule) -> Tensor? = { _ in nil }, computed: (BlockModule, Tensor) -> Void = { _, _ in }
    ) {
        let rows = rows.reshaped([rows.shape[0], 6, configuration.width])

        func add(_ module: BlockModule, compute: () -> Void) {
            if let cached = cached(module) {
                return addGated(cached, of: module, modulation: rows, to: h, engine)
            }
            compute()
            computed(module, room.branch)
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

    /// Shifts, scales and gates [L, T, 6·D] f32 of silu(conditioning) [L, T, D], of the engine's activation type.
    func modulate(_ activated: Tensor, into rows: Tensor, _ engine: any Engine) {
        engine.linear(activated, modulation, activation: .identity, into: rows)
    }

    private func normalize(_ h: Tensor, _ rows: Tensor, into output: Tensor, _ engine: any Engine) {
        engine.layerNormModulated(
            h, modulation: rows, shift: Modulation.shiftAttention, scale: Modulation.scaleAttention,
            epsilon: configuration.firstNormEpsilon, into: output)
    }
}
