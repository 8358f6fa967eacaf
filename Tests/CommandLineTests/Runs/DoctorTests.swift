import Foundation
import Testing

extension WaitingSuite {
    /// What `doctor` sees, and when it says that a run would fail.
    @Suite struct DoctorTests {
        let place: Workplace
        let model: TinyModel

        init() throws {
            place = try Workplace()
            model = try TinyModel(in: place)
        }

        private func doctor(_ arguments: String..., ranks: Int = 1) async throws -> Outcome {
            try await place.omnicache(
                ["doctor", "--model", model.path] + arguments, ranks: ranks,
                environment: ["OPENBLAS_CORETYPE": "Prescott"])
        }

        @Test(arguments: [1, 3]) func hasARowForEachRank(ranks: Int) async throws {
            let outcome = try await doctor(ranks: ranks)
            #expect(outcome.status == 0, "\(outcome.errors)")
            let lines = outcome.output.split(separator: "\n")
            #expect(lines[0].hasPrefix("rank  host"))
            for rank in 0..<ranks {
                let row = lines[2 + rank]
                #expect(row.hasPrefix("\(rank) "))
                #expect(row.contains("Open MPI v") && row.contains("f32"))
            }
            #expect(
                lines.count { $0.hasPrefix("advice: ") && $0.contains("OPENBLAS_CORETYPE=Prescott") } == 1)
            #expect(!outcome.output.contains("problem:"))
        }

        @Test func aRunThatWouldFailIsStatusOne() async throws {
            for (arguments, ranks, problem) in [
                (["--model", "nowhere"], 1, "nowhere: no such folder"),
                (["--partition", "2,2"], 2, "adds up to 4 blocks, but the model has 5"),
                ([], 6, "6 ranks for a model of 5 blocks"),
            ] {
                let outcome = try await place.omnicache(
                    ["doctor", "--model", model.path] + arguments, ranks: ranks)
                #expect(outcome.status == 1, "\(outcome.errors)")
                #expect(outcome.output.contains("problem: ") && outcome.output.contains(problem))
                #expect(outcome.errorCount(of: "omnicache: error: a run would fail: 1 problem") == 1)
            }
        }

        @Test func anotherModelIsAProblem() async throws {
            let other = try TinyModel(in: place, named: "other")
            try other.configure("scheduler/scheduler_config.json", ["beta_end": 0.03])
            var environment = Program.environment
            environment["XDG_CACHE_HOME"] = place.cache
            let outcome = try await start(
                [
                    "mpirun", "--oversubscribe", "-np", "1", Program.path, "doctor", "--model", model.path,
                    ":", "-np", "1", Program.path, "doctor", "--model", other.path,
                ], in: place.folder, environment: environment)
            #expect(outcome.status == 1, "\(outcome.errors)")
            #expect(outcome.output.contains("has another model ("))
        }

        @Test func saysHowToLookAtAllHosts() async throws {
            try place.write("# two\nlocalhost slots=2\n", to: "hosts")
            let outcome = try await doctor("--hostfile", "hosts")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.contains("1 host, 2 slots"))
            #expect(outcome.output.contains("mpirun --hostfile hosts \(Program.path) doctor --model"))
        }

        @Test(arguments: [
            ("no.such.host.invalid slots=1", ":1: no address is known for no.such.host.invalid"),
            ("localhost slots=0", ":1: localhost has 'slots=0'"),
            ("localhost\nlocalhost", ":2: localhost is named twice"),
            ("# none", "names no host"),
        ])
        func refusesABrokenHostfile(text: String, problem: String) async throws {
            try place.write(text, to: "hosts")
            let outcome = try await doctor("--hostfile", "hosts")
            #expect(outcome.status == 1, "\(outcome.errors)")
            #expect(outcome.output.contains("problem: hosts" + (problem.hasPrefix(":") ? "" : " ") + problem))
        }
    }
}
