import Checkpoints
import Models
import Tensors
import TestSupport
import Testing

@Suite(.serialized)
struct ModulationTableTests {
    /// Timesteps of a run, four together at most here.
    static let together: [[Double]] = [[900, 700, 500, 300], [100, 1]]

    private let golden: DiTGolden
    private let model: DiT

    init() throws {
        golden = try DiTGolden("dit-patch2-untied-shards")
        model = try Self.model(golden, TestEngines.f32[0])
    }

    private static func model(_ golden: DiTGolden, _ engine: String) throws -> DiT {
        try DiT(
            golden.configuration, weights: golden.weights, engine: TestEngines.make(engine),
            blocks: 0..<golden.configuration.blocks, embedsPatches: true, hasFinalLayer: true)
    }

    /// The blocks' output for the golden's first image under each of the labels, in a row.
    private func output(
        _ model: DiT, _ timestep: Double, _ labels: [Int], among timesteps: [Double]? = nil,
        in table: ModulationTable? = nil
    ) -> [Float] {
        let latent = golden.latents(golden.cases[0]).rows(0..<1)
        let h = Tensor(zeros: [labels.count, model.configuration.tokens, model.configuration.width])
        for image in labels.indices { model.embed(latent, into: h.rows(image..<image + 1)) }
        let conditioning = model.conditioning(
            timestep: timestep, labels: labels, among: timesteps, in: table)
        model.runBlocks(h, conditioning) {}
        return h.values
    }

    @Test(arguments: TestEngines.f32 + TestEngines.bf16)
    func timestepsTogetherAreTheSameAsEachAlone(engine: String) throws {
        let model = try Self.model(golden, engine)
        let table = model.makeModulationTable(labels: 2)
        for timesteps in Self.together {
            for timestep in timesteps {
                let alone = output(model, timestep, [1, 0])
                let among = output(model, timestep, [1, 0], among: timesteps, in: table)
                // A product of several rows may add up in another order than one of a single row.
                let bound = TestEngines.bf16.contains(engine) ? 0.02 : 1e-5
                expectClose(among, alone, relative: bound, "\(engine) at \(timestep)")
            }
        }
    }

    @Test(arguments: TestEngines.f32 + TestEngines.bf16)
    func labelDoesNotDependOnOthersOrOnWhatWasKept(engine: String) throws {
        let model = try Self.model(golden, engine)
        let timesteps = Self.together[0]
        let crowded = model.makeModulationTable(labels: 1)
        var first: [Float] = []
        for timestep in timesteps {
            let alone = output(
                model, timestep, [1], among: timesteps, in: model.makeModulationTable(labels: 1))
            let joined = output(model, timestep, [0, 1, 0], among: timesteps, in: crowded)
            #expect(Array(joined[alone.count..<2 * alone.count]) == alone)
            if timestep == timesteps[0] { first = alone }
        }
        _ = output(model, 100, [1], among: Self.together[1], in: crowded)
        #expect(output(model, timesteps[0], [1], among: timesteps, in: crowded) == first)
    }

    @Test func keepsLabelsUpToItsCapacity() throws {
        let table = model.makeModulationTable(labels: 2)
        func bytesTaken(_ label: Int, in table: ModulationTable) -> Int {
            let meter = MemoryMeter()
            MemoryMeter.$current.withValue(meter) {
                _ = output(model, 900, [label], among: [900], in: table)
            }
            return meter.bytes
        }
        _ = bytesTaken(0, in: table)
        let kept = bytesTaken(0, in: table)
        let (blocks, width) = (model.configuration.blocks, model.configuration.width)
        let entry = blocks * ModulationTable.timestepsAtOnce * 6 * width * 4
        #expect(bytesTaken(1, in: table) >= kept + entry)
        // The memory of the label that was used before the last.
        #expect(bytesTaken(model.configuration.classes, in: table) < kept + entry)
    }
}
