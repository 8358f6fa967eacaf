import CachePlanning
import Checkpoints
import Sampling
import Schedulers

/// All ways of sampling that an evaluation draws.
struct ComparedWays: Codable, Sendable {
    /// The ways of equal cost: policies that cost so many steps or a fraction of one more, and plain sampling of so many.
    struct CostClass: Codable, Sendable {
        let policies: [SamplingWay]
        /// At the timestep spacings that calibration has found nearest to each reference.
        let plain: [SamplingWay]

        var all: [SamplingWay] { policies + plain }
        /// What the others are compared with, image by image.
        var planned: SamplingWay? { policies.first { $0.policy == PolicyVariant(.planned).name } }
        /// The best of plain sampling for a reference.
        func plain(for reference: Reference) -> SamplingWay? {
            plain.first { $0.bestFor.contains(reference) }
        }
    }

    /// The steps that count as converged.
    static let convergedSteps = 200
    /// The images of which it is looked at what twice as many steps change.
    static let refinedImages = 8

    /// The sampler as it is asked for, without reuse: the first reference.
    let uncached: SamplingWay
    /// DPM-Solver++ 2M with many steps: the second reference.
    let converged: SamplingWay
    /// The same with twice as many; nil where the model was not trained with so many timesteps.
    let refined: SamplingWay?
    /// By falling cost.
    let classes: [CostClass]

    /// All but the references.
    var compared: [SamplingWay] { classes.flatMap(\.all) }
    /// All rows of the table.
    var inTable: [SamplingWay] { [uncached, converged] + compared }

    /// The way that others of its cost are compared with, and the class that it stands in.
    func costClass(of way: SamplingWay) -> CostClass? {
        classes.first { $0.all.contains { $0.key == way.key } }
    }

    /// The references, which are drawn in any case.
    /// - Throws: `SchedulerError`.
    static func references(
        _ sampler: SamplerSettings, modelHash: String
    ) throws -> (uncached: SamplingWay, converged: SamplingWay, refined: SamplingWay?) {
        func plain(_ name: String, _ scheduler: SchedulerConfiguration, _ steps: Int) throws -> SamplingWay {
            try SamplingWay(
                named: name, key: name, scheduler, steps: steps, guidance: sampler.guidance,
                modelHash: modelHash)
        }
        var path = sampler.scheduler.withoutNoise
        if !path.kind.shiftsRatio { path = path.converted(to: .dpmSolverPlusPlus) }
        path.solverOrder = 2
        // `leading` would begin well below the noisiest timestep.
        path.spacing = .trailing
        let most = path.trainTimesteps
        return (
            try plain("uncached", sampler.scheduler, sampler.steps),
            try plain("converged", path, min(convergedSteps, most)),
            2 * convergedSteps <= most ? try plain("refined", path, 2 * convergedSteps) : nil
        )
    }

    /// Finds all ways.
    ///
    /// Where `planned` is asked for, it is also planned at the whole numbers of steps that other policies' costs lead to.
    /// - Throws: `PlanError`, `SchedulerError`, what a run throws.
    init(_ search: WaySearch) throws {
        (uncached, converged, refined) = search.references
        let request = search.request
        var policies = try request.budgets.flatMap { budget in
            try request.policies.map { try search.way($0, budget) }
        }
        policies += request.plans.map { search.way($0) }
        let counts = Set(policies.map(\.equalSteps)).sorted(by: >)
        let ours = PolicyVariant(.planned)
        if request.policies.contains(where: { $0.name == ours.name }) {
            let planned = Set(policies.filter { $0.policy == ours.name }.map(\.equalSteps))
            for count in counts where !planned.contains(count) {
                if let way = try search.way(ours, computing: count) { policies.insert(way, at: 0) }
            }
        }
        classes = try counts.map { count in
            CostClass(
                policies: policies.filter { $0.equalSteps == count }, plain: try search.plain(steps: count))
        }
    }
}
