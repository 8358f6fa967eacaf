import Foundation
import Testing

extension CommandLineSuite {
    /// The tables of comparisons.
    @Suite struct EvaluateTableTests: EvaluationSuite {
        let evaluation: EvaluationPlace

        init() throws { evaluation = try EvaluationPlace() }

        @Test func ranksChangeNoNumber() async throws {
            var found: [[UInt8]] = []
            for ranks in 1...3 {
                for folder in [place.cache, place.path("out")] {
                    try? FileManager.default.removeItem(atPath: folder)
                }
                let outcome = try await evaluate(few, ranks: ranks)
                #expect(outcome.status == 0, "\(outcome.errors)")
                found.append(try numbers())
            }
            #expect(found[1] == found[0])
            #expect(found[2] == found[0])
        }

        @Test func everyPolicyStandsBesidePlainSamplingOfEqualCost() async throws {
            let outcome = try await evaluate()
            #expect(outcome.status == 0, "\(outcome.errors)")
            let all = try entries()
            let names = all.compactMap { $0["name"] as? String }
            #expect(names.prefix(2) == ["uncached", "converged"] && Set(names).count == names.count)
            let policies = [
                "planned", "omnicache", "uniform", "late", "similarity", "magcache", "fora", "taylorseer",
                "goc",
                "smoothcache", "deltadit", "teacache", "fbcache", "easycache",
            ]
            for policy in policies {
                for budget in ["25 %", "50 %"] { #expect(names.contains("\(policy) \(budget)")) }
            }
            for entry in all { try expectItsCost(entry) }
            try expectBothReferences(all)
            try expectPairedDifferences(all)
            // One spacing of each plain sampler for each reference, at every cost that a policy has.
            for steps in [4.0, 6] {
                for sampler in ["ddim", "dpmsolver++"] {
                    let chosen = all.filter { entry in
                        cost(entry, "equalSteps") == steps
                            && (entry["name"] as? String ?? "").hasPrefix(sampler + ", ")
                    }.compactMap { $0["chosenFor"] as? [String] }
                    #expect(
                        chosen.flatMap { $0 }.sorted() == ["converged", "uncached"], "\(sampler) \(steps)")
                }
            }
            // What has nothing to choose costs no calibration; everything else says what it cost.
            for entry in all.dropFirst(2) {
                let images = try #require(entry["calibrationImages"] as? Double)
                let policy = entry["policy"] as? String ?? ""
                #expect((images == 0) == ["uniform", "late", "fora"].contains(policy), "\(entry)")
            }
            // The table on standard output, and the files.
            #expect(outcome.output.hasPrefix("3 images, 8 steps of ddim, guidance 4.0: \(model.path)\n"))
            #expect(outcome.output.contains("from which 400 steps of it are "))
            for name in names {
                #expect(outcome.output.contains("\n" + name), "\(name) in \(outcome.output)")
            }
            let page = String(decoding: try place.bytes("out/table.md"), as: UTF8.self)
            #expect(page.components(separatedBy: "\n| ").count == all.count + 3)
            let summary = String(decoding: try place.bytes("out/summary.md"), as: UTF8.self)
            // Heading and rule, two references, and at each budget seven policies and two plain samplers.
            let summaryLines: [Substring] = summary.split(separator: "\n")
            #expect(summaryLines.count == 22)
            let rows = String(decoding: try place.bytes("out/table.csv"), as: UTF8.self)
                .components(separatedBy: "\r\n")
            #expect(rows.count == all.count + 2)
            #expect(rows.first?.hasPrefix("name,policy,sampler,") == true)
            #expect(rows.contains { $0.hasPrefix("\"ddim, 6 steps") })
            #expect(String(decoding: try place.bytes("out/plot.svg"), as: UTF8.self).hasPrefix("<svg"))
            #expect(try Picture(place.bytes("out/sheet.png")).height > 14 * 16)
        }

        private func cost(_ entry: [String: Any], _ part: String) -> Double? {
            (entry["cost"] as? [String: Double])?[part]
        }

