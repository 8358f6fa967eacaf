import FoundationEssentials
import Testing

@testable import Benchmarks

@Suite(.serialized) struct ScalingReportTests {
    private let report = ScalingReport(
        title: "a < b", notes: ["link 0–1"],
        rows: [
            row(ranks: 1, seconds: [8, 9, 10], predicted: 9),
            row(ranks: 2, seconds: [4.5, 4, 6], predicted: 4.8),
            row(ranks: 4, seconds: nil, predicted: 3),
        ],
        verdicts: ["2 ranks: limited by compute of stage 0; another host would not help."])

    @Test func speedUpIsOverOneRankOfTheKind() {
        #expect(report.speedUp(report.rows[1]) == 2)
        #expect(report.speedUp(report.rows[2]) == 3)
        var weak = report.rows[1]
        weak.mode = .weak
        #expect(report.speedUp(weak) == nil)
    }

    @Test func errorIsOfThePrediction() throws {
        #expect(abs(try #require(report.rows[1].error) - (4.8 / 4.5 - 1)) < 1e-12)
        #expect(report.rows[2].error == nil)
    }

    @Test func theTableShowsMeasuredBesidePredicted() {
        let lines = report.text().split(separator: "\n").map(String.init)
        #expect(lines[0] == "a < b")
        #expect(lines[1] == "link 0–1")
        #expect(lines[2] == "strong scaling (the same images), 10 of 20 steps computed")
        #expect(lines[3].hasPrefix("ranks  images  s/image"))
        #expect(lines[3].hasSuffix("predicted     off"))
        let cells = lines[6].split(separator: " ").map(String.init)
        #expect(cells.prefix(3) == ["2", "3", "1.500"])
        #expect(cells.suffix(3) == ["1.600", "+6.7", "%"])
        #expect(lines.last == report.verdicts[0])
        #expect(Set(lines[3...7].map(\.count)).count == 1, "columns are aligned")
    }

    @Test func jsonIsReadBack() throws {
        let bytes = try report.json()
        #expect(try JSONDecoder().decode(ScalingReport.self, from: Data(bytes)) == report)
        #expect(String(decoding: bytes, as: UTF8.self).contains("\"formatVersion\" : 1"))
    }

    @Test func thePlotHasALineForEachKind() {
        let svg = report.svg()
        #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
        #expect(svg.contains("<title>a &lt; b</title>"))
        // One as measured, one as predicted.
        #expect(svg.components(separatedBy: "<polyline").count == 3)
        #expect(svg.components(separatedBy: "strong, 10 of 20 steps, 2 ranks: 2.00 ×").count == 2)
    }

    private static func row(ranks: Int, seconds: [Double]?, predicted: Double) -> ScalingReport.Row {
        ScalingReport.Row(
            mode: .strong, computedSteps: 10, steps: 20, ranks: ranks, images: 3,
            measured: seconds.map {
                ScalingReport.Measured(
                    seconds: Spread($0), denoiseSeconds: Spread($0), bubble: 0.25, waitSeconds: 0.5,
                    activationBytes: 2_000_000)
            },
            predicted: ScalingReport.Predicted(
                RunPrediction(
                    seconds: predicted, denoiseSeconds: predicted, busySeconds: [predicted],
                    activationBytes: 1_000_000)))
    }
}
