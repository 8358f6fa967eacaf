import Models
import Tensors

/// What goes through the pipeline of a slot.
struct Travelling {
    /// The hidden state, [M, N, D].
    let hidden: Tensor
    /// Sums of what modules add at later steps, [M, N, D] each.
    let sums: [(step: Int, sum: Tensor)]
    /// What blocks have left for later ones, [M, N, D] each, by the block that left it.
    var skips: [Int: Tensor]
}

/// What of a slot goes from one stage to the next, in one message: hidden state, sums, and what earlier blocks have
/// left for blocks behind the cut.
///
/// Such a way past blocks rides along from stage to stage. To send it straight to the stage that reads it would save
/// bytes where it passes over several stages (of U-shaped models of L blocks on R ranks about R·L/4 tensors against L/2),
/// but cost a second net of messages with receives and an order of their own; on two ranks both send the same.
struct Cut {
    private let context: StageContext
    /// The blocks whose output is under way.
    private let skips: [Int]

    /// The cut in front of a block.
    init(_ context: StageContext, before block: Int) {
        self.context = context
        skips = context.configuration.skipsUnderWay(before: block)
    }

    /// [(1 + k + s)·M, N, D] of a slot's message.
    func shape(of slot: Slot) -> [Int] {
        var shape = context.hiddenShape(of: slot)
        shape[0] *= 1 + context.sumSteps(of: slot.step).count + skips.count
        return shape
    }

    /// The tensors of a slot's message, in order.
    func pieces(of travelling: Travelling) -> [Tensor] {
        [travelling.hidden] + travelling.sums.map(\.sum)
            + skips.map { block in
                guard let skip = travelling.skips[block] else {
                    preconditionFailure("Cut: block \(block) has left nothing")
                }
                return skip
            }
    }

    /// What a slot's message holds, in its memory.
    func travelling(in message: Tensor, of slot: Slot) -> Travelling {
        let rows = context.schedule.rows(of: slot)
        let steps = context.sumSteps(of: slot.step)
        func piece(_ place: Int) -> Tensor { message.rows(place * rows..<(place + 1) * rows) }
        return Travelling(
            hidden: piece(0), sums: steps.enumerated().map { ($1, piece(1 + $0)) },
            skips: skips.enumerated().reduce(into: [:]) {
                $0[$1.element] = piece(1 + steps.count + $1.offset)
            })
    }
}

extension StageContext {
    /// Memory for what travels of a slot from the first block on, kept from one slot to the next.
    func start(of slot: Slot) -> Travelling {
        let cut = Cut(self, before: 0)
        return cut.travelling(in: memory(for: "head", cut.shape(of: slot)), of: slot)
    }

    /// What travels of a slot, with memory for what this stage's blocks leave for later ones.
    func withRoom(_ travelling: Travelling, for slot: Slot) -> Travelling {
        var travelling = travelling
        for skip in configuration.longSkips where stage.denoiser.share.blocks.contains(skip.from) {
            travelling.skips[skip.from] = hidden(for: "skip \(skip.from)", slot)
        }
        return travelling
    }
}
