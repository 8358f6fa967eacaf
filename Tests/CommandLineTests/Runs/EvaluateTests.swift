import Foundation
import Subprocess
import TestSupport
import Testing

extension CommandLineSuite {
    /// Comparing ways of sampling.
    @Suite struct EvaluateTests: EvaluationSuite {
        let evaluation: EvaluationPlace

        init() throws { evaluation = try EvaluationPlace() }

        /// One of each kind.
        private let few = ["--policy", "planned", "fora", "easycache"]

        private func entries(of table: String = "out/table.json") throws -> [[String: Any]] {
            let json = try JSONSerialization.jsonObject(with: Data(try place.bytes(table)))
            return try #require((json as? [String: Any])?["entries"] as? [[String: Any]])
        }

        /// A table without what is measured by the clock.
        private func numbers(of table: String = "out/table.json") throws -> [UInt8] {
            let timeless = try entries(of: table).map { entry in
                var entry = entry
                var cost = entry["cost"] as? [String: Any]
                #expect(cost?.removeValue(forKey: "seconds") is Double)
                entry["cost"] = cost
                return entry
            }
            return [UInt8](try JSONSerialization.data(withJSONObject: timeless, options: .sortedKeys))
        }

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

        /// The same command again does what is lacking and nothing else.
        @Test func goesOnWhereItEnded() async throws {
            let first = try await evaluate(few)
            #expect(first.status == 0, "\(first.errors)")
            let table = try place.bytes("out/table.json")
            let whole = place.listing("out/state/measures")
            #expect(whole.count > 3)
            // As if it had ended after the pairs and some of the images that are judged.
            for file in whole where (Int(file.dropLast(5)) ?? 0) > 2 {
                try FileManager.default.removeItem(atPath: place.path("out/state/measures/" + file))
            }
            try FileManager.default.removeItem(atPath: place.path("out/table.json"))
            // A name is only a name, and not a number to count on from.
            try place.write("{}", to: "out/state/measures/\(Int.max).json")
            let kept = try place.bytes("out/state/measures/0.json")
            let second = try await evaluate(few, ranks: 2)
            #expect(second.status == 0, "\(second.errors)")
            // Neither is searched again.
            #expect(first.errorCount(of: "looking for the plan of easycache 50 %") == 1)
            #expect(second.errorCount(of: "looking for") == 0)
            #expect(try place.bytes("out/table.json") == table)
            #expect(try place.bytes("out/state/measures/0.json") == kept)
            #expect(Set(place.listing("out/state/measures")) == Set(whole + ["\(Int.max).json"]))
        }

        @Test(arguments: [1, 2])
        func aSecondRunInOneFolderIsRefused(ranks: Int) async throws {
            let lock = try place.lock("out")
            defer { close(lock) }
            let outcome = try await evaluate(few, ranks: ranks)
            expectRefusal(
                outcome, status: 73, saying: ["out/: process 12 on host-3 writes there; wait for it"],
                place: place, leaving: ["out", "out/.omnicache.lock"])
        }

        /// Each picture goes to rank 0 by itself, whichever rank has drawn it.
        @Test func picturesOfAllRanksAreThoseOfOne() async throws {
            var found: [[[UInt8]]] = []
            for ranks in [1, 3] {
                try? FileManager.default.removeItem(atPath: place.path("out"))
                let outcome = try await evaluate(
                    ["--policy", "uniform", "--npz", "arrays-\(ranks)"], ranks: ranks)
                #expect(outcome.status == 0, "\(outcome.errors)")
                let files = place.listing("arrays-\(ranks)")
                #expect(files.count > 8)
                found.append(try files.map { try place.bytes("arrays-\(ranks)/" + $0) })
            }
            #expect(found[0] == found[1])
        }

        @Test func endedByASignalItGoesOn() async throws {
            let interrupted = try await place.omnicache(
                evaluation.arguments + few,
                interruption: Interruption(signal: .terminate, after: "ways of sampling"))
            #expect(interrupted.status == 143, "\(interrupted.errors)")
            let second = try await evaluate(few)
            #expect(second.status == 0, "\(second.errors)")
            let resumed = try numbers()
            try FileManager.default.removeItem(atPath: place.path("out"))
            #expect(try await evaluate(few).status == 0)
            #expect(try numbers() == resumed)
        }

