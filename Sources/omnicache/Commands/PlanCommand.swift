import ArgumentParser
import CachePlanning
import Checkpoints
import Foundation
import RunTrace
import Sampling
import Transport

/// `omnicache plan`.
struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Calibrate a model and write which steps to compute and how to correct the others.",
        discussion: """
            Examples:
              omnicache plan --preset fast --output fast.json
              mpirun -np 4 omnicache plan --model DIR --steps 20 --output p.json
              omnicache sample --model DIR --class 207 --plan p.json
              omnicache plan --list
            """)

    @OptionGroup(title: "Sampling") var trajectory: TrajectoryOptions
    @OptionGroup(title: "Reuse") var reuse: ReuseOptions
    @OptionGroup(title: "Model and engine") var model: ModelOptions
    @OptionGroup(title: "Model and engine") var sharing: PartitionOptions
    @OptionGroup(title: "Model and engine") var waiting: PatienceOptions

    @Option(help: "Trajectories to calibrate with.")
    var trajectories = Calibration.trajectoriesToPlan

    @Option(help: "Where the plan is written.")
    var output = "plan.json"

    @Flag(help: "List all policies, with kind, cost and reference, and make no plan.")
    var list = false

    func validate() throws {
        if trajectories < 1 || trajectories > 1000 {
            throw ValidationError("--trajectories \(trajectories): expected 1 to 1000.")
        }
    }

    func run() throws {
        RankSession.run(patience: waiting.patience) { session in
            if list {
                if session.isFirst { print(PolicyList()) }
            } else {
                try perform(session)
            }
        }
    }

    private func perform(_ session: RankSession) throws {
        let communicator = session.communicator
        try communicator.agreeOnErrors {
            if session.isFirst { try WholeFile.check(output) }
        }
        let trace = TraceRecorder(rank: communicator.rank, hostName: communicator.hostName, stepCount: 0)
        let opened = try OpenedModel(self.model, communicator, partition: sharing.partition)
        let settings = try communicator.decide { try TrajectorySettings(trajectory, reuse, opened) }
        let model = try RankModel(opened, self.model, decodes: false, session: session, trace: trace)
        let resolution = PlanResolution(
            model: model, session: session, scheduler: settings.scheduler, policy: settings.policy,
            rules: settings.rules, score: settings.score, reuseOf: settings.reuseOf,
            correction: settings.correction,
            modules: settings.modules,
            subject: settings.subject(modelHash: model.contentHash))
        let plan =
            resolution.needsCalibration
            ? try resolution.calibrated(trajectories: trajectories) : try resolution.resolve(file: nil)
        try communicator.agreeOnErrors {
            guard session.isFirst else { return }
            try WholeFile.write(try plan.json(), to: output)
            session.say("\(PlanDrawing(plan: plan))")
            print(output)
        }
    }
}
