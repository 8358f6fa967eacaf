import Engines
import FoundationEssentials
import Tables

extension RunReport {
    /// Reads what ``json(_:)`` wrote.
    /// - Throws: `DecodingError` for anything else, and for another version of the format.
    public static func parts(json: [UInt8]) throws -> [RunReport] {
        let isArray = json.first { $0 > UInt8(ascii: " ") } == UInt8(ascii: "[")
        let data = Data(json)
        let parts =
            isArray
            ? try JSONDecoder().decode([RunReport].self, from: data)
            : [try JSONDecoder().decode(RunReport.self, from: data)]
        for part in parts {
            guard part.formatVersion == 1 else {
                throw refusal("formatVersion is \(part.formatVersion), not 1")
            }
            // Beyond these nothing was measured, and numbers of the tables would not fit.
            if let count = part.counts.first(where: { !(0...1 << 50).contains($0) }) {
                throw refusal("it counts \(count), not 0 … 2^50")
            }
            if let time = part.seconds.first(where: { !(0...1e9).contains($0) }) {
                throw refusal("it has a time of \(time) s, not 0 … 10^9")
            }
        }
        return parts
    }

    /// Every number of things that the tables show.
    private var counts: [Int] {
        stages.flatMap {
            [
                $0.rank, $0.firstBlock, $0.blockCount, $0.weightBytes, $0.receivedWeightBytes,
                $0.peakResidentBytes,
            ]
        } + [
            ranks, engine.threads, totals.images, totals.decodeTiles ?? 1, totals.computedSteps,
            totals.partialSteps,
            totals.reusedSteps, totals.activationBytes, totals.activationMessages, totals.controlBytes,
        ]
    }

    /// Every time that they show.
    private var seconds: [Double] {
        stages.flatMap { [$0.computeSeconds, $0.waitSeconds] } + steps.map(\.seconds)
            + [totals.wallSeconds, totals.loadSeconds, totals.denoiseSeconds, totals.decodeSeconds]
    }

    private static func refusal(_ reason: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: [], debugDescription: reason))
    }

    /// The share of the ranks' denoising time that no step's work fills: waiting for messages, for an image, and
    /// what comes before the blocks.
    public var bubble: Double {
        let whole = totals.denoiseSeconds * Double(ranks)
        return whole > 0 ? max(0, 1 - steps.reduce(0) { $0 + $1.seconds } / whole) : 0
    }

    /// The stages as a table: rank, blocks, memory, compute and waiting.
    public var stageTable: String {
        var table = TextTable([
            "rank", "blocks", "weights, MB", "peak, MB", "compute, s", "wait, s", "wait, %",
        ])
        for stage in stages {
            let last = stage.firstBlock + stage.blockCount - 1
            let share = totals.wallSeconds > 0 ? 100 * stage.waitSeconds / totals.wallSeconds : 0
            table.add([
                "\(stage.rank) on \(stage.host)", "\(stage.firstBlock)–\(last)",
                fixedPoint(Double(stage.weightBytes) / 1e6, digits: 1),
                fixedPoint(Double(stage.peakResidentBytes) / 1e6, digits: 1),
                fixedPoint(stage.computeSeconds, digits: 3), fixedPoint(stage.waitSeconds, digits: 3),
                fixedPoint(share, digits: 1),
            ])
        }
        return table.text
    }

    /// Runs side by side, a column for each; with two, also the second over the first.
    public static func comparison(_ runs: [(name: String, report: RunReport)]) -> String {
        let ratio = runs.count == 2 ? ["ratio"] : []
        var table = TextTable([""] + runs.map(\.name) + ratio)
        for text in texts {
            table.add([text.title] + runs.map { text.value($0.report) } + ratio.map { _ in "" })
        }
        for number in numbers {
            let values = runs.map { number.value($0.report) }
            let quotient = ratio.map { _ in
                values[0] == 0 ? "–" : fixedPoint(values[1] / values[0], digits: 3)
            }
            table.add([number.title] + values.map { fixedPoint($0, digits: number.digits) } + quotient)
        }
        return table.text
    }

    private static var texts: [(title: String, value: (RunReport) -> String)] {
        [
            ("model", { $0.model.path }), ("policy", { $0.plan.policy }),
            ("engine", { "\($0.engine.name) \($0.engine.precision.rawValue)" }),
        ]
    }

    private static var numbers: [(title: String, digits: Int, value: (RunReport) -> Double)] {
        [
            ("ranks", 0, { Double($0.ranks) }), ("threads of a rank", 0, { Double($0.engine.threads) }),
            ("images", 0, { Double($0.totals.images) }),
            ("computed steps", 0, { Double($0.totals.computedSteps) }),
            ("partial steps", 0, { Double($0.totals.partialSteps) }),
            ("reused steps", 0, { Double($0.totals.reusedSteps) }),
            ("wall, s", 3, { $0.totals.wallSeconds }), ("load, s", 3, { $0.totals.loadSeconds }),
            ("denoise, s", 3, { $0.totals.denoiseSeconds }),
            ("denoise of an image, s", 3, { $0.totals.denoiseSeconds / Double(max(1, $0.totals.images)) }),
            ("decode, s", 3, { $0.totals.decodeSeconds }),
            ("tiles of a picture", 0, { Double($0.totals.decodeTiles ?? 1) }),
            (
                "wait of a rank, s", 3,
                { report in
                    report.stages.reduce(0) { $0 + $1.waitSeconds } / Double(max(1, report.ranks))
                }
            ),
            ("bubble, %", 1, { 100 * $0.bubble }),
            ("activations, MB", 3, { Double($0.totals.activationBytes) / 1e6 }),
            ("messages of them", 0, { Double($0.totals.activationMessages) }),
            ("other bytes, MB", 3, { Double($0.totals.controlBytes) / 1e6 }),
        ]
    }
}
