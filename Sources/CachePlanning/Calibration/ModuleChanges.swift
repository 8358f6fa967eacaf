/// How much modules' ungated outputs change from earlier steps to each step, as a calibration saw it.
///
/// The change from step i − k to step i is ‖L_i − L_{i−k}‖₁ / ‖L_i‖₁, for k up to ``reach``. Sums are whole numbers
/// of 2⁻³², so that the order in which micro-batches come changes no bit of them.
public struct ModuleChanges: Sendable, Codable, Equatable {
    /// The furthest back that is looked.
    public static let reach = 3
    /// Larger changes count as this one; so does one that is no number.
    public static let largest = 1e4
    private static let unit = Double(1 << 32)

    /// Steps, S.
    public let steps: Int
    /// Blocks, L, that this speaks of: all of them once the ranks' shares are joined.
    public private(set) var blocks: Int
    /// Rows that were added up: each branch of each trajectory is one.
    public let rows: Int
    /// Trajectories that these rows belong to.
    public let trajectories: Int
    /// Sums over rows, [L][2][S][reach].
    private var sums: [Int64]

    /// No change yet.
    public init(steps: Int, blocks: Int, rows: Int, trajectories: Int) {
        precondition(rows > 0 && blocks > 0, "ModuleChanges: \(rows) rows of \(blocks) blocks")
        self.steps = steps
        self.blocks = blocks
        self.rows = rows
        self.trajectories = trajectories
        sums = Array(repeating: 0, count: blocks * 2 * steps * Self.reach)
    }

    /// Adds the change of one row.
    /// - Parameters:
    ///   - block: counted from this value's first.
    ///   - step: the later of the two.
    ///   - lag: 1 … ``reach``.
    public mutating func add(_ change: Double, _ module: BlockModule, block: Int, step: Int, lag: Int) {
        let bounded = change < Self.largest ? change : Self.largest
        sums[index(module, block, step, lag)] += Int64(bounded * Self.unit)
    }

    /// Appends the blocks of the next rank, which saw the same rows.
    public mutating func append(_ next: ModuleChanges) {
        precondition(next.steps == steps && next.rows == rows, "ModuleChanges: ranks that saw different runs")
        blocks += next.blocks
        sums += next.sums
    }

    /// The mean over blocks and rows.
    public func mean(_ module: BlockModule, at step: Int, lag: Int) -> Double {
        let total = (0..<blocks).reduce(0.0) { $0 + Double(sums[index(module, $1, step, lag)]) }
        return total / Self.unit / Double(rows * blocks)
    }

    /// All means there are, ascending, each once.
    var means: [Double] {
        let all = BlockModule.allCases.flatMap { module in
            (1..<max(1, steps)).flatMap { step in
                (1...Self.reach).filter { $0 <= step }.map { mean(module, at: step, lag: $0) }
            }
        }
        return Set(all + [0]).sorted()
    }

    private func index(_ module: BlockModule, _ block: Int, _ step: Int, _ lag: Int) -> Int {
        ((block * 2 + module.rawValue) * steps + step) * Self.reach + lag - 1
    }
}
