import CachePlanning
import Checkpoints
import Models
import Sampling
import Testing

@testable import Benchmarks

@Suite(.serialized) struct ScalingModelTests {
    /// Between 10 and 20 steps there is no filling: B·m·R / max(B·m, R+m−1).
    @Test(arguments: [1, 2, 3, 4, 6, 12], [1, 2, 3, 5])
    func steadyStateIsTheClosedForm(ranks: Int, images: Int) throws {
        for parts in [1, 2] {
            func seconds(_ steps: Int, _ ranks: Int) throws -> Double {
                let run = try run(images: images, steps: steps, ranks: ranks, parts: parts)
                return model().prediction(of: run).denoiseSeconds
            }
            let one = try seconds(20, 1) - seconds(10, 1)
            let several = try seconds(20, ranks) - seconds(10, ranks)
            let full = images * parts
            let expected = Double(full * ranks) / Double(max(full, ranks + parts - 1))
            #expect(abs(one / several - expected) < 1e-9, "\(parts) parts: \(one / several)")
        }
    }

    /// S·max(B, R) + min(B, R) − 1 stage times, as a simulation of independent trajectories gives it.
    @Test(arguments: [1, 2, 3, 4], [1, 2, 3, 5])
    func fillingIsCountedOnce(ranks: Int, images: Int) throws {
        let prediction = model().prediction(
            of: try run(images: images, steps: 7, ranks: ranks, parts: 1))
        let stage = 2 * 12 / Double(ranks)
        let slots = 7 * max(images, ranks) + min(images, ranks) - 1
        #expect(abs(prediction.denoiseSeconds - Double(slots) * stage) < 1e-9)
    }

    @Test(arguments: [1, 2, 3])
    func bytesAreThoseOfTheRule(ranks: Int) throws {
        let run = try run(images: 3, steps: 10, ranks: ranks, reuse: 0.5)
        let expected = run.plan.mask.computedSteps.count * (ranks - 1) * 2 * 3 * 16 * 8 * 4
        #expect(model().prediction(of: run).activationBytes == expected)
        var halved = run
        halved.wire = .bf16
        #expect(model().prediction(of: halved).activationBytes * 2 == expected)
    }

    /// Each reused step's sum has gone with the computed step before it.
    @Test(arguments: [1, 2, 3])
    func sumsOfModulesAreCounted(ranks: Int) throws {
        let run = try run(images: 3, steps: 10, ranks: ranks, reuse: 0.5, of: .modules)
        #expect(model().prediction(of: run).activationBytes == 10 * (ranks - 1) * 2 * 3 * 16 * 8 * 4)
    }

    /// Blocks 0 and 1 of five leave their output for blocks 4 and 3.
    @Test(arguments: [([1, 4], 1), ([2, 3], 2), ([3, 2], 2), ([4, 1], 1), ([1, 2, 2], 3)])
    func longSkipsUnderWayAreCounted(cut: [Int], skips: Int) throws {
        let hourglass = UViTConfiguration(
            width: 8, heads: 2, blocksPerSide: 2, patch: 2, channels: 4, sampleSize: 8, classes: 10)
        let model = ScalingModel(
            costs: RunCosts(blockSeconds: [1]), links: LinkTable(.free), denoiser: hourglass,
            autoencoder: AutoencoderConfiguration())
        let run = try run(images: 3, steps: 10, ranks: cut.count, cut: cut)
        let states = cut.count - 1 + skips
        let rows = hourglass.layout.rows
        #expect(model.prediction(of: run).activationBytes == 10 * states * 2 * 3 * rows * 8 * 4)
    }

    @Test(arguments: [1, 2, 4])
    func reusedStepsCostOnlyTheTail(ranks: Int) throws {
        let costs = RunCosts(blockSeconds: [1], reuseSeconds: 0.25)
        let whole = model(costs).prediction(of: try run(images: 4, steps: 20, ranks: ranks))
        let reusing = model(costs).prediction(of: try run(images: 4, steps: 20, ranks: ranks, reuse: 0.5))
        let reused = whole.busySeconds[0] / 2 - reusing.busySeconds[0]
        #expect(ranks == 1 ? reused == -10 : reused == 0)
        #expect(whole.denoiseSeconds / reusing.denoiseSeconds > 1.8)
    }

