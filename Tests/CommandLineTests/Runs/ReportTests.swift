import Foundation
import Testing

extension CommandLineSuite {
    @Suite struct ReportTests {
        let place: Workplace
        let model: TinyModel

        init() throws {
            place = try Workplace()
            model = try TinyModel(in: place)
        }

        /// Two images, two branches, three ranks: computed steps × (R−1) × branches × B × N × D × 4 bytes.
        @Test func countsActivationsAsTheFormulaDoes() async throws {
            let report = try await report(ranks: 3, "--preset", "slow", "--reuse-of", "residual")
            let computed = report.plan.mask.count { $0 }
            #expect(computed < 8)
            #expect(report.totals.activationBytes == computed * 2 * 2 * 2 * 16 * 8 * 4)
            #expect(report.totals.computedSteps == computed && report.totals.reusedSteps == 8 - computed)
            for step in report.steps {
                let isComputed = report.plan.mask[step.index]
                #expect(step.kind == (isComputed ? "computed" : "reused"))
                #expect(
                    step.activationBytes == (isComputed ? 2 * 2 * 2 * 16 * 8 * 4 : 0), "step \(step.index)")
                #expect((step.activationMessages > 0) == isComputed)
            }
            #expect(report.totals.activationMessages == report.steps.reduce(0) { $0 + $1.activationMessages })
            #expect(report.stages.map(\.rank) == [0, 1, 2])
            #expect(
                report.stages.map(\.blockCount) == [2, 2, 1] && report.stages.map(\.firstBlock) == [0, 2, 4])
        }

        @Test func aLoneRankMovesNothing() async throws {
            let report = try await report(ranks: 1, "--policy", "none")
            #expect(report.totals.activationBytes == 0 && report.totals.activationMessages == 0)
            #expect(report.steps.count == 8 && report.totals.computedSteps == 8)
        }

        @Test(arguments: [1, 3])
        func hasTheKeysOfTheFormat(ranks: Int) async throws {
            _ = try await report(ranks: ranks, "--policy", "uniform")
            let json = try JSONSerialization.jsonObject(with: Data(try place.bytes("run.json")))
            #expect(
                keys(json) == [
                    "formatVersion", "command", "runHash", "model", "ranks", "stages", "plan", "steps",
                    "totals",
                    "engine", "seeds",
                ])
            let report = json as? [String: Any] ?? [:]
            #expect(report["formatVersion"] as? Int == 1)
            #expect(report["ranks"] as? Int == ranks)
            #expect(report["seeds"] as? [Int] == [0, 1])
            #expect(keys(report["model"]) == ["path", "kind", "parameters", "blocks", "width", "tokens"])
            #expect(keys(report["plan"]) == ["policy", "hash", "mask"])
            #expect(keys(report["engine"]) == ["name", "precision", "threads", "kernels"])
            #expect(
                keys((report["stages"] as? [Any])?.first) == [
                    "rank", "host", "firstBlock", "blockCount", "weightBytes", "receivedWeightBytes",
                    "peakResidentBytes",
                    "computeSeconds",
                    "waitSeconds",
                ])
            #expect(
                keys((report["steps"] as? [Any])?.first) == [
                    "index", "timestep", "kind", "blockEvaluations", "computedImages", "seconds",
                    "activationBytes",
                    "activationMessages",
                ])
            #expect(
                keys(report["totals"]) == [
                    "images", "wallSeconds", "loadSeconds", "denoiseSeconds", "decodeSeconds", "decodeTiles",
                    "computedSteps",
                    "partialSteps", "reusedSteps", "blockEvaluations", "activationBytes",
                    "activationMessages", "wire", "controlBytes",
                ])
        }

        @Test func timesAreOfThisRun() async throws {
            let start = ContinuousClock.now
            let report = try await report(ranks: 3, "--policy", "none")
            let passed = (ContinuousClock.now - start) / .seconds(1)
            #expect(report.totals.wallSeconds > 0 && report.totals.wallSeconds < passed)
            #expect(
                report.totals.denoiseSeconds > 0 && report.totals.denoiseSeconds <= report.totals.wallSeconds)
            #expect(report.stages.allSatisfy { $0.computeSeconds > 0 && $0.peakResidentBytes > 1 << 20 })
        }

        @Test(arguments: [1, 3])
        func traceHasAProcessForEachRank(ranks: Int) async throws {
            let outcome = try await place.omnicache(
                ["--model", model.path, "--class", "hen", "--steps", "2", "--trace", "trace.json"],
                ranks: ranks)
            #expect(outcome.status == 0, "\(outcome.errors)")
            let trace = try JSONDecoder().decode(TraceFields.self, from: Data(try place.bytes("trace.json")))
            let names = trace.traceEvents.filter { $0.ph == "M" && $0.name == "process_name" }
            #expect(names.map(\.pid).sorted() == Array(1...ranks))
            for rank in 0..<ranks {
                let spans = trace.traceEvents.filter { $0.ph == "X" && $0.pid == rank + 1 }
                #expect(spans.contains { $0.cat == "compute" }, "rank \(rank)")
                #expect(spans.allSatisfy { ($0.ts ?? -1) >= 0 && ($0.dur ?? -1) >= 0 })
            }
        }

        private func report(ranks: Int, _ arguments: String...) async throws -> ReportFields {
            let outcome = try await place.omnicache(
                [
                    "--model", model.path, "--class", "hen", "tench", "--steps", "8", "--run-report",
                    "run.json",
                ]
                    + arguments, ranks: ranks)
            #expect(outcome.status == 0, "\(outcome.errors)")
            return try JSONDecoder().decode(ReportFields.self, from: Data(try place.bytes("run.json")))
        }

        private func keys(_ object: Any?) -> Set<String> { Set((object as? [String: Any] ?? [:]).keys) }
    }
}

/// The part of a run report that tests look at.
struct ReportFields: Decodable {
    struct Plan: Decodable {
        var mask: [Bool]
        var decisions: [[Bool]]?
    }
    struct Stage: Decodable {
        var rank: Int
        var firstBlock: Int
        var blockCount: Int
        var computeSeconds: Double
        var peakResidentBytes: Int
    }
    struct Step: Decodable {
        var index: Int
        var kind: String
        var computedImages: Int
        var activationBytes: Int
        var activationMessages: Int
    }
    struct Totals: Decodable {
        var images: Int
        var wallSeconds: Double
        var denoiseSeconds: Double
        var computedSteps: Int
        var reusedSteps: Int
        var activationBytes: Int
        var activationMessages: Int
    }
    var plan: Plan
    var firstStep: Int?
    var stages: [Stage]
    var steps: [Step]
    var totals: Totals
}

private struct TraceFields: Decodable {
    struct Event: Decodable {
        var name: String
        var ph: String
        var pid: Int
        var cat: String?
        var ts: Double?
        var dur: Double?
    }
    var traceEvents: [Event]
}
