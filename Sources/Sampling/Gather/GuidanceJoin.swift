import Models
import Tensors

/// Joins what a model says of the branches of each image of a group.
struct GuidanceJoin {
    let guidance: Guidance
    let latents: LatentShape

    /// Joins branches at a step, into the memory of the group's last predictions.
    /// - Parameter branches: the model's output for each, [g, C or 2·C, H, W].
    func join(_ branches: [Int: Tensor], step: Int, into predictions: inout [Prediction]) {
        let outputs = (0..<guidance.branches).map { branch in
            guard let output = branches[branch] else {
                preconditionFailure("GuidanceJoin: no branch \(branch) of \(guidance.branches)")
            }
            return output
        }
        let conditional = outputs[0]
        let (images, count) = (conditional.shape[0], latents.count)
        let all = conditional.count / images
        if predictions.count != images {
            let zeros = { (count: Int) in Array(repeating: Float(0), count: count) }
            predictions = (0..<images).map { _ in
                Prediction(output: zeros(count), variance: all > count ? zeros(all - count) : nil)
            }
        }
        for image in 0..<images {
            let start = image * all
            add(outputs, from: start, step: step, to: &predictions[image].output)
            limit(&predictions[image].output, as: conditional, from: start)
            let given = conditional.elements
            for index in 0..<(all - count) {
                predictions[image].variance?[index] = given[start + count + index]
            }
        }
    }

    private func add(_ outputs: [Tensor], from start: Int, step: Int, to sum: inout [Float]) {
        let conditional = outputs[0]
        let given = conditional.elements
        switch guidance.form {
        case .conditional:
            for index in sum.indices { sum[index] = given[start + index] }
        case .classifierFree(let weight):
            let (unconditional, scale) = (outputs[1], Float(weight.value(at: step)))
            let null = unconditional.elements
            for index in sum.indices {
                let free = null[start + index]
                sum[index] = free + scale * (given[start + index] - free)
            }
        case .beyondConditional(let weight):
            let (unconditional, scale) = (outputs[1], Float(weight.value(at: step)))
            let null = unconditional.elements
            for index in sum.indices {
                let told = given[start + index]
                sum[index] = told + scale * (told - null[start + index])
            }
        }
        for (output, weight) in zip(outputs.dropFirst(2), guidance.further) {
            let scale = Float(weight.value(at: step))
            if scale == 0 { continue }
            let other = output.elements
            for index in sum.indices { sum[index] += scale * (given[start + index] - other[start + index]) }
        }
    }

    private func limit(_ sum: inout [Float], as conditional: Tensor, from start: Int) {
        if guidance.limit == .none { return }
        let given = Array(conditional.values[start..<start + sum.count])
        switch guidance.limit {
        case .none: break
        case .rescaled(let share):
            let own = deviation(sum.count) { sum[$0] }
            guard own > 0 else { break }
            let wanted = deviation(sum.count) { given[$0] }
            let factor = Float(share * wanted / own + 1 - share)
            for index in sum.indices { sum[index] *= factor }
        case .normalised(let patch):
            let (height, width) = (latents.height, latents.width)
            for frame in 0..<latents.frames {
                for top in stride(from: 0, to: height, by: patch) {
                    for left in stride(from: 0, to: width, by: patch) {
                        let rows = top..<min(height, top + patch)
                        let columns = left..<min(width, left + patch)
                        let places = (0..<latents.channels).flatMap { channel in
                            rows.flatMap { row in
                                columns.map {
                                    ((channel * latents.frames + frame) * height + row) * width + $0
                                }
                            }
                        }
                        let own = places.reduce(0) { $0 + Double(sum[$1]) * Double(sum[$1]) }
                        let wanted = places.reduce(0) {
                            $0 + Double(given[$1]) * Double(given[$1])
                        }
                        let factor = own > 0 ? Float((wanted / own).squareRoot()) : 1
                        for place in places { sum[place] *= factor }
                    }
                }
            }
        }
    }

    /// The standard deviation of some numbers, unbiased as torch's.
    private func deviation(_ count: Int, _ number: (Int) -> Float) -> Double {
        let mean = (0..<count).reduce(0) { $0 + Double(number($1)) } / Double(count)
        let squares = (0..<count).reduce(0) { sum, index in
            let distance = Double(number(index)) - mean
            return sum + distance * distance
        }
        return (squares / Double(max(1, count - 1))).squareRoot()
    }
}
