import Engines
import Tensors
import TestSupport
import Testing

@Suite(.serialized) struct AttentionTests {
    /// Images, tokens, heads, head width.
    static let sizes = [[1, 1, 1, 1], [2, 5, 3, 7], [1, 64, 2, 32], [1, 150, 2, 24], [2, 16, 1, 72]]

    @Test(arguments: Candidate.all, sizes)
    func agreesWithReference(_ candidate: Candidate, _ size: [Int]) throws {
        let engine = try candidate.make(threads: 2)
        let width = size[2] * size[3]
        let qkv = noise([size[0], size[1], 3 * width], seed: 7, scale: 2)
        let found = Tensor(zeros: [size[0], size[1], width], engine.activationType)
        let expected = Tensor(zeros: found.shape)
        engine.attention(qkv.converted(for: engine), heads: size[2], into: found)
        ReferenceEngine().attention(qkv.rounded(for: engine), heads: size[2], into: expected)
        expectClose(found.floats, expected.values, relative: candidate.tolerance)
    }

    @Test(arguments: Candidate.all, [[4, 64, 6, 32], [3, 200, 2, 24]])
    func dependsOnItsOwnImageOnly(_ candidate: Candidate, _ size: [Int]) throws {
        let width = size[2] * size[3]
        let qkv = noise([size[0], size[1], 3 * width], seed: 8)
        var outcomes: Set<[UInt32]> = []
        for threads in 1...3 {
            let engine = try candidate.make(threads: threads)
            let input = qkv.converted(for: engine)
            let together = Tensor(zeros: [size[0], size[1], width], engine.activationType)
            engine.attention(input, heads: size[2], into: together)
            let alone = Tensor(zeros: together.shape, engine.activationType)
            for image in 0..<size[0] {
                engine.attention(
                    input.rows(image..<image + 1), heads: size[2], into: alone.rows(image..<image + 1))
            }
            outcomes.insert(together.bits)
            outcomes.insert(alone.bits)
        }
        #expect(outcomes.count == 1)
    }

    @Test(arguments: Candidate.all) func survivesLargeScores(_ candidate: Candidate) throws {
        let engine = try candidate.make()
        let y = Tensor(zeros: [1, 8, 16], engine.activationType)
        engine.attention(noise([1, 8, 48], seed: 9, scale: 300).converted(for: engine), heads: 1, into: y)
        #expect(y.floats.allSatisfy { $0.isFinite })
    }
}
