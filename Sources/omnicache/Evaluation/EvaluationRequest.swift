import CachePlanning
import Checkpoints
import Evaluation
import Models
import Sampling

/// What is evaluated, as the options and the model say together; the same on all ranks.
struct EvaluationRequest: Codable, Sendable {
    let sampler: SamplerSettings
    let policies: [PolicyVariant]
    let budgets: [Double]
    /// What is compared beside what policies make.
    let plans: [PlanFile]
    /// All images; the first of them are compared with references, and the first of them are judged.
    let images: [ImageRequest]
    let pairCount: Int
    /// How many are judged; 0 where the model brings no classifier.
    let judgedCount: Int
    /// Whether every picture is written, not only those of the sheet.
    let keepsPictures: Bool

    /// Images of the sheet, a column each.
    static let sheetColumns = 8

    /// - Throws: `SchedulerError`, `UsageError`, `PlanError` for what does not go together; `ReadError`,
    ///   `PlanFileError` for a plan that cannot be read.
    init(_ options: EvaluateCommand, _ model: OpenedModel, bringsClassifier: Bool) throws {
        sampler = try SamplerSettings(options.trajectory, model)
        budgets = options.budget
        policies = try Self.policies(options, model.folder.denoiser)
        for budget in budgets {
            for variant in policies {
                _ = try variant.rules(budget).checkedBudget(steps: sampler.steps)
            }
        }
        plans = try options.withPlan.map { try PlanFile($0) }
        let names = Dictionary(grouping: plans, by: \.stem).filter { $0.value.count > 1 }
        if let same = names.values.map({ $0.map(\.path) }).min(by: { $0[0] < $1[0] }) {
            throw UsageError(
                "--with-plan: \(same.joined(separator: " and ")) would have one name in the table: rename a file"
            )
        }
        pairCount = options.images
        judgedCount = bringsClassifier ? options.imagesForStatistics : 0
        keepsPictures = options.imagesDir != nil || options.npz != nil
        let count = max(pairCount, judgedCount)
        guard
            !Calibration.sharesNoise(
                first: options.seed, count: count, trajectories: Self.calibrationSeeds)
        else {
            throw UsageError(
                "--seed \(options.seed): \(counted(count, "image")) from there on would start from noise that "
                    + "plans are calibrated with, that of seeds from \(Calibration.firstSeed) on (the low 32 bits "
                    + "count): take another seed")
        }
        let side = model.folder.pictureSize.width
        guard options.npz == nil || count <= largestArchive / (3 * side * side) else {
            throw UsageError(
                "--npz: \(count) pictures of \(side) × \(side) pixels are more than the 4 GB that a file of "
                    + "arrays holds: draw fewer images, or take --images-dir")
        }
        images = Self.labels(model.folder.trainedClasses, count: count).enumerated().map {
            ImageRequest(label: $1, seed: options.seed &+ UInt64($0))
        }
    }

    /// What is asked for, each once, in the order in which policies are listed.
    private static func policies(
        _ options: EvaluateCommand, _ model: any DenoiserConfiguration
    ) throws(UsageError) -> [PolicyVariant] {
        guard !options.policy.contains(where: { $0.policy == .l2c }) else {
            throw UsageError(
                "--policy l2c: its masks are learned elsewhere: make a plan of them and give it with --with-plan"
            )
        }
        if options.ablation {
            return PolicyVariant.ablation.filter { $0.reuse(on: model).problem(on: model) == nil }
        }
        for variant in options.policy {
            if let problem = variant.reuse(on: model).problem(on: model) {
                throw UsageError("--policy \(variant.policy.rawValue): \(problem): leave that out")
            }
        }
        let asked =
            options.policy.isEmpty ? PolicyName.allCases.map { PolicyVariant($0) } : options.policy
        let listed = PolicyName.allCases.flatMap { name in asked.filter { $0.policy == name } }
        return listed.reduce(into: []) { unique, variant in
            let isPlan = variant.policy != .none && variant.policy != .l2c
            if isPlan, !unique.contains(where: { $0.name == variant.name }) { unique.append(variant) }
        }
    }

    /// The most trajectories that `plan` calibrates with.
    private static let calibrationSeeds = 1000

    /// So many classes in an order in which any number of them from the start is spread evenly: steps of about
    /// the golden section of the circle of classes, prime to their number, so that each comes once in a round.
    static func labels(_ classes: [Int], count: Int) -> [Int] {
        func divisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : divisor(b, a % b) }
        let golden = max(1, Int((Double(classes.count) * 0.618).rounded()))
        let step = (golden...).first { divisor($0, classes.count) == 1 } ?? 1
        return (0..<count).map { classes[$0 * step % classes.count] }
    }
}
