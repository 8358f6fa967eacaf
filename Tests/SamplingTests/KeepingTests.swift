import CachePlanning
import Checkpoints
import RunTrace
import Sampling
import Schedulers
import Tensors
import TestSupport
import Testing
import Transport

/// What was saved: by image and step, the bits of each part.
typealias SavedStates = [Int: [Int: [String: [UInt32]]]]

/// What a run that is saved came to.
struct KeptDrawing: Sendable {
    /// By image.
    var latents: [Int: [UInt32]] = [:]
    var states: SavedStates = [:]
    var isStopped = false
}

extension TestModel {
    /// Runs this rank's part, saving each so many steps.
    /// - Parameters:
    ///   - stop: before the how-manieth round the run shall end.
    ///   - states: those to go on from, where the run's first step is not 0.
    /// - Returns: what came to rank 0.
    func drawKeeping(
        _ run: RunDescription, on communicator: any Communicator, every: Int, stop: Int = .max,
        from states: SavedStates = [:]
    ) throws -> KeptDrawing {
        var kept = KeptDrawing()
        var rounds = 0
        let keeping = TrajectoryKeeping(every: every) {
            rounds += 1
            return rounds > stop
        } save: { state in
            try checkEqual(communicator.rank, 0, "the rank that saves image \(state.image)")
            let layout = try TrajectoryLayout(run, configuration, before: state.step)
            let shapes = layout.parts.reduce(into: [:]) { $0[$1.name] = $1.shape }
            try checkEqual(state.tensors.mapValues(\.shape), shapes, "what is saved of step \(state.step)")
            kept.states[state.image, default: [:]][state.step] = state.tensors.mapValues {
                $0.values.map(\.bitPattern)
            }
        } restore: { image in
            let layout = try TrajectoryLayout(run, configuration, before: run.firstStep)
            return try layout.parts.reduce(into: [:]) { tensors, part in
                guard let bits = states[image]?[run.firstStep]?[part.name] else {
                    throw CheckFailure("image \(image) has no \(part.name) before step \(run.firstStep)")
                }
                tensors[part.name] = .init(bits.map { Float(bitPattern: $0) }, shape: part.shape)
            }
        }
        let trace = TraceRecorder(
            rank: communicator.rank, hostName: communicator.hostName, stepCount: run.steps)
        let pipeline = try PipelineStage(
            run, stage: try stage(run.partition, rank: communicator.rank), communicator: communicator,
            trace: trace, keeping: keeping
        ) { image in
            try TestSupport.check(kept.latents[image.image] == nil, "image \(image.image) came twice")
            kept.latents[image.image] = image.latent?.values.map(\.bitPattern)
        }
        try pipeline.run()
        kept.isStopped = pipeline.isStopped
        return kept
    }
}

@Suite(.serialized)
struct KeepingTests {
    private static let batchings = [
        MicroBatching(imagesPerGroup: 2, joinsBranches: false, groupsInFlight: 2),
        MicroBatching(imagesPerGroup: 1, joinsBranches: true, groupsInFlight: 3),
    ]

    /// What one rank saves, image by image, is what any number of ranks save and go on from, under each policy.
    @Test(arguments: PlanCase.allCases)
    func anyNumberOfRanksUnderEveryPolicy(_ plan: PlanCase) throws {
        let model = try TestModel()
        try goesOnAnywhere(model, model.run(plan.plan(model.calibrateAlone())), plan.rawValue)
    }

    @Test(arguments: RankEquivalenceTests.SchedulerCase.allCases, [1.0, 3.0])
    func anyNumberOfRanksWithEveryScheduler(
        _ scheduler: RankEquivalenceTests.SchedulerCase, guidance: Double
    ) throws {
        let model = try TestModel(scheduler.folder)
        for source in [CorrectionSource.shadow, .previousOutput] {
            let run = try model.run(
                .of("CCRRCRCRC", source, gamma: 0.4, filtered: true), guidance: guidance,
                scheduler: scheduler.configuration)
            try goesOnAnywhere(model, run, "\(scheduler) \(source)")
        }
    }

    @Test(arguments: 1...ResidualForecast.highestOrder, [CorrectionSource.none, .shadow])
    func forecastsGoOnToo(order: Int, _ source: CorrectionSource) throws {
        let model = try TestModel()
        for part in ReusedPart.allCases {
            let plain = try CachePlan.of("CCRCRRCRC", source, gamma: source == .none ? 0 : 0.6, reuseOf: part)
            var correction = plain.correction
            correction.forecastOrder = order
            try goesOnAnywhere(model, model.run(plain.correcting(correction)), "order \(order) of \(part)")
        }
    }

