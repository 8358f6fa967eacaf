import CachePlanning
import Models
import Tensors

/// Records how much the ungated outputs of a rank's modules change over a calibration.
final class ModuleObserver {
    private(set) var changes: ModuleChanges
    private let context: StageContext
    /// The latest outputs of each micro-batch's modules, latest first: [block · 2 + module].
    private var latest: [RowsKey: [[Tensor]]] = [:]

    init(_ context: StageContext) {
        self.context = context
        changes = ModuleChanges(
            steps: context.run.steps, blocks: context.stage.denoiser.share.blocks.count,
            rows: context.run.images.count * context.run.guidance.branches,
            trajectories: context.run.images.count)
    }

    /// Takes in a module's output [rows, N, D] at a slot's step.
    func observe(_ output: Tensor, _ module: BlockModule, of block: Int, _ slot: Slot) {
        let local = block - context.stage.denoiser.share.blocks.lowerBound
        let key = slot.rowsKey
        let place = local * 2 + module.rawValue
        var all = latest.removeValue(forKey: key) ?? Array(repeating: [], count: changes.blocks * 2)
        for (index, earlier) in all[place].enumerated() {
            for row in 0..<output.shape[0] {
                changes.add(
                    Self.change(output[row], from: earlier[row]), module, block: local, step: slot.step,
                    lag: index + 1)
            }
        }
        let kept =
            all[place].count == ModuleChanges.reach ? all[place].removeLast() : Tensor(zeros: output.shape)
        kept.copy(from: output)
        all[place].insert(kept, at: 0)
        let isOver = slot.step == context.run.steps - 1 && place == changes.blocks * 2 - 1
        if !isOver { latest[key] = all }
    }

    /// ‖a − b‖₁ / ‖a‖₁.
    private static func change(_ a: Tensor, from b: Tensor) -> Double {
        let (now, before) = (a.elements, b.elements)
        var (difference, size) = (0.0, 0.0)
        for index in now.indices {
            difference += Double(abs(now[index] - before[index]))
            size += Double(abs(now[index]))
        }
        return difference / size
    }
}
