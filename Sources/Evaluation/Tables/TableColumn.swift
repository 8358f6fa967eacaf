import Tables

/// A column of the table as text, for a terminal or a page.
struct TableColumn {
    let title: String
    let unit: String
    var isText = false
    /// Whether only a terminal with room for it shows it, and no page.
    var isDetail = false
    /// An entry's value; nil if it was not measured.
    let cell: (EvaluationEntry) -> String?

    /// Title and unit in a line.
    var fullTitle: String { unit.isEmpty ? title : "\(title), \(unit)" }

    /// What was measured of some entries, the columns that matter most first.
    static func measured(_ entries: [EvaluationEntry]) -> [TableColumn] {
        all.filter { column in entries.contains { column.cell($0) != nil } }
    }

    private static var all: [TableColumn] {
        [
            TableColumn(title: "policy", unit: "", isText: true) { $0.name },
            TableColumn(title: "sampler", unit: "", isText: true) { $0.sampler },
            TableColumn(title: "cost", unit: "steps") { fixedPoint($0.cost.equalSteps, digits: 2) },
            TableColumn(title: "PSNR to uncached", unit: "dB") {
                $0.toUncached.map { fixedPoint($0.psnr, digits: 2) }
            },
            TableColumn(title: "worst, 5 %", unit: "dB") {
                $0.toUncached.map { fixedPoint($0.psnrTail, digits: 1) }
            },
            TableColumn(title: "Δ planned", unit: "dB") {
                $0.toUncached?.toPlanned.map { fixedPoint($0.psnr, digits: 2) }
            },
            TableColumn(title: "Δ plain", unit: "dB") {
                $0.toUncached?.toPlain.map { fixedPoint($0.psnr, digits: 2) }
            },
            TableColumn(title: "PSNR to converged", unit: "dB") {
                $0.toConverged.map { fixedPoint($0.psnr, digits: 2) }
            },
            TableColumn(title: "worst, 5 %", unit: "dB") {
                $0.toConverged.map { fixedPoint($0.psnrTail, digits: 1) }
            },
            TableColumn(title: "Δ planned", unit: "dB") {
                $0.toConverged?.toPlanned.map { fixedPoint($0.psnr, digits: 2) }
            },
            TableColumn(title: "Δ plain", unit: "dB") {
                $0.toConverged?.toPlain.map { fixedPoint($0.psnr, digits: 2) }
            },
            TableColumn(title: "SSIM", unit: "luma") {
                $0.toUncached.map { fixedPoint($0.ssimLuma, digits: 4) }
            },
            TableColumn(title: "worst, 5 %", unit: "SSIM") {
                $0.toUncached.map { fixedPoint($0.ssimLumaTail, digits: 3) }
            },
            TableColumn(title: "calibration", unit: "images") {
                $0.calibrationImages.map { fixedPoint($0, digits: 0) }
            },
            TableColumn(title: "time", unit: "s") { fixedPoint($0.cost.seconds, digits: 2) },
            TableColumn(title: "accuracy", unit: "%") {
                $0.classAccuracy.map { fixedPoint($0, digits: 1, scale: 100) }
            },
            TableColumn(title: "Fréchet", unit: "distance") {
                $0.frechetDistance.map { fixedPoint($0, digits: 3) }
            },
            TableColumn(title: "latents", unit: "rel. L2", isDetail: true) {
                $0.toUncached.map { fixedPoint($0.latentError.mean, digits: 4) }
            },
            TableColumn(title: "Δ planned", unit: "SSIM luma", isDetail: true) {
                $0.toUncached?.toPlanned.map { fixedPoint($0.ssimLuma, digits: 4) }
            },
            TableColumn(title: "Δ planned", unit: "SSIM RGB", isDetail: true) {
                $0.toUncached?.toPlanned.map { fixedPoint($0.ssimRGB, digits: 4) }
            },
            TableColumn(title: "Δ planned", unit: "latents", isDetail: true) {
                $0.toUncached?.toPlanned.map { fixedPoint($0.latentError, digits: 4) }
            },
            TableColumn(title: "computed", unit: "steps", isDetail: true) {
                fixedPoint($0.cost.computedSteps, digits: 1)
            },
            TableColumn(title: "blocks", unit: "evaluated", isDetail: true) {
                fixedPoint($0.cost.blockEvaluations, digits: 0)
            },
            TableColumn(title: "products", unit: "GFLOP", isDetail: true) {
                fixedPoint($0.cost.flops / 1e9, digits: 1)
            },
            TableColumn(title: "moved", unit: "MB/rank", isDetail: true) {
                fixedPoint($0.cost.bytesMoved / 1e6, digits: 2)
            },
        ]
    }
}