    private func goesOnAnywhere(_ model: TestModel, _ run: RunDescription, _ what: String) throws {
        let expected = try model.drawAlone(run)
        let alone = try model.drawKeeping(
            run.over(1, MicroBatching(imagesPerGroup: 1, joinsBranches: true, groupsInFlight: 1)),
            on: SingleRank(), every: 1)
        let steps = try #require(alone.states[0]).keys.sorted()
        try checkEqual(steps, Array(run.plan.travellingSteps.dropFirst()), "\(what): saved steps")
        try forEachCluster(ranks: [1, 2, 3]) { communicator in
            let batching = Self.batchings[communicator.size % 2]
            let all = try model.drawKeeping(
                run.over(communicator.size, batching), on: communicator, every: 1)
            if communicator.rank == 0 {
                try check(all.states == alone.states, "\(what), \(batching): what was saved")
                try check(!all.isStopped, "\(what): stopped")
            }
            for step in steps {
                var rest = try run.over(communicator.size, batching)
                rest.firstStep = step
                let drawn = try model.drawKeeping(
                    rest, on: communicator, every: 100, from: alone.states)
                guard communicator.rank == 0 else { continue }
                for image in run.images.indices {
                    try check(
                        drawn.latents[image] == expected.latents[image],
                        "\(what), \(batching): image \(image) from step \(step)")
                }
            }
        }
    }

    @Test func savesEachSoManyComputedSteps() throws {
        let model = try TestModel()
        let run = try model.run(.of("CCRCRCCRC"))
        try forEachCluster(ranks: [1, 3]) { communicator in
            let kept = try model.drawKeeping(run.over(communicator.size), on: communicator, every: 2)
            guard communicator.rank == 0 else { return }
            // Computed are 0 1 3 5 6 8.
            try checkEqual(kept.states.keys.sorted(), [0, 1, 2], "saved images")
            for states in kept.states.values { try checkEqual(states.keys.sorted(), [3, 6], "saved steps") }
        }
    }

    /// Wherever a run is stopped, images of earlier waves are delivered, those of the wave are saved, and all go on.
    @Test(arguments: Array(0...9))
    func stopsBeforeAnyRound(_ stop: Int) throws {
        let model = try TestModel()
        let images = (0..<5).map { ImageRequest(label: $0 % 4, seed: UInt64($0)) }
        let run = try model.run(
            .of("CCRC", .shadow, gamma: 0.4), images: images, scheduler: .unclipped(.dpmSolverPlusPlus))
        let expected = try model.drawAlone(run)
        // Waves of two images: steps 0, 1, 3 of three waves are nine rounds.
        let batching = MicroBatching(imagesPerGroup: 1, joinsBranches: false, groupsInFlight: 2)
        try forEachCluster(ranks: [1, 2, 3, 4]) { communicator in
            let kept = try model.drawKeeping(
                run.over(communicator.size, batching), on: communicator, every: 100, stop: stop)
            try checkEqual(kept.isStopped, stop < 9, "rank \(communicator.rank): stopped")
            let states = try communicator.broadcast(kept.states, from: 0)
            let finished = try communicator.broadcast(kept.latents.keys.sorted(), from: 0)
            try checkEqual(finished, Array(0..<min(5, stop / 3 * 2)), "images finished")
            let wave = stop % 3 == 0 ? [] : Array(stop / 3 * 2..<min(5, stop / 3 * 2 + 2))
            try checkEqual(states.keys.sorted(), wave, "images saved")
            guard let step = states.values.first?.keys.first else { return }
            try checkEqual(step, [0, 1, 3][stop % 3], "the step before which they were saved")
            var rest = try run.over(communicator.size, batching)
            rest.images = wave.map { images[$0] }
            rest.firstStep = step
            let again = try model.drawKeeping(
                rest, on: communicator, every: 1,
                from: wave.enumerated().reduce(into: [:]) { $0[$1.offset] = states[$1.element] })
            guard communicator.rank == 0 else { return }
            for (place, image) in wave.enumerated() {
                try check(again.latents[place] == expected.latents[image], "image \(image) gone on")
            }
        }
    }
}
