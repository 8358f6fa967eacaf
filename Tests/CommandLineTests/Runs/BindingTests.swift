import Foundation
import Subprocess
import Synchronization
import Testing

extension WaitingSuite {
    /// The cores that ranks compute on are those that they were started with, whatever OpenMP's variables say.
    @Suite(.enabled(if: ProcessInfo.processInfo.activeProcessorCount > 1, "the machine has one core"))
    struct BindingTests {
        let place: Workplace
        let model: TinyModel

        init() throws {
            place = try Workplace()
            model = try TinyModel(in: place)
        }

        /// The columns of doctor's table, by their heads, for each rank.
        private func rows(_ outcome: Outcome) throws -> [[String: String]] {
            let lines = outcome.output.split(separator: "\n").map { line in
                line.replacing(/\s{2,}/, with: "\t").split(separator: "\t").map(String.init)
            }
            let heads = try #require(lines.first)
            return lines.dropFirst().filter { $0.count == heads.count }.map {
                Dictionary(uniqueKeysWithValues: zip(heads, $0))
            }
        }

        @Test(arguments: [
            ["OMP_PROC_BIND": "true"], ["OMP_PROC_BIND": "close", "OMP_PLACES": "cores"],
            ["OMP_PROC_BIND": "spread"], ["GOMP_CPU_AFFINITY": "0"],
        ])
        func openMPBindsNoLoneRank(variables: [String: String]) async throws {
            let cores = ProcessInfo.processInfo.activeProcessorCount
            let outcome = try await place.omnicache(
                ["doctor", "--model", model.path], environment: variables)
            #expect(try rows(outcome).map { $0["cores"] } == ["\(cores)"], "\(outcome.output)")
            #expect(try rows(outcome).map { $0["threads"] } == ["\(cores)"])
        }

        @Test func openMPBindsNoRanks() async throws {
            let cores = ProcessInfo.processInfo.activeProcessorCount
            var environment = Program.environment
            environment["OMP_PROC_BIND"] = "true"
            environment["OMP_PLACES"] = "cores"
            let outcome = try await start(
                [
                    "mpirun", "--bind-to", "none", "--oversubscribe", "-np", "2", Program.path, "doctor",
                    "--model", model.path,
                ], in: place.folder, environment: environment)
            #expect(try rows(outcome).map { $0["cores"] } == ["\(cores)", "\(cores)"], "\(outcome.output)")
            #expect(!outcome.output.contains("--bind-to none"))
        }

        /// What the user did bind stays bound.
        @Test func aMaskIsKept() async throws {
            var environment = Program.environment
            environment["OMP_PROC_BIND"] = "true"
            let command = ["taskset", "-c", "0", Program.path, "doctor", "--model", model.path]
            let outcome = try await start(command, in: place.folder, environment: environment)
            #expect(try rows(outcome).map { $0["cores"] } == ["1"], "\(outcome.output)")
        }

        /// A container's quota, as the kernel tells of it.
        @Test(.enabled(if: QuotaGroup() != nil, "needs leave to make control groups"))
        func aQuotaIsHeeded() async throws {
            let group = try #require(QuotaGroup())
            let outcome = try await start(
                group.launcher + [Program.path, "doctor", "--model", model.path], in: place.folder,
                environment: Program.environment)
            let cores = ProcessInfo.processInfo.activeProcessorCount
            #expect(try rows(outcome).map { $0["cores"] } == ["\(cores) (quota 1.0)"], "\(outcome.output)")
            #expect(try rows(outcome).map { $0["threads"] } == ["1"])
        }

        /// srun --cpu-bind=cores, with the core that it gives and the variable that it leaves.
        @Test func oneCoreOfSlurmsIsWarnedOf() async throws {
            var environment = Program.environment
            environment["SLURM_CPUS_ON_NODE"] = "8"
            let command = ["taskset", "-c", "0", Program.path, "doctor", "--model", model.path]
            let outcome = try await start(command, in: place.folder, environment: environment)
            #expect(outcome.status == 0)
            #expect(outcome.output.contains("may use 1 core of 8: start them with srun --cpu-bind=none"))
        }

        /// All threads of a run may use all cores, with both engines.
        @Test(arguments: ["openblas", "onednn"])
        func threadsRunOnAllCores(engine: String) async throws {
            let masks = Mutex<[String]>([])
            let outcome = try await place.omnicache(
                [
                    "--model", model.path, "--class", "hen", "--count", "1000", "--steps", "40", "--policy",
                    "none", "--output", "out/", "--engine", engine, "--threads", "2",
                ],
                environment: ["OMP_PROC_BIND": "true", "OMP_PLACES": "cores"],
                interruption: Interruption(signal: .terminate, after: "40 steps of ddim") {
                    [path = model.path] in
                    let process = try #require(try processes(naming: path).first)
                    let tasks = "/proc/\(process)/task"
                    func all() throws -> [String] {
                        try FileManager.default.contentsOfDirectory(atPath: tasks)
                    }
                    while try all().count < 2 { usleep(1000) }
                    // Time for those that are started later.
                    usleep(300_000)
                    let found = try all().map { task in
                        let status = FileManager.default.contents(atPath: "\(tasks)/\(task)/status") ?? Data()
                        return String(decoding: status, as: UTF8.self).split(separator: "\n").first {
                            $0.hasPrefix("Cpus_allowed_list")
                        }.map { String($0.split(separator: "\t")[1]) } ?? ""
                    }
                    masks.withLock { $0 = found }
                    return process
                })
            #expect(outcome.status == 143, "\(outcome.errors)")
            let own = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
                .split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list") }
            let expected = try #require(own).split(separator: "\t")[1]
            let found = masks.withLock { $0 }
            #expect(found.count >= 2)
            #expect(found.allSatisfy { $0 == expected }, "\(found)")
        }
    }
}

/// Processes whose arguments name a path.
private func processes(naming path: String) throws -> [Int32] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter { process in
        let arguments = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
        return String(decoding: arguments, as: UTF8.self).contains(path)
    }
}
