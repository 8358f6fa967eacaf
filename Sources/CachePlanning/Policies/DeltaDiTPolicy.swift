/// Reuses what a run of blocks added: the rear blocks early on, the front blocks later.
///
/// Δ-DiT (arXiv 2406.01125).
/// The front blocks make outlines and the rear ones details, while early steps make outlines and late ones details,
/// so each phase computes the blocks that matter to it. Everything is computed at every n-th step from the first on;
/// between, for steps i < b the last N_c blocks and for later ones the first N_c add what they added before (Δ), under
/// the gates of then. Kept per block, so that the sum is the same bits however ranks cut the blocks.
///
/// Source: the paper's abstract and reviews; the authors' code is not public. Defaults: n = 2, N_c = ¾ of the blocks
/// (the paper probes 21 of 28), b = S / 2, which is ours.
/// Limits: how b is chosen is not known to us; the choice of blocks is not calibrated.
public struct DeltaDiTPolicy: ModulePolicy {
    /// n: from a fully computed step to the next.
    public var interval: Int
    /// N_c; none: ¾ of the blocks.
    public var cachedBlocks: Int?
    /// b as a share of the steps.
    public var boundary: Double

    /// `deltadit`.
    public var name: PolicyName { .deltadit }

    static let description = PolicyDescription(
        "reuse what rear blocks added early on, and front blocks later", from: "arXiv 2406.01125",
        options: [.interval], needsCalibration: false,
        .modules(DeltaDiTPolicy.self) { DeltaDiTPolicy(interval: $0.interval) })

    /// The policy with the given distance of fully computed steps, N_c and b / S.
    public init(interval: Int? = nil, cachedBlocks: Int? = nil, boundary: Double = 0.5) {
        self.interval = interval ?? 2
        self.cachedBlocks = cachedBlocks
        self.boundary = boundary
    }

    /// A mask of whole blocks.
    public func modules(steps: Int, blocks: Int, changes: ModuleChanges?) throws(PlanError) -> ModulePlan {
        try check("interval", interval, interval >= 1, "1 or more")
        let cached = cachedBlocks ?? blocks * 3 / 4
        try check("cached blocks", cached, (0...blocks).contains(cached), "0 … \(blocks)")
        try check("boundary", boundary, (0...1).contains(boundary), "0 … 1")
        let phaseEnd = Int((boundary * Double(steps)).rounded(.down))
        let mask = (0..<steps).map { step in
            if step % interval == 0 { return Array(repeating: true, count: blocks) }
            let reused = step < phaseEnd ? (blocks - cached)..<blocks : 0..<cached
            return (0..<blocks).map { !reused.contains($0) }
        }
        return try ModulePlan(.offset, attention: mask, mlp: mask)
    }

    /// Every interval with every N_c, b at a quarter, half and three quarters of the run.
    public static func settings(steps: Int, blocks: Int, changes: ModuleChanges?) -> [any ModulePolicy] {
        intervals(steps: steps).flatMap { interval in
            (1...max(1, blocks)).flatMap { cached in
                [0.25, 0.5, 0.75].map {
                    DeltaDiTPolicy(interval: interval, cachedBlocks: cached, boundary: $0)
                }
            }
        }
    }
}
