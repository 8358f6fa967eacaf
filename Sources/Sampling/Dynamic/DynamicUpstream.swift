import Models
import RunTrace
import Tensors
import Transport

/// The stage before this one under a dynamic rule: a hidden state comes only where rank 0 has decided so, and is asked
/// for only then.
final class DynamicUpstream: HiddenSource {
    private let context: StageContext
    private let decisions: SlotChannel
    private let cut: Cut
    private let codec: WireCodec
    private let idle: () throws -> Bool
    private var computes = true
    private var spare = SpareBuffers()

    init(_ context: StageContext, decisions: SlotChannel, idle: @escaping () throws -> Bool) {
        self.context = context
        self.decisions = decisions
        self.idle = idle
        cut = Cut(context, before: context.stage.denoiser.share.blocks.lowerBound)
        codec = WireCodec(context)
    }

    func hidden(for slot: Slot) throws -> Arrival {
        if slot.part == 0 { computes = try decisions.next(slot).values[0] != 0 }
        guard computes else { return Arrival() }
        return try context.trace.span(.wait, step: slot.step, group: slot.group) {
            Arrival(travelling: try receive(slot))
        }
    }

    private func receive(_ slot: Slot) throws -> Travelling {
        let communicator = context.communicator
        let sender = communicator.rank - 1
        let envelope = context.envelope(.activation, step: slot.step, group: slot.group, part: slot.part)
        let buffer = spare.take(cut.shape(of: slot), context.run.wire.elementType)
        try communicator.receive(into: buffer.bytes, from: sender, tag: envelope.kind.rawValue)
            .wait(for: "\(envelope), from rank \(sender)", idle: idle)
        // Valid until the next slot asks for it.
        spare.keep(buffer)
        try envelope.require(buffer.header, from: sender, communicator)
        return cut.travelling(in: codec.decoded(buffer.payload), of: slot)
    }

    func poll() throws { try decisions.poll() }
    func finish() {}
}
