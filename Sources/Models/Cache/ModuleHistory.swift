import CachePlanning
import Engines
import Tensors

/// What is remembered of one module's ungated output, or of a block's offset.
final class ModuleHistory {
    private let combination: ModuleCombination
    /// [M, N, D] f32 each: the output, or its finite differences, or the latest two outputs.
    private var tensors: [Tensor]
    /// How many of the tensors hold something.
    private var known = 0
    private var lastComputed = 0

    init(_ combination: ModuleCombination, shape: [Int]) {
        self.combination = combination
        let count =
            switch combination {
            case .reuse, .offset: 1
            case .taylor(let order): order + 1
            case .gradient: 2
            }
        tensors = (0..<count).map { _ in Tensor(zeros: shape) }
    }

    var byteCount: Int { tensors.reduce(0) { $0 + $1.byteCount } }

    /// Forgets everything; the memory stays.
    func reset() { known = 0 }

    /// Takes in the output of a step at which the module was computed.
    func record(_ output: Tensor, step: Int, _ engine: any Engine) {
        if case .taylor = combination {
            recordDifferences(output, step: step, engine)
        } else {
            push(output)
        }
        lastComputed = step
    }

    /// What stands in for the output of a step at which the module is not computed.
    /// - Parameter room: [M, N, D] f32, to write into if need be.
    func value(at step: Int, room: Tensor, _ engine: any Engine) -> Tensor {
        precondition(known > 0, "ModuleHistory: nothing to reuse at step \(step)")
        switch combination {
        case .reuse, .offset: return tensors[0]
        case .taylor:
            guard known > 1 else { return tensors[0] }
            room.copy(from: tensors[0])
            var factor: Float = 1
            for order in 1..<known {
                factor *= Float(step - lastComputed) / Float(order)
                engine.add(tensors[order], times: factor, to: room)
            }
            return room
        case .gradient(let eta):
            guard known > 1 else {
                push(tensors[0])
                return tensors[0]
            }
            engine.subtract(tensors[0], tensors[1], times: Float(eta), into: tensors[1])
            engine.add(tensors[0], to: tensors[1])
            tensors.swapAt(0, 1)
            return tensors[0]
        }
    }

    /// Puts a copy in front of what is there, in the memory of the oldest.
    private func push(_ output: Tensor) {
        let oldest = tensors.removeLast()
        oldest.copy(from: output)
        tensors.insert(oldest, at: 0)
        known = min(known + 1, tensors.count)
    }

    /// Each difference is taken in the memory of the order below it, which it replaces.
    private func recordDifferences(_ output: Tensor, step: Int, _ engine: any Engine) {
        let differences = min(known, tensors.count - 1)
        var lower = output
        for order in 0..<differences {
            engine.subtract(
                lower, tensors[order], times: 1 / Float(step - lastComputed), into: tensors[order])
            lower = tensors[order]
        }
        push(output)
    }
}
