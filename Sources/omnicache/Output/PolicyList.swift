import Benchmarks
import CachePlanning
import Models

/// All policies as a table: what each chooses, what its defaults cost, what it is told and where it comes from.
struct PolicyList: CustomStringConvertible {
    private static let steps = 50
    private static let example = "DiT-XL/2"
    private static let model = ModelShape(example)?.denoiser.products ?? []

    var description: String {
        let header = ["policy", "chooses", "cost", "calibrates", "options", "reference", "what it does"]
        let rows = [header] + PolicyName.allCases.map(Self.row)
        let widths = header.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            return String(cells.joined(separator: "  ").trimmingEnd())
        }
        return lines.joined(separator: "\n") + """


            steps: a reused step takes the residual of all blocks and sends nothing between ranks.
            modules: attention and feed-forward layers of each block apart; every step goes through all ranks.
            dynamic: whole steps, decided by rank 0 for each image; latents go to the head and back at every step.
            cost: block evaluations that the defaults leave of \(Self.steps) steps of \(Self.example) at 256 × 256, by products.
            """
    }

    private static func row(_ name: PolicyName) -> [String] {
        let cost = (try? name.defaultCost(steps: steps, model)) ?? nil
        let share = cost.map {
            "\(decimal(100 * $0.blockEvaluations / $0.blockEvaluationsWithoutReuse, 1)) %"
        }
        let otherwise =
            name == .l2c ? "as learned" : name.kind == .dynamic ? "as the budget" : "as measured"
        return [
            name.rawValue, name == .none ? "–" : name.kind.rawValue, share ?? otherwise,
            name.needsCalibration ? "yes" : "no", name.options, name.reference, name.summary,
        ]
    }
}

extension String {
    fileprivate func trimmingEnd() -> Substring {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return text
    }
}
