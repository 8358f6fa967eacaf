import Engines
import LinearAlgebra
import Tensors
import TestSupport
import Testing

@Suite(.serialized) struct EngineChoiceTests {
    @Test func autoIsAlwaysThere() throws {
        let engine = try makeEngine(.auto, precision: .f32, threads: 2)
        #expect(engine.description.threads == 2)
        #expect(engine.description.precision == .f32)
        #expect(engine.activationType == .f32)
    }

    @Test(.enabled(if: Machine.hasOneDNN, "this build has no oneDNN"))
    func aBuildWithTheTraitHasOneDNN() throws {
        let description = try makeEngine(.onednn, precision: .f32, threads: 1).description
        #expect(description.name == "onednn" && description.precision == .f32)
        let auto = try makeEngine(.auto, precision: .f32, threads: 1).description
        #expect(auto.name == (Machine.hasAVX2 ? "onednn" : "openblas"))
    }

    @Test(.enabled(if: Machine.hasBF16, "this build has no oneDNN, or this CPU no AVX-512"))
    func oneDNNComputesInBF16WhereTheCPUCan() throws {
        for choice in [EngineChoice.onednn, .auto] {
            let engine = try makeEngine(choice, precision: .bf16, threads: 1)
            #expect(engine.description.name == "onednn" && engine.description.precision == .bf16)
            #expect(engine.activationType == .bf16)
        }
    }

    @Test func openBLASNamesItsKernels() throws {
        let description = try makeEngine(.openblas, precision: .f32, threads: 1).description
        #expect(description.name == "openblas")
        #expect(try description.kernels.hasPrefix("\(OpenBLASKernels.chosen.get().name), CKernels "))
    }

    @Test func openBLASRefusesBF16AndNamesOneDNN() {
        let error = #expect(throws: EngineError.self) {
            _ = try makeEngine(.openblas, precision: .bf16, threads: 1)
        }
        #expect(error?.description.contains("onednn") == true)
    }

    @Test func zeroThreadsAreRefused() {
        #expect(throws: EngineError.self) { _ = try makeEngine(.auto, precision: .f32, threads: 0) }
    }
}