    @Test func aMicroBatchOfOneImageIsDearerThanItsShareOfALargeOne() throws {
        var costs = RunCosts(blockSeconds: [0])
        costs.setBlockSeconds(small: (2, 1.5), large: (8, 1.125))
        #expect(costs.blockSeconds == [1] && costs.microBatchSeconds == 1)
        // Both branches of one image through 12 blocks at each step.
        let run = try run(images: 1, steps: 10, ranks: 1, parts: 1)
        #expect(model(costs).prediction(of: run).denoiseSeconds == 10 * 12 * (2 + 1))
        costs.setBlockSeconds(small: (2, 1), large: (2, 1))
        #expect(costs.blockSeconds == [1] && costs.microBatchSeconds == 0)
        costs.setBlockSeconds(small: (2, 1), large: (8, 1.25))
        #expect(costs.blockSeconds == [1] && costs.microBatchSeconds == 0)
    }

    @Test func aTransferDelaysAnImageThatIsAloneInFlight() throws {
        let link = LinkCosts(latencySeconds: 0.5, bytesPerSecond: 512)
        let run = try run(images: 1, steps: 1, ranks: 2, parts: 1)
        // Two rows of 16 tokens of width 8 in f32 are 1,024 bytes: two seconds on their way.
        #expect(model(links: link).prediction(of: run).denoiseSeconds == 24 + 0.5 + 2)
    }

    @Test func whatCannotOverlapKeepsTheSender() throws {
        let run = try run(images: 4, steps: 10, ranks: 2, parts: 1)
        func busiest(_ overlap: Double) -> Double {
            model(links: LinkCosts(latencySeconds: 0, bytesPerSecond: 1024, overlap: overlap))
                .prediction(of: run).denoiseSeconds
        }
        #expect(busiest(1) < busiest(0.5))
        #expect(busiest(0.5) < busiest(0))
    }

    @Test(arguments: [1, 2, 3])
    func picturesAreDecodedWhereTheRunSays(ranks: Int) throws {
        let costs = RunCosts(blockSeconds: [1], decodeSeconds: 100)
        let spread = model(costs).prediction(of: try run(images: 3, steps: 1, ranks: ranks))
        let head = model(costs).prediction(of: try run(images: 3, steps: 1, ranks: ranks, decoding: .head))
        #expect(head.seconds >= 300)
        #expect(ranks == 1 ? spread.seconds == head.seconds : spread.seconds < head.seconds - 50)
    }

    @Test func theSlowestRankSetsThePace() throws {
        let costs = RunCosts(blockSeconds: [1, 2])
        let even = try run(images: 4, steps: 20, ranks: 2)
        let uneven = try run(images: 4, steps: 20, ranks: 2, cut: [8, 4])
        #expect(model(costs).limit(of: even) == .compute(rank: 1))
        let ratio =
            model(costs).prediction(of: even).denoiseSeconds
            / model(costs).prediction(of: uneven).denoiseSeconds
        #expect(abs(ratio - 1.5) < 0.02)
    }

    @Test func theLimitIsNamed() throws {
        let slow = LinkCosts(latencySeconds: 0, bytesPerSecond: 20)
        #expect(model().limit(of: try run(images: 1, steps: 10, ranks: 1)) == .compute(rank: 0))
        #expect(model().limit(of: try run(images: 1, steps: 10, ranks: 4)) == .images)
        #expect(model(links: slow).limit(of: try run(images: 2, steps: 10, ranks: 2)) == .link(0, 1))
        let decoding = model(RunCosts(blockSeconds: [1], decodeSeconds: 1e6))
        #expect(decoding.limit(of: try run(images: 1, steps: 10, ranks: 1)) == .decoding)
    }

    @Test func theVerdictSaysWhetherAnotherHostHelps() throws {
        let two = try run(images: 4, steps: 20, ranks: 2)
        let three = try run(images: 4, steps: 20, ranks: 3)
        #expect(
            model().verdict(on: two, larger: three)
                == "2 ranks: limited by compute of stage 0; another host would make it 1.49 × as fast.")
        let alone = try run(images: 1, steps: 20, ranks: 12)
        #expect(
            model().verdict(on: alone, larger: nil)
                == "12 ranks: limited by too few images in flight; there is no block for another host.")
        let few = try run(images: 1, steps: 20, ranks: 4, parts: 1)
        let fewer = try run(images: 1, steps: 20, ranks: 3, parts: 1)
        #expect(
            model().verdict(on: fewer, larger: few)
                == "3 ranks: limited by too few images in flight; another host would not help.")
    }
}
