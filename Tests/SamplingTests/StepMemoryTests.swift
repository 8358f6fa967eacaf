import CAllocations
import CachePlanning
import Checkpoints
import Models
import RunTrace
import Sampling
import TestSupport
import Testing
import Transport

@testable import Tensors

/// What steps take of memory once all that they need has been taken.
@Suite(.serialized)
struct StepMemoryTests {
    static let steps = 24
    /// Every buffer has been used once behind it: all kinds of steps have been there, and timesteps that are modulated
    /// together have given way to the next.
    static let settled = 10
    /// Slots of a step: two images, each in two branches.
    static let slots = 4

    static func run(_ model: TestModel, _ kind: String) throws -> RunDescription {
        var run = try model.run(plan(kind, model), images: Array(TestModel.threeImages.prefix(2)))
        run.batching = MicroBatching(imagesPerGroup: 1, joinsBranches: false, groupsInFlight: 2)
        return run
    }

    static func plan(_ kind: String, _ model: TestModel) throws -> CachePlan {
        let letters = (0..<steps).map { $0 % 3 == 2 && $0 < steps - 1 ? "R" : "C" }.joined()
        switch kind {
        case "computed": return try .of(String(repeating: "C", count: steps))
        case "shadow": return try .of(letters, .shadow, gamma: 0.4)
        case "modules":
            let computes = (0..<steps).map { $0 % 3 == 0 }
            return try .of(
                ModulePlan(.taylor(order: 2), allBlocks: computes, blocks: model.configuration.blocks))
        default:
            let name = try #require(PolicyName(rawValue: kind))
            let rule = try #require(name.dynamicPolicy).rule(threshold: 0.4, steps: steps)
            return try CachePlan.make(policy: name, rule: rule, for: .tiny(steps: steps))
        }
    }

    /// What `read` says after each slot of a run that has been run before: timesteps are embedded once for a model.
    static func readings(
        _ model: TestModel, _ run: RunDescription, _ communicator: any Communicator, _ read: () -> Int
    ) throws -> [Int] {
        let stage = try model.stage(run.partition, rank: communicator.rank)
        var readings: [Int] = []
        readings.reserveCapacity(run.schedule.count)
        for _ in 0..<2 {
            readings.removeAll(keepingCapacity: true)
            let trace = TraceRecorder(
                rank: communicator.rank, hostName: communicator.hostName, stepCount: run.steps)
            let pipeline = try PipelineStage(
                run, stage: stage, communicator: communicator, trace: trace
            ) { _ in }
            try pipeline.run { _, _ in readings.append(read()) }
        }
        return readings
    }

    /// Bytes of tensors taken up to each slot.
    static func bytesTaken(
        _ model: TestModel, _ run: RunDescription, _ communicator: any Communicator
    ) throws -> [Int] {
        let meter = MemoryMeter()
        return try MemoryMeter.$current.withValue(meter) {
            try readings(model, run, communicator) { meter.bytes }
        }
    }

    /// What is there before the settled steps, and after the last one behind which no picture is decoded.
    static func settledEnds(_ readings: [Int]) -> (first: Int, last: Int) {
        (readings[settled * slots], readings[readings.count - slots - 1])
    }

    @Test(arguments: ["computed", "shadow", "modules", "teacache", "fbcache", "easycache"])
    func stepsOfALoneRankTakeNoTensor(_ kind: String) throws {
        let model = try TestModel()
        let taken = try Self.bytesTaken(model, Self.run(model, kind), SingleRank())
        let (first, last) = Self.settledEnds(taken)
        #expect(taken[0] > 0 && first == last, "\(kind): \(taken)")
    }

    /// Nothing as large as a latent comes from the heap; what is smaller are views, keys and closures. (Not so with a
    /// correction's frequency filter, or an output scale.)
    @Test(
        .enabled(if: allocations_are_counted()),
        arguments: ["computed", "shadow", "modules", "teacache", "fbcache", "easycache"])
    func stepsOfALoneRankAllocateNoLatent(_ kind: String) throws {
        let model = try TestModel.builtin()
        let (channels, side) = (model.configuration.latents.channels, model.configuration.latents.height)
        allocations_watch(4 * channels * side * side)
        defer { allocations_watch(.max) }
        let seen = try Self.readings(model, Self.run(model, kind), SingleRank()) { allocations_seen() }
        let (first, last) = Self.settledEnds(seen)
        #expect(seen[0] > 0 && first == last, "\(kind): \(seen)")
    }

    /// Messages take buffers while more are under way than ever before, and never more than the pipeline is deep.
    @Test(arguments: ["computed", "shadow", "modules"])
    func stepsOfRanksTakeWhatIsUnderWay(_ kind: String) throws {
        let model = try TestModel()
        let run = try Self.run(model, kind)
        try forEachCluster(ranks: [2, 3]) { communicator in
            let taken = try Self.bytesTaken(model, run.over(communicator.size), communicator)
            let (first, last) = Self.settledEnds(taken)
            // As many messages as a step has; they hold one row and an envelope.
            let message = 4 * model.configuration.layout.rows * model.configuration.layout.width + 64
            let most = Self.slots * message
            let slots = taken.count - (Self.settled + 1) * Self.slots
            try check(most < slots * message / 2, "the limit of \(most) bytes says nothing")
            try check(
                last - first <= most,
                "rank \(communicator.rank), \(kind): \(last - first) bytes, at most \(most)")
        }
    }
}
