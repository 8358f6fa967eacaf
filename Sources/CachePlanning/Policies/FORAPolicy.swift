/// Computes everything at every n-th step and reuses every module's output between: FORA (arXiv 2407.01425).
///
/// Counted from the end, so that the last step is computed: with j = S − 1 − i, step i is computed where i = 0 or
/// j mod n = 0. Reused outputs get the gates of the current timestep.
///
/// Source: prathebaselva/FORA, `boost_infer_static`. Default n = 2, half of the steps; the authors' example is 3.
/// Limits: it looks neither at the model nor at the images. The masks know no budget other than 1 / n.
public struct FORAPolicy: ModulePolicy {
    /// n: from a computed step to the next.
    public var interval: Int

    /// `fora`.
    public var name: PolicyName { .fora }

    static let description = PolicyDescription(
        "compute every n-th step, reuse modules' outputs between", from: "arXiv 2407.01425",
        options: [.interval], needsCalibration: false,
        .modules(FORAPolicy.self) { FORAPolicy(interval: $0.interval) })

    /// The policy with the given distance of computed steps.
    public init(interval: Int? = nil) { self.interval = interval ?? 2 }

    /// The same mask for all blocks.
    public func modules(steps: Int, blocks: Int, changes: ModuleChanges?) throws(PlanError) -> ModulePlan {
        try ModulePlan(.reuse, allBlocks: try computedSteps(of: steps), blocks: blocks)
    }

    /// Every interval.
    public static func settings(steps: Int, blocks: Int, changes: ModuleChanges?) -> [any ModulePolicy] {
        intervals(steps: steps).map { FORAPolicy(interval: $0) }
    }

    /// [S]: whether a step is computed.
    func computedSteps(of steps: Int) throws(PlanError) -> [Bool] {
        try check("interval", interval, interval >= 1, "1 or more")
        return (0..<steps).map { $0 == 0 || (steps - 1 - $0) % interval == 0 }
    }
}
