import CachePlanning
import Checkpoints
import Engines
import Sampling
import TestSupport
import Testing
import Transport

/// That ranks, threads and company change no bit holds with every engine, at sizes that fill its tiles.
@Suite(.serialized)
struct EngineTests {
    @Test(arguments: EngineCase.available.filter { $0.precision == .f32 })
    func ranksAndThreadsChangeNothing(_ engine: EngineCase) throws {
        try expectTheSame(.builtin(), engine, label: 14)
        try expectTheSame(TestModel(), engine, label: 1)
    }

    @Test(.enabled(if: Machine.hasBF16, "this build has no oneDNN, or this CPU no bf16"))
    func ranksAndThreadsChangeNothingInBF16() throws {
        let engine = EngineCase(choice: .onednn, precision: .bf16)
        try expectTheSame(.builtin(), engine, label: 14)
        try expectTheSame(TestModel(), engine, label: 1)
    }

    @Test(.enabled(if: Machine.hasBF16, "this build has no oneDNN, or this CPU no bf16"))
    func precisionsAreNotTheSame() throws {
        var model = try TestModel()
        let run = try model.run(.of("CCC"))
        let single = try model.drawAlone(run)
        model.engine = EngineCase(choice: .onednn, precision: .bf16)
        for (rounded, exact) in zip(try model.drawAlone(run).latents, single.latents) {
            let difference = relativeDifference(
                rounded.map(Float.init(bitPattern:)), exact.map(Float.init(bitPattern:)))
            #expect(difference > 1e-4 && difference < 0.03, "\(difference)")
        }
    }

    private func expectTheSame(_ model: TestModel, _ engine: EngineCase, label: Int) throws {
        var model = model
        model.engine = engine
        let images = (0..<2).map { ImageRequest(label: label + $0, seed: UInt64($0)) }
        let run = try model.run(.of("CCR", .shadow, gamma: 0.3), images: images)
        let expected = try model.drawAlone(run)
        model.threads = 2
        let threaded = model
        try forEachCluster(ranks: [1, 2, 3, 4]) { communicator in
            try threaded.check(
                run.over(communicator.size), on: communicator, equals: expected, engine.testDescription)
        }
    }
}
