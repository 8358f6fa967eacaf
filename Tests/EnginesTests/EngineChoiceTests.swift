import Engines
import Tensors
import Testing

@Suite(.serialized) struct EngineChoiceTests {
    @Test func autoIsAlwaysThere() throws {
        let engine = try makeEngine(.auto, precision: .f32, threads: 2)
        #expect(engine.description.threads == 2)
        #expect(engine.description.precision == .f32)
        #expect(engine.activationType == .f32)
    }

    @Test func openBLASNamesItsKernels() throws {
        let description = try makeEngine(.openblas, precision: .f32, threads: 1).description
        #expect(description.name == "openblas")
        #expect(description.kernels.contains(", CKernels "))
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
