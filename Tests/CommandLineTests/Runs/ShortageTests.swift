import Foundation
import Subprocess
import Testing

extension WaitingSuite {
    /// Hosts that refuse threads or memory.
    @Suite struct ShortageTests {
        let place: Workplace
        let model: TinyModel

        init() throws {
            place = try Workplace()
            model = try TinyModel(in: place)
        }

        /// Root has no limit of processes, so another user is needed, with the program and the model at hand.
        private func asAnother(
            _ arguments: [String], processes: Int, interruption: Interruption? = nil
        ) async throws -> Outcome {
            try FileManager.default.copyItem(atPath: Program.path, toPath: place.root + "/omnicache")
            for folder in [place.folder, place.cache] {
                try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder)
            }
            // Nobody else has this number, so all its processes are the test's.
            let user = "\(2_000_000_000 + Int32.random(in: 0..<100_000_000))"
            var environment = Program.environment
            environment["XDG_CACHE_HOME"] = place.cache
            environment["HOME"] = place.folder
            return try await start(
                [
                    "setpriv", "--reuid", user, "--regid", user, "--clear-groups", "prlimit",
                    "--nproc=\(processes)", place.root + "/omnicache",
                ] + arguments, in: place.folder, environment: environment, interruption: interruption)
        }

        private static var isRoot: Bool { geteuid() == 0 }

        @Test(.enabled(if: isRoot, "only root becomes another user"), arguments: ["openblas", "onednn"])
        func refusedThreadsAreAnError(engine: String) async throws {
            let arguments = ["--model", model.path, "--class", "hen", "--steps", "4", "--engine", engine]
            let outcome = try await asAnother(arguments + ["--threads", "4"], processes: 3)
            #expect(outcome.status == 69, "\(outcome.errors)")
            #expect(outcome.errorCount(of: "omnicache: error: the system lets 3 of 4 threads run") == 1)
            #expect(place.listing() == [])
        }

        @Test(.enabled(if: isRoot, "only root becomes another user"))
        func oneThreadIsEnoughForARun() async throws {
            let outcome = try await asAnother(
                ["--model", model.path, "--class", "hen", "--steps", "4", "--threads", "1"], processes: 1)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(place.listing() == ["omnicache.png"])
        }

        /// A signal ends a run that has no thread to spare.
        @Test(.enabled(if: isRoot, "only root becomes another user"))
        func aSignalNeedsNoThread() async throws {
            let outcome = try await asAnother(
                [
                    "--model", model.path, "--class", "hen", "--count", "1000", "--steps", "40", "--policy",
                    "none", "--threads", "1", "--output", "out/",
                ], processes: 1, interruption: Interruption(signal: .terminate, after: "40 steps of ddim"))
            #expect(outcome.status == 143, "\(outcome.errors)")
            #expect(outcome.errorCount(of: "omnicache: terminated; images that were finished are kept") == 1)
            #expect(outcome.seconds < 30)
        }

        /// OpenBLAS would look for room without end.
        @Test(arguments: ["openblas", "onednn"]) func tooShortAnAddressSpaceIsAnError(engine: String)
            async throws
        {
            for bytes in [240_000_000, 300_000_000] {
                let arguments = ["--model", model.path, "--class", "hen", "--steps", "4", "--engine", engine]
                let outcome = try await start(
                    ["prlimit", "--as=\(bytes)", Program.path] + arguments, in: place.folder,
                    environment: Program.environment)
                #expect(outcome.status == 69, "\(outcome.errors)")
                #expect(
                    outcome.errorCount(of: "omnicache: error: the system has no room for OpenBLAS's") == 1)
            }
        }

        /// More numbers than the address space has room for.
        @Test(arguments: [1, 2]) func refusedMemoryIsAnError(ranks: Int) async throws {
            let arguments = ["bench", "gemm", "--shape", "DiT-XL/2-1024", "--threads", "1"]
            var environment = Program.environment
            environment["XDG_CACHE_HOME"] = place.cache
            let launcher = ranks == 1 ? [] : ["mpirun", "-np", "\(ranks)", "--oversubscribe"]
            let outcome = try await start(
                launcher + ["prlimit", "--as=600000000", Program.path] + arguments, in: place.folder,
                environment: environment)
            #expect(outcome.status == 69, "\(outcome.errors)")
            let message = /omnicache: error: (rank [01] on \S+: )?the system has no memory for \d+ bytes/
            #expect(outcome.errors.firstMatch(of: message) != nil, "\(outcome.errors)")
        }
    }
}
