import Foundation
import Testing

extension CommandLineSuite {
    @Suite struct BadRunTests {
        let place: Workplace
        let model: TinyModel

        init() throws {
            place = try Workplace()
            model = try TinyModel(in: place)
        }

        @Test(arguments: BadRun.usage + BadRun.files + BadRun.outputs, [1, 3])
        func isRefused(_ bad: BadRun, ranks: Int) async throws {
            let arguments = try await bad.arguments(place, model, ranks)
            let outcome = try await place.omnicache(["--model", model.path] + arguments, ranks: ranks)
            expectRefusal(outcome, status: bad.status, saying: bad.message, place: place)
        }

        /// Swift would look for another name, and not find it.
        @Test(arguments: [1, 3])
        func namesThatAreNotUTF8(ranks: Int) async throws {
            let launcher = ranks == 1 ? [] : ["mpirun", "-np", "\(ranks)", "--oversubscribe"]
            let script =
                #"name=$(printf 'm\377'); exec "$@" --model "../$name""#
            var environment = Program.environment
            environment["XDG_CACHE_HOME"] = place.cache
            let outcome = try await start(
                ["sh", "-c", script, "sh"] + launcher + [Program.path, "--class", "hen"],
                in: place.folder, environment: environment)
            expectRefusal(
                outcome, status: 64,
                saying: [
                    "argument 4, ../m\u{FFFD}: expected UTF-8, found other bytes: rename the file or folder"
                ],
                place: place)
        }

        @Test func moreRanksThanBlocks() async throws {
            let outcome = try await place.omnicache(["--model", model.path, "--class", "hen"], ranks: 6)
            expectRefusal(
                outcome, status: 64,
                saying: [
                    "6 ranks for a model of 5 blocks: each rank needs one block at least; start at most 5"
                ],
                place: place)
        }

        @Test(arguments: [1, 3])
        func bf16NeedsAnEngineThatHasIt(ranks: Int) async throws {
            let outcome = try await place.omnicache(
                ["--model", model.path, "--class", "hen", "--engine", "openblas", "--precision", "bf16"],
                ranks: ranks)
            expectRefusal(
                outcome, status: 64,
                saying: ["OpenBLAS multiplies in f32 only; use --precision f32, or --engine onednn"],
                place: place)
        }

        /// The picture comes first and stays, as it is whole.
        @Test(arguments: [1, 3])
        func aFullDeviceIsSaid(ranks: Int) async throws {
            let outcome = try await place.omnicache(
                ["--model", model.path, "--class", "hen", "--steps", "1", "--run-report", "/dev/full"],
                ranks: ranks)
            expectRefusal(
                outcome, status: 73, saying: ["/dev/full: cannot be written: the disk is full"], place: place,
                leaving: ["omnicache.png"])
        }
    }

    @Suite struct FullDiskTests {
        let place: Workplace
        let model: TinyModel
        let disk: SmallDisk?

        init() async throws {
            place = try Workplace()
            model = try TinyModel(in: place)
            disk = try await SmallDisk(in: place)
        }

        @Test(
            .enabled("needs root and mount") { try await SmallDisk.isPossible() },
            arguments: ["disk/x.png", "disk/"], [1, 3])
        func leavesNothingBehind(output: String, ranks: Int) async throws {
            try disk?.fill()
            let outcome = try await place.omnicache(
                ["--model", model.path, "--class", "hen", "--steps", "1", "--output", output], ranks: ranks)
            expectRefusal(
                outcome, status: 73, saying: ["cannot be written: the disk is full; free some space"],
                place: place, leaving: ["disk"])
            #expect(place.listing("disk") == ["filler"])
        }
    }
}
