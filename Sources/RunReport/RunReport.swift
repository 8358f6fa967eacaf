import CachePlanning
import Engines
import FoundationEssentials
import RunTrace
import Sampling
import Schedulers

/// The run report, version 1: times in seconds, sizes in bytes.
///
/// A command that draws in several parts, for other steps or guidance or from another step on, has one of each.
public struct RunReport: Sendable, Codable {
    /// The model.
    public struct Model: Sendable, Codable {
        var path: String
        var kind: String
        var parameters: Int
        var blocks: Int
        var width: Int
        var tokens: Int

        /// A description of the given parts; `path` is `built-in` for the model inside the program.
        public init(path: String, kind: String, parameters: Int, blocks: Int, width: Int, tokens: Int) {
            self.path = path
            self.kind = kind
            self.parameters = parameters
            self.blocks = blocks
            self.width = width
            self.tokens = tokens
        }
    }

    /// One rank.
    public struct Stage: Sendable, Codable {
        var rank: Int
        var host: String
        var firstBlock: Int
        var blockCount: Int
        var weightBytes: Int
        /// Of `weightBytes` as they are stored, what rank 0 has sent.
        var receivedWeightBytes: Int
        var peakResidentBytes: Int
        var computeSeconds: Double
        var waitSeconds: Double
    }

    /// The plan.
    public struct Plan: Sendable, Codable {
        var policy: String
        var hash: String
        var mask: [Bool]
        /// [image][step]: whether the image computed it, where that was decided while sampling.
        var decisions: [[Bool]]?
    }

    /// One step of the sampler, over all images and ranks.
    public struct Step: Sendable, Codable {
        var index: Int
        var timestep: Double
        /// `computed`, `partial` (some modules or images) or `reused`.
        var kind: PlanCost.Kind
        /// Evaluations of a block, for one image and branch: shares of one by their products.
        var blockEvaluations: Double
        /// Images that ran the blocks at it.
        var computedImages: Int
        var seconds: Double
        var activationBytes: Int
        var activationMessages: Int
    }

    /// The run as a whole, from its first step on.
    public struct Totals: Sendable, Codable {
        var images: Int
        /// Of the command, all its parts together.
        var wallSeconds: Double
        var loadSeconds: Double
        var denoiseSeconds: Double
        var decodeSeconds: Double
        /// Tiles in which each picture was decoded; 1 is the whole.
        var decodeTiles: Int?
        var computedSteps: Int
        var partialSteps: Int
        var reusedSteps: Int
        /// Of one image and branch.
        var blockEvaluations: Double
        var activationBytes: Int
        var activationMessages: Int
        /// The number format in which activations travelled.
        var wire: WireFormat?
        /// All other bytes of the messages between ranks while sampling: headers, latents, pictures.
        var controlBytes: Int
    }

    var formatVersion = 1
    var command: [String]
    /// The hash of the run description.
    var runHash: String
    var model: Model
    var ranks: Int
    var stages: [Stage]
    var plan: Plan
    /// The step that a resumed run has gone on from; nil for 0.
    var firstStep: Int?
    /// From the first step on.
    var steps: [Step]
    /// Sums and times of the whole run.
    public var totals: Totals
    var engine: EngineDescription
    var seeds: [UInt64]