        /// 5 blocks, 2 branches; 16 tokens of width 8; 2·16·12·8² + 4·16²·8 + 12·8² operations a block.
        private func expectItsCost(_ entry: [String: Any]) throws {
            let name = try #require(entry["name"] as? String)
            let steps = try #require(cost(entry, "computedSteps"))
            let evaluations = try #require(cost(entry, "blockEvaluations"))
            let policy = name.split(separator: " ").first.map(String.init) ?? ""
            #expect(cost(entry, "flops")?.rounded() == (evaluations * 33536).rounded())
            #expect(abs((cost(entry, "equalSteps") ?? 0) - evaluations / 10) < 1e-9)
            switch policy {
            case "teacache", "fbcache", "easycache":
                #expect((1...8).contains(steps))
                #expect(evaluations == steps * 10 + (policy == "fbcache" ? 8 - steps : 0) * 2)
            case "smoothcache", "fora", "taylorseer", "goc", "deltadit":
                // A step that goes through all ranks moves 2 branches of 16 tokens of 8 numbers.
                #expect(cost(entry, "bytesMoved") == Double(8 * 2 * 16 * 8 * 4))
            default:
                #expect(evaluations == steps * 10)
                // Sums of modules travel with the hidden state.
                let bytes = try #require(cost(entry, "bytesMoved"))
                let ofOneState = steps * 2 * 16 * 8 * 4
                let hasSums = ["planned", "omnicache"].contains(policy)
                #expect(hasSums ? bytes > ofOneState : bytes == ofOneState, "\(name)")
                let asked = name.split(separator: " ").compactMap { Double($0) }.first ?? 0
                switch policy {
                case "uncached": #expect(steps == 8)
                case "converged": #expect(steps == 200)
                case "ddim,", "dpmsolver++,": #expect(steps == asked)
                default: #expect(steps == 8 - asked * 8 / 100)
                }
            }
        }

        /// Every row is measured against both references, and these against each other.
        private func expectBothReferences(_ entries: [[String: Any]]) throws {
            for entry in entries {
                let name = entry["name"] as? String
                #expect((entry["toUncached"] == nil) == (name == "uncached"))
                #expect((entry["toConverged"] == nil) == (name == "converged"))
                for part in ["classAccuracy", "frechetDistance"] {
                    #expect((entry[part] != nil) == (name != "converged"), "\(part) of \(entry)")
                }
                for reference in ["toUncached", "toConverged"] {
                    guard let closeness = entry[reference] as? [String: Any] else { continue }
                    for measure in ["psnr", "ssimLuma"] {
                        let mean = try #require((closeness[measure] as? [String: Double])?["mean"])
                        let tail = try #require(closeness[measure + "Tail"] as? [String: Double])
                        let (worst, low) = (tail["worst"] ?? .nan, tail["fifthPercentile"] ?? .nan)
                        #expect(worst <= low && low <= mean)
                    }
                }
            }
            func psnr(_ place: Int, _ reference: String) -> Double? {
                let closeness = entries[place][reference] as? [String: Any]
                return (closeness?["psnr"] as? [String: Double])?["mean"]
            }
            let distance = try #require(psnr(0, "toConverged"))
            #expect(abs(distance - (psnr(1, "toUncached") ?? 0)) < 1e-9)
        }

