import ArgumentParser
import CachePlanning
import Checkpoints
import Files
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

    @OptionGroup(title: "Reuse") var calibration: CalibrationOptions

    @Option(
        help:
            "Trajectories to calibrate with. Default: 8, what sample takes too, or 2 with --quick-calibration."
    )
    var trajectories: Int?

    @Option(help: "Where the plan is written.")
    var output = "plan.json"

    @Flag(help: "List all policies, with kind, cost and reference, and make no plan.")
    var list = false

    func validate() throws {
        if let trajectories, trajectories < 1 || trajectories > 1000 {
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
        if let note = settings.sampler.guidanceNote(opened) { session.say("omnicache: \(note)") }
        let model = try RankModel(opened, self.model, decodes: false, session: session, trace: trace)
        var effort = calibration.effort
        if let trajectories { effort.trajectories = trajectories }
        let resolution = PlanResolution(model: model, session: session, settings: settings, effort: effort)
        let made =
            resolution.needsCalibration
            ? try resolution.calibrated() : MadePlan(plan: try resolution.resolve(file: nil))
        try communicator.agreeOnErrors {
            guard session.isFirst else { return }
            try WholeFile.write(try made.plan.json(), to: output)
            session.say("\(PlanDrawing(plan: made.plan))")
            if let standing = made.standing { session.say("omnicache: \(standing)") }
            if made.comparison?.isBehind ?? false {
                session.say(
                    "omnicache: warning: this plan is behind plain steps of equal cost: by itself, sample would reuse "
                        + "less")
            }
            print(output)
        }
    }
}