    /// Puts together what the ranks measured.
    /// - Parameters:
    ///   - products: of each of the model's blocks, [L].
    ///   - decodeTiles: in how many tiles each picture was decoded.
    ///   - decisions: of a run under a dynamic rule.
    /// - Throws: `SchedulerError` if the description's scheduler cannot make its steps, `EncodingError` if the
    ///   description holds a number that is not finite.
    public init(
        command: [String], model: Model, run: RunDescription, ranks: [RankReport], engine: EngineDescription,
        products: [BlockProducts], decodeTiles: Int = 1, wallSeconds: Double,
        decisions: DynamicDecisions? = nil
    ) throws {
        let timesteps = try makeScheduler(run.scheduler, steps: run.steps).timesteps
        self.command = command
        runHash = try run.hash
        self.model = model
        self.ranks = ranks.count
        self.engine = engine
        seeds = run.images.map(\.seed)
        stages = ranks.map { report in
            Stage(
                rank: report.trace.rank, host: report.trace.hostName, firstBlock: report.firstBlock,
                blockCount: report.blockCount, weightBytes: report.weightBytes,
                receivedWeightBytes: report.receivedWeightBytes,
                peakResidentBytes: report.trace.peakResidentBytes,
                computeSeconds: report.trace.seconds(.embed) + report.trace.seconds(.compute),
                waitSeconds: report.trace.seconds(.wait))
        }
        plan = Plan(
            policy: run.plan.policy.rawValue, hash: run.plan.hash, mask: run.plan.mask.computed,
            decisions: decisions?.computed)
        let cost =
            decisions.map { run.plan.cost(blocks: model.blocks, decided: $0) }
            ?? run.plan.cost(products)
        firstStep = run.firstStep > 0 ? run.firstStep : nil
        let steps = (run.firstStep..<run.steps).map { step in
            Step(
                index: step, timestep: timesteps[step], kind: cost.steps[step].kind,
                blockEvaluations: cost.steps[step].blockEvaluations,
                computedImages: decisions?.images(computing: step)
                    ?? (cost.steps[step].kind == .reused ? 0 : run.images.count),
                seconds: ranks.reduce(0) { $0 + $1.trace.steps[step].busySeconds },
                activationBytes: ranks.reduce(0) { $0 + $1.trace.steps[step].activationBytes },
                activationMessages: ranks.reduce(0) { $0 + $1.trace.steps[step].activationMessages })
        }
        self.steps = steps
        totals = Totals(
            images: run.images.count, wallSeconds: wallSeconds,
            loadSeconds: ranks.map { $0.trace.seconds(.load) }.max() ?? 0,
            denoiseSeconds: ranks.map(\.denoiseSeconds).max() ?? 0,
            decodeSeconds: ranks.map { $0.trace.seconds(.decode) }.max() ?? 0,
            decodeTiles: decodeTiles, computedSteps: steps.count { $0.kind == .computed },
            partialSteps: steps.count { $0.kind == .partial },
            reusedSteps: steps.count { $0.kind == .reused },
            blockEvaluations: steps.reduce(0) { $0 + $1.blockEvaluations },
            activationBytes: steps.reduce(0) { $0 + $1.activationBytes },
            activationMessages: steps.reduce(0) { $0 + $1.activationMessages }, wire: run.wire,
            controlBytes: ranks.reduce(0) { $0 + $1.trace.controlBytes })
    }

    /// The reports of a command's parts as JSON, keys in order: an object if there is one part, else an array.
    public static func json(_ parts: [RunReport]) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(parts.count == 1 ? try encoder.encode(parts[0]) : try encoder.encode(parts))
    }
}

extension RunReport {
    /// What the run cost, and what it would have cost without reuse: computed steps take the time of computed
    /// steps, so the reused ones would have taken as much each.
    public var costSentence: String {
        let computed = steps.filter { $0.kind == .computed }
        let busy = steps.reduce(0) { $0 + $1.seconds }
        let each = computed.reduce(0) { $0 + $1.seconds } / Double(max(1, computed.count))
        let without = busy > 0 ? totals.denoiseSeconds * each * Double(steps.count) / busy : 0
        let images = totals.images == 1 ? "1 image" : "\(totals.images) images"
        let first =
            "\(images) in \(short(totals.wallSeconds)) s (denoising \(short(totals.denoiseSeconds)) s, "
            + "decoding \(short(totals.decodeSeconds)) s)"
        guard computed.count < steps.count else { return first }
        if let decisions = plan.decisions {
            let each =
                decisions.reduce(0.0) { $0 + Double($1.count { $0 }) } / Double(max(1, decisions.count))
            return first
                + "; \(short(each)) of \(steps.count) steps computed on average, decided image by image"
        }
        let inPart = totals.partialSteps > 0 ? " and \(totals.partialSteps) computed in part" : ""
        return first + "; \(totals.reusedSteps) of \(steps.count) steps reused\(inPart); "
            + "without reuse denoising would take about \(short(without)) s"
    }

    private func short(_ seconds: Double) -> String {
        let hundredths = Int((seconds * 100).rounded())
        return "\(hundredths / 100).\(hundredths % 100 / 10)\(hundredths % 10)"
    }
}
