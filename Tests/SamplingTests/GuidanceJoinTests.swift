import Foundation
import Models
import Tensors
import TestSupport
import Testing

@testable import Sampling

/// Each way to join branches against its formula, number by number.
struct GuidanceJoinTests {
    private static let shapes = [
        LatentShape(channels: 2, height: 4, width: 6), LatentShape(channels: 1, height: 1, width: 1),
        LatentShape(channels: 3, frames: 5, height: 2, width: 2),
        LatentShape(channels: 4, height: 3, width: 5),
    ]

    /// So many branches of two images, the variance's channels behind the others.
    private static func outputs(_ shape: LatentShape, _ branches: Int) -> [Int: Tensor] {
        let all = shape.with(channels: 2 * shape.channels)
        return (0..<branches).reduce(into: [:]) { outputs, branch in
            let numbers = (0..<2 * all.count).map { Float(sin(Double($0 * (branch + 2)) + Double(branch))) }
            outputs[branch] = Tensor(numbers, shape: [2] + all.extents)
        }
    }

    /// The output's numbers of each image and branch.
    private static func parts(_ outputs: [Int: Tensor], _ shape: LatentShape, image: Int) -> [[Double]] {
        (0..<outputs.count).map { branch in
            (outputs[branch]?[image].values ?? []).prefix(shape.count).map { Double($0) }
        }
    }

    private func check(
        _ guidance: Guidance, step: Int = 0, _ formula: (_ b: [[Double]], _ shape: LatentShape) -> [Double]
    ) {
        for shape in Self.shapes {
            let outputs = Self.outputs(shape, guidance.branches)
            var predictions: [Prediction] = []
            // The second time in the memory of the first.
            for step in [step, step] {
                GuidanceJoin(guidance: guidance, latents: shape).join(outputs, step: step, into: &predictions)
            }
            #expect(predictions.count == 2)
            for (image, prediction) in predictions.enumerated() {
                let expected = formula(Self.parts(outputs, shape, image: image), shape).map { Float($0) }
                expectClose(prediction.output, expected, relative: 1e-5, "\(guidance), \(shape)")
                let all = outputs[0]?[image].values ?? []
                #expect(prediction.variance == Array(all.dropFirst(shape.count)))
            }
        }
    }

    @Test func oneBranchIsTaken() {
        check(Guidance(.conditional)) { b, _ in b[0] }
        #expect(Guidance(scale: 1).branches == 1 && Guidance(scale: 0).branches == 1)
    }

    @Test func classifierFree() {
        check(Guidance(scale: 3.5)) { b, _ in zip(b[0], b[1]).map { $1 + 3.5 * ($0 - $1) } }
        let weights = Guidance(.classifierFree(.perStep([2, 7, 4])))
        check(weights, step: 1) { b, _ in zip(b[0], b[1]).map { $1 + 7 * ($0 - $1) } }
    }

    /// c + g·(c − u) is classifier-free guidance of w = 1 + g.
    @Test func beyondTheConditional() {
        check(Guidance(.beyondConditional(.constant(0.4)))) { b, _ in
            zip(b[0], b[1]).map { $1 + 1.4 * ($0 - $1) }
        }
    }

    @Test func furtherBranchesCountAtTheirSteps() {
        let guidance = Guidance(
            .classifierFree(.constant(4)), further: [.perStep([0, 2.5]), .constant(0.5)])
        #expect(guidance.branches == 4)
        for (step, weight) in [0, 2.5].enumerated() {
            check(guidance, step: step) { b, _ in
                b[0].indices.map { place in
                    let (c, u) = (b[0][place], b[1][place])
                    return u + 4 * (c - u) + weight * (c - b[2][place]) + 0.5 * (c - b[3][place])
                }
            }
        }
    }

    @Test(arguments: [0, 0.7, 1])
    func rescaling(share: Double) {
        check(Guidance(.classifierFree(.constant(6)), limit: .rescaled(share))) { b, shape in
            func deviation(_ numbers: [Double]) -> Double {
                let mean = numbers.reduce(0, +) / Double(numbers.count)
                let squares = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
                return (squares / Double(max(1, numbers.count - 1))).squareRoot()
            }
            let p = zip(b[0], b[1]).map { $1 + 6 * ($0 - $1) }
            // Of one number there is no deviation.
            guard shape.count > 1 else { return p }
            let scaled = p.map { $0 * deviation(b[0]) / deviation(p) }
            return zip(p, scaled).map { share * $1 + (1 - share) * $0 }
        }
    }

    @Test(arguments: [1, 2])
    func eachTokenIsAsLongAsTheConditional(patch: Int) {
        check(Guidance(.classifierFree(.constant(5)), limit: .normalised(patch: patch))) { b, shape in
            let p = zip(b[0], b[1]).map { $1 + 5 * ($0 - $1) }
            /// The frame and patch that a place is of.
            func token(_ place: Int) -> [Int] {
                let pixel = place % (shape.height * shape.width)
                let frame = place / (shape.height * shape.width) % shape.frames
                return [frame, pixel / shape.width / patch, pixel % shape.width / patch]
            }
            func length(_ numbers: [Double], _ wanted: [Int]) -> Double {
                numbers.indices.filter { token($0) == wanted }.reduce(0) { $0 + numbers[$1] * numbers[$1] }
                    .squareRoot()
            }
            return p.indices.map { p[$0] * length(b[0], token($0)) / length(p, token($0)) }
        }
    }
}