        @Test func writesPicturesForOtherTools() async throws {
            let outcome = try await evaluate([
                "--policy", "uniform", "--images-dir", "pictures", "--npz", "arrays/",
            ])
            #expect(outcome.status == 0, "\(outcome.errors)")
            let ways = [
                "converged", "ddim-4", "ddim-6", "dpmsolver++-4", "dpmsolver++-6", "uncached", "uniform-25",
                "uniform-50",
            ]
            let folders = try FileManager.default.contentsOfDirectory(atPath: place.path("pictures")).sorted()
            #expect(ways.allSatisfy { way in folders.contains { $0.hasPrefix(way) } })
            #expect(folders.allSatisfy { folder in ways.contains { folder.hasPrefix($0) } })
            for folder in folders {
                // The converged path is for pairs alone.
                let count = folder == "converged" ? 3 : 7
                let files = place.listing("pictures/" + folder)
                #expect(files == (0..<count).map { "00000\($0).png" })
                #expect(try Picture(place.bytes("pictures/\(folder)/000002.png")).width == 16)
                let archive = try place.bytes("arrays/\(folder).npz")
                let header = "'shape': (\(count), 16, 16, 3), }"
                #expect(String(decoding: archive.prefix(400), as: UTF8.self).contains(header))
                // Zip's header of 39 bytes, NumPy's of 128, then the pictures in their order.
                let pixels = try (0..<count).flatMap {
                    try place.bytes("out/state/pictures/\(folder)/\($0).rgb")
                }
                #expect(Array(archive.dropFirst(39 + 128).prefix(pixels.count)) == pixels)
                #expect(archive.count == 39 + 128 + count * 768 + 55 + 22)
            }
        }

        /// A picture that is gone is named, and no archive holds one picture less.
        @Test func missesNoPictureSilently() async throws {
            let options = ["--policy", "uniform", "--npz", "arrays"]
            #expect(try await evaluate(options).status == 0)
            for name in ["out/state/pictures/uniform-50/5.rgb", "arrays"] {
                try FileManager.default.removeItem(atPath: place.path(name))
            }
            let outcome = try await evaluate(options)
            #expect(outcome.status == 66, "\(outcome.errors)")
            #expect(outcome.errorCount(of: "out/state/pictures/uniform-50/5.rgb: is missing") == 1)
            #expect(!place.listing("arrays").contains("uniform-50.npz"))
        }

        /// Image 1 is of the class about a golden section of the 8 from the first, and of seed 3 + 1.
        @Test func drawsWhatSampleDraws() async throws {
            let outcome = try await evaluate(["--policy", "planned", "--seed", "3", "--images-dir", "all"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(
                try await place.omnicache([
                    "plan", "--model", model.path, "--steps", "8", "--reuse", "0.5", "--output", "p.json",
                ]).status == 0)
            let sample = try await place.omnicache([
                "--model", model.path, "--class", "#5", "--seed", "4", "--plan", "p.json", "--output",
                "x.png",
            ])
            #expect(sample.status == 0, "\(sample.errors)")
            let pictures = try ["x.png", "all/planned-50/000001.png", "all/uncached/000001.png"].map {
                try Picture(place.bytes($0)).packed
            }
            #expect(pictures[0] == pictures[1])
            #expect(pictures[0] != pictures[2])
        }

        /// What `plan` makes with the same choices, a row of its own.
        @Test func drawsAVariantAsItsPlanDoes() async throws {
            let variant = "uniform:max-run=3:filter=off:correction=previous"
            let outcome = try await evaluate([
                "--policy", "uniform", variant, "uniform:correction=none", "--seed", "3", "--images-dir",
                "all",
            ])
            #expect(outcome.status == 0, "\(outcome.errors)")
            let name = "uniform:correction=previous:filter=off:max-run=3"
            // What goes without saying makes no row of its own.
            let rows = try entries().filter { $0["policy"] as? String != "none" }
            #expect(
                rows.compactMap { $0["name"] as? String }
                    == ["uniform 25 %", name + " 25 %", "uniform 50 %", name + " 50 %"])
            #expect(rows[1]["policy"] as? String == name)
            let plan = try await place.omnicache([
                "plan", "--model", model.path, "--steps", "8", "--reuse", "0.25", "--policy", "uniform",
                "--correction", "previous", "--filter", "off", "--max-run", "3", "--output", "p.json",
            ])
            #expect(plan.status == 0, "\(plan.errors)")
            let sample = try await place.omnicache([
                "--model", model.path, "--class", "#5", "--seed", "4", "--plan", "p.json", "--output",
                "x.png",
            ])
            #expect(sample.status == 0, "\(sample.errors)")
            let key = "uniform-correction-previous-filter-off-max-run-3-25"
            #expect(
                try Picture(place.bytes("x.png")).packed
                    == Picture(place.bytes("all/\(key)/000001.png")).packed)
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
