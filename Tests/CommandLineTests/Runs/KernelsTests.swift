import Foundation
import Testing

extension WaitingSuite {
    /// OpenBLAS's kernels are those for the CPU, whatever the environment says.
    @Suite(.enabled(if: hasAVX2, "the poorest kernels suit this CPU"))
    struct KernelsTests {
        let place: Workplace
        let model: TinyModel

        init() throws {
            place = try Workplace()
            model = try TinyModel(in: place)
        }

        private func run(_ arguments: String..., ranks: Int, forced: Bool = true) async throws -> Outcome {
            try await place.omnicache(
                arguments + ["--model", model.path, "--engine", "openblas"], ranks: ranks,
                environment: forced ? ["OPENBLAS_CORETYPE": "Prescott"] : [:])
        }

        @Test(arguments: [1, 2]) func aRunTakesThemAndSaysSo(ranks: Int) async throws {
            func draw(_ file: String, forced: Bool) async throws -> Outcome {
                try await run(
                    "--class", "hen", "--steps", "4", "--output", file, ranks: ranks, forced: forced)
            }
            let forced = try await draw("forced.png", forced: true)
            #expect(forced.status == 0, "\(forced.errors)")
            #expect(forced.errorCount(of: "warning: OPENBLAS_CORETYPE=Prescott takes Prescott kernels") == 1)
            // Other kernels would differ in the last bits.
            let free = try await draw("free.png", forced: false)
            #expect(free.status == 0 && free.errorCount(of: "kernels") == 0, "\(free.errors)")
            #expect(try place.bytes("forced.png") == place.bytes("free.png"))
        }

        @Test(arguments: [1, 2]) func doctorShowsThem(ranks: Int) async throws {
            let outcome = try await run("doctor", ranks: ranks)
            let rows = outcome.output.split(separator: "\n").filter { $0.contains("openblas f32 ") }
            #expect(rows.count == ranks)
            #expect(rows.allSatisfy { !$0.contains("Prescott") }, "\(outcome.output)")
            #expect(outcome.output.contains("advice: ") && outcome.output.contains("Prescott kernels"))
        }

        @Test func benchShowsThem() async throws {
            let outcome = try await place.omnicache(
                ["bench", "gemm", "--model", model.path], environment: ["OPENBLAS_CORETYPE": "Prescott"])
            #expect(outcome.status == 0)
            let line = outcome.output.split(separator: "\n").first { $0.hasPrefix("openblas f32: ") }
            #expect(line?.contains("CKernels") == true && line?.contains("Prescott") == false)
            #expect(outcome.errorCount(of: "warning: OPENBLAS_CORETYPE=Prescott takes Prescott kernels") == 1)
        }
    }
}

private let hasAVX2 = ((try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? "").contains(
    " avx2 ")
