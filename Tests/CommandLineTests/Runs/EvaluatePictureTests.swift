import Foundation
import Testing

extension CommandLineSuite {
    /// The pictures of comparisons.
    @Suite struct EvaluatePictureTests: EvaluationSuite {
        let evaluation: EvaluationPlace

        init() throws { evaluation = try EvaluationPlace() }

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
    }
}
