import Tensors

/// What the blocks added at the latest computed steps, h_L − h_0, for each part of a group: what reuse puts
/// in the blocks' place.
struct ResidualHistory {
    /// How many computed steps are remembered: 1 to sample, more to calibrate.
    let depth: Int
    private var latestFirst: [[Tensor]]
    private var steps: [Int] = []

    init(depth: Int, parts: Int) {
        self.depth = depth
        latestFirst = Array(repeating: [], count: parts)
    }

    /// The remembered steps, latest first.
    var rememberedSteps: [Int] { steps }

    /// The residual of a part, `back` computed steps before the latest.
    subscript(part: Int, back back: Int = 0) -> Tensor { latestFirst[part][back] }

    /// A tensor to write a new residual of a part into: the oldest one's memory, once there are enough.
    mutating func makeRoom(part: Int, shape: [Int]) -> Tensor {
        let tensor = latestFirst[part].count == depth ? latestFirst[part].removeLast() : Tensor(zeros: shape)
        latestFirst[part].insert(tensor, at: 0)
        return tensor
    }

    /// Takes up remembered steps, latest first, for which room has been made.
    mutating func restore(steps: [Int]) { self.steps = steps }

    /// Notes that all parts of a step have been written.
    mutating func complete(step: Int) {
        steps.insert(step, at: 0)
        if steps.count > depth { steps.removeLast() }
    }
}