        /// A mean of differences is the difference of the means, to planned of the whole number of steps below a cost,
        /// and to plain sampling of as many.
        private func expectPairedDifferences(_ entries: [[String: Any]]) throws {
            func mean(_ entry: [String: Any], _ reference: String, _ measure: String) -> Double? {
                let estimate = (entry[reference] as? [String: Any])?[measure] as? [String: Double]
                return estimate?["mean"]
            }
            var found = 0
            for entry in entries.dropFirst(2) {
                let name = entry["name"] as? String ?? ""
                let isDynamic = ["teacache", "fbcache", "easycache"].contains(entry["policy"] as? String)
                for reference in ["toUncached", "toConverged"] {
                    for other in ["toPlanned", "toPlain"] {
                        let difference = (entry[reference] as? [String: Any])?[other] as? [String: Any]
                        guard let difference else {
                            // It is what others are compared with.
                            let isFirst =
                                other == "toPlanned" ? name.hasPrefix("planned") : name.hasPrefix("d")
                            // The rules allow no planned one of fewer than four steps.
                            let isBelow =
                                other == "toPlanned" && (isDynamic || cost(entry, "equalSteps") ?? 0 < 3.9)
                            #expect(isFirst || isBelow, "\(name): \(other) of \(reference)")
                            continue
                        }
                        let rival = try #require(
                            entries.first { $0["name"] as? String == difference["other"] as? String })
                        let (own, others) = (cost(entry, "equalSteps") ?? 0, cost(rival, "equalSteps") ?? 0)
                        #expect(
                            others == others.rounded() && (isDynamic || (-0.05..<1).contains(own - others)))
                        for measure in ["psnr", "ssimLuma", "ssimRGB", "latentError"] {
                            let found = try #require((difference[measure] as? [String: Double])?["mean"])
                            let own = try #require(mean(entry, reference, measure))
                            let others = try #require(mean(rival, reference, measure))
                            #expect(abs(found - (own - others)) < 1e-9, "\(name): \(measure)")
                        }
                        found += 1
                    }
                }
            }
            #expect(found >= 2 * 2 * 2 * 8)
        }

        /// Plans of a file stand among those of equal cost, and draw what their policy draws.
        @Test func givenPlansAreCompared() async throws {
            for (name, policy) in [("half.json", "uniform"), ("modules.json", "fora")] {
                let reuse = policy == "uniform" ? ["--reuse", "0.5"] : ["--interval", "3"]
                let made = try await place.omnicache(
                    ["plan", "--model", model.path, "--steps", "8", "--policy", policy, "--output", name]
                        + reuse)
                #expect(made.status == 0, "\(made.errors)")
            }
            let outcome = try await evaluate(
                ["--policy", "uniform", "fora", "--with-plan", "half.json", "modules.json"], ranks: 2)
            #expect(outcome.status == 0, "\(outcome.errors)")
            let entries = try entries()
            let names = entries.compactMap { $0["name"] as? String }
            let equal = ["uniform 50 %", "fora 50 %", "half", "modules"]
            #expect(Array(names.drop { $0 != "uniform 50 %" }.prefix(4)) == equal)
            for (made, given) in [("uniform 50 %", "half"), ("fora 50 %", "modules")] {
                let pair = try [made, given].map { name in
                    try #require(entries.first { $0["name"] as? String == name })
                }
                #expect(pair[0]["policy"] as? String == pair[1]["policy"] as? String)
                #expect(pair[0]["frechetDistance"] as? Double == pair[1]["frechetDistance"] as? Double)
                for measure in ["psnr", "psnrTail", "ssimLuma", "ssimRGB", "latentError"] {
                    let found = try pair.map { entry in
                        let closeness = try #require(entry["toUncached"] as? [String: Any])
                        return try #require(closeness[measure] as? [String: Double])
                    }
                    #expect(found[0] == found[1], "\(given): \(measure)")
                }
            }
        }

        /// All parts of omnicache in one table, at equal cost.
        @Test func takesOmnicacheApart() async throws {
            let outcome = try await place.omnicache([
                "evaluate", "--model", model.path, "--steps", "12", "--budget", "0.5", "--images", "3",
                "--images-for-statistics", "0", "--output", "out/", "--ablation",
            ])
            #expect(outcome.status == 0, "\(outcome.errors)")
            let entries = try entries()
            let names = [
                "planned:correction=none", "planned:filter=off", "planned:filter=on", "planned",
                "planned:reuse-of=residual",
                "omnicache:correction=none", "omnicache:filter=off", "omnicache",
                "omnicache:reuse-of=residual",
                "uniform", "uniform:reuse-of=modules", "uniform:correction=auto:reuse-of=modules",
                "late", "late:reuse-of=modules", "late:correction=auto:reuse-of=modules",
                "similarity", "similarity:reuse-of=modules", "similarity:correction=auto:reuse-of=modules",
            ]
            #expect(
                entries.filter { $0["policy"] as? String != "none" }.compactMap { $0["name"] as? String }
                    == names.map { $0 + " 50 %" })
            // All but the references are compared with planned as it is.
            for entry in entries.dropFirst(2) {
                let closeness = entry["toUncached"] as? [String: Any]
                let isCompared = entry["name"] as? String != "planned 50 %"
                #expect((closeness?["toPlanned"] != nil) == isCompared, "\(entry)")
            }
            let page = String(decoding: try place.bytes("out/table.md"), as: UTF8.self)
            for name in names { #expect(page.contains("\n| \(name) 50 % "), "\(name)") }
        }

        @Test func judgesNothingWithoutAClassifier() async throws {
            for file in ["classifier.safetensors", "classifier-statistics.safetensors"] {
                try? FileManager.default.removeItem(at: model.url(file))
            }
            let outcome = try await evaluate(["--policy", "planned"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.errorCount(of: " 0 judged") == 1)
            #expect(try entries().allSatisfy { $0["classAccuracy"] == nil })
        }
    }
}
