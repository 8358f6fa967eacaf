import Tensors

/// What the modules of computed steps add at later ones, under the gates of those, for each part of a group.
///
/// Σ_l g_l(t_i)·C_l is what reuse of modules puts in the blocks' place.
struct ReusedSums {
    /// One sum: the computed step that its outputs are of, and the step whose gates they are under.
    private struct Key: Hashable {
        var part: Int
        var computed: Int
        var step: Int
    }

    private var sums: [Key: Tensor] = [:]
    private var spare: [Tensor] = []

    /// Keeps a copy of a sum [rows, N, D].
    mutating func keep(_ sum: Tensor, part: Int, of computed: Int, for step: Int) {
        let place = spare.firstIndex { $0.shape == sum.shape }
        let copy = place.map { spare.remove(at: $0) } ?? Tensor(zeros: sum.shape)
        copy.copy(from: sum)
        sums[Key(part: part, computed: computed, step: step)] = copy
    }

    /// The sum for a step, of the modules of a computed one.
    subscript(part: Int, of computed: Int, for step: Int) -> Tensor? {
        sums[Key(part: part, computed: computed, step: step)]
    }

    /// The computed steps of which there is a sum for a step, latest first.
    func computedSteps(part: Int, for step: Int) -> [Int] {
        sums.keys.filter { $0.part == part && $0.step == step }.map(\.computed).sorted(by: >)
    }

    /// Leaves the memory of what was for a step, or for one before it, to others.
    mutating func finish(step: Int) {
        for key in sums.keys where key.step <= step {
            if let sum = sums.removeValue(forKey: key) { spare.append(sum) }
        }
    }
}
