import Benchmarks
import CachePlanning
import Models
import Tables

/// All policies as a table: what each chooses, what its defaults cost, what it is told and where it comes from.
struct PolicyList: CustomStringConvertible {
    private static let steps = 50
    private static let example = "DiT-XL/2"
    private static let model = ModelShape(example)?.denoiser.products ?? []

    var description: String {
        let headings = ["policy", "chooses", "cost", "calibrates", "options", "reference", "what it does"]
        var table = TextTable(headings, areText: headings.map { _ in true })
        for name in PolicyName.allCases { table.add(Self.row(name)) }
        return table.text + """


            steps: a reused step takes the residual of all blocks and sends nothing between ranks.
            modules: attention and feed-forward layers of each block apart; every step goes through all ranks.
            dynamic: whole steps, decided by rank 0 for each image; latents go to the head and back at every step.
            cost: block evaluations that the defaults leave of \(Self.steps) steps of \(Self.example) at 256 × 256, by products.
            """
    }

    private static func row(_ name: PolicyName) -> [String] {
        let cost = (try? name.defaultCost(steps: steps, model)) ?? nil
        let share = cost.map {
            "\(fixedPoint(100 * $0.blockEvaluations / $0.blockEvaluationsWithoutReuse, digits: 1)) %"
        }
        let policy = name.description
        let otherwise =
            switch policy.maker {
            case .learned: "as learned"
            case .dynamic: "as the budget"
            case .steps, .modules: "as measured"
            }
        return [
            name.rawValue, name == .none ? "–" : name.kind.rawValue, share ?? otherwise,
            policy.needsCalibration ? "yes" : "no",
            policy.options.isEmpty ? "–" : policy.options.map(\.flags).joined(separator: ", "),
            policy.reference, policy.summary,
        ]
    }
}

extension PolicyOption {
    /// What the command line calls it.
    fileprivate var flags: String { self == .budget ? "--preset, --reuse" : "--\(rawValue)" }
}
