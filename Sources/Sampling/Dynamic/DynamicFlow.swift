import CachePlanning
import Tensors
import Transport

/// The ends of a stage under a dynamic rule: rank 0 decides once for each image and step whether its blocks run.
///
/// At each step of an image the tail gives its latent and what it saw of the step to the head. The rank that owns the
/// signal has it by then; rank 0 asks the rule, and tells every other rank. A slot that is not computed sends no
/// hidden state: the tail makes up for the blocks.
struct DynamicFlow {
    let source: any HiddenSource
    let sink: any HiddenSink

    init(
        _ context: StageContext, _ rule: DynamicRule, decoding: DecodeStage?,
        idle: @escaping () throws -> Bool
    ) throws {
        let rank = context.communicator.rank
        let tail = context.communicator.size - 1
        let schedule = context.schedule
        let local = LocalLatents()
        let observations = try SlotChannel(
            context, .observation, from: tail, to: 0, schedule.returns, idle: idle
        ) { _ in [StepObservation.count] }
        let firstBlocks =
            rule.signal == .firstBlock
            ? try SlotChannel(
                context, .firstBlock, from: 0, to: tail, schedule, idle: idle,
                shape: context.keptShape(of:)) : nil
        func decisions(to rank: Int) throws(TransportError) -> SlotChannel {
            try SlotChannel(context, .decision, from: 0, to: rank, schedule.decisions, idle: idle) { _ in [1]
            }
        }
        if rank == 0 {
            source = DynamicHead(
                context, rule, latents: tail == 0 ? local : try LatentsFromTail(context, idle: idle),
                observations: observations, firstBlocks: firstBlocks,
                decisions: try (1..<max(1, tail + 1)).map { try decisions(to: $0) })
        } else {
            source = DynamicUpstream(context, decisions: try decisions(to: rank), idle: idle)
        }
        if rank == tail {
            sink = DynamicGather(
                context, rule, latents: tail == 0 ? local : LatentsToHead(context),
                observations: observations, firstBlocks: firstBlocks, decoding: decoding)
        } else {
            sink = Downstream(context, idle: idle)
        }
    }
}

/// What the tail tells the head of an image's step.
struct StepObservation {
    static let count = 2

    /// mean|y_i − y_{i−1}| / mean|y_{i−1}| of the predictions that the step and the one before it took; NaN at first.
    var outputChange: Float
    /// The tail's signal for the next step; NaN where there is none.
    var signal: Float

    var numbers: [Float] { [outputChange, signal] }

    init(outputChange: Float, signal: Float) {
        self.outputChange = outputChange
        self.signal = signal
    }

    init(_ numbers: Tensor) {
        let values = numbers.values
        self.init(outputChange: values[0], signal: values[1])
    }
}

/// mean|a − b| / mean|b|, as f32 so that it is the same on either side of a message.
func relativeChange(_ a: Span<Float>, from b: Span<Float>) -> Float {
    var (difference, size) = (0.0, 0.0)
    for index in a.indices {
        difference += Double(abs(a[index] - b[index]))
        size += Double(abs(b[index]))
    }
    return Float(difference / size)
}
