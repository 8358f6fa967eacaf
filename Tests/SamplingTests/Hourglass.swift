import CachePlanning
import Checkpoints
import Engines
import Foundation
import Models
import Tensors

/// A model with ways past its blocks and a row that the final layer does not read, in plain arithmetic.
struct HourglassConfiguration: DenoiserConfiguration {
    static let family = "hourglass"
    static let pipelines: [DiffusersClass] = []
    static let models: [DiffusersClass] = []
    static let names: [String] = []
    static func named(_ name: String) -> (any DenoiserConfiguration)? { nil }
    static let usualSteps = 8

    let usualGuidance = 3.0
    let text = ""
    let kind = "hourglass"
    let blocks = 5
    let latents = LatentShape(channels: 2, height: 6, width: 6)
    let outputChannels = 2
    let classes = 4
    let nullPrompt = PromptState(label: 4)
    let placeholderPrompt = PromptState(label: 0)
    let longSkips = [LongSkip(from: 0, to: 4), LongSkip(from: 1, to: 3)]
    let sumsModules = false
    let summary = ""

    init() {}
    init(_ reader: ConfigurationReader) {}

    /// A row of time and class, and a row for each patch of 2 × 2 pixels.
    func layout(_ latents: LatentShape, _ prompt: PromptState) -> TokenLayout {
        TokenLayout(rows: 10, width: 4, kept: 1..<10)
    }
    func products(_ latents: LatentShape, _ prompt: PromptState) -> [BlockProducts] {
        (0..<blocks).map { BlockProducts(attention: 2, mlp: 1, modulation: $0 > 2 ? 1 : 0) }
    }
    func layers(_ share: ModelShare) -> [LayerSpecification] { [] }
    func denoiser(
        _ share: ModelShare, _ weights: WeightArchive, _ engine: any Engine, afterEach: @escaping () -> Void
    ) -> any Denoiser { Hourglass(share) }
}

final class Hourglass: Denoiser {
    final class Prompt: PreparedPrompt {
        let byteCount = 0
        let label: Int
        let steps: SamplingSteps

        init(_ label: Int, _ steps: SamplingSteps) { (self.label, self.steps) = (label, steps) }
    }

    let configuration: any DenoiserConfiguration = HourglassConfiguration()
    let share: ModelShare
    let weightBytes = 0
    private let stepsAtOnce: Int

    init(_ share: ModelShare, stepsAtOnce: Int = .max) {
        (self.share, self.stepsAtOnce) = (share, stepsAtOnce)
    }

    func part(_ share: ModelShare) -> any Denoiser { Hourglass(share, stepsAtOnce: stepsAtOnce) }
    func stepsToPrepare(prompts: Int) -> Int { stepsAtOnce }

    func prepare(
        _ prompts: [PromptState], _ latents: LatentShape, _ steps: SamplingSteps
    ) -> [any PreparedPrompt] {
        prompts.map { Prompt($0.label ?? -1, steps) }
    }

    func embed(_ latents: Tensor, _ conditioning: Conditioning, into rows: Tensor) {
        for (image, prompt) in conditioning.prompts.enumerated() {
            guard let prompt = prompt as? Prompt else { continue }
            let time = Float(prompt.steps.times[conditioning.step]) / 1000
            rows[image].rows(0..<1).assign([time, Float(prompt.label) / 4, 0, 1])
            embedKept(latents.rows(image..<image + 1), conditioning, into: rows[image].rows(1..<10))
        }
    }

    func embedKept(_ latents: Tensor, _ conditioning: Conditioning, into kept: Tensor) {
        let pixels = latents.values
        kept.assign(
            (0..<kept.count).map { place in
                let (image, token, number) = (place / 36, place / 4 % 9, place % 4)
                let pixel = (token / 3 * 2 + number / 2) * 6 + token % 3 * 2 + number % 2
                return pixels[image * 72 + pixel] - pixels[image * 72 + 36 + pixel] / 2
            })
    }

    func run(
        _ block: Int, _ rows: Tensor, _ conditioning: Conditioning, skip: Tensor?, _ modules: BlockModules
    ) {
        for prompt in conditioning.prompts.compactMap({ $0 as? Prompt }) {
            precondition(
                prompt.steps.throughBlocks.contains(conditioning.step), "a step that was not prepared")
        }
        let left = skip?.values
        var values = rows.values
        for place in values.indices {
            if let left { values[place] = (values[place] + 2 * left[place]) / 3 }
        }
        for module in BlockModule.allCases {
            let output = Tensor(zeros: rows.shape)
            if let cached = modules.cached(module, output) {
                output.copy(from: cached)
            } else {
                output.assign(
                    values.indices.map { place in
                        let image = place / 40 * 40
                        return sin(
                            Float(block + module.rawValue) + values[place] + 2 * values[image + place % 2])
                            / 5
                    })
                modules.computed(module, output)
            }
            let added = output.values
            for place in values.indices { values[place] += added[place] }
        }
        rows.assign(values)
    }

    func add(
        _ output: Tensor, of module: BlockModule, in block: Int, at conditioning: Conditioning, to sum: Tensor
    ) { preconditionFailure("an hourglass sums no modules") }

    func firstInput(_ rows: Tensor, _ conditioning: Conditioning, into input: Tensor) {
        input.copy(from: rows)
    }

    func predict(_ kept: Tensor, _ conditioning: Conditioning, into output: Tensor) {
        let rows = kept.values
        output.assign(
            (0..<output.count).map { place in
                let (image, channel, y, x) = (place / 72, place / 36 % 2, place / 6 % 6, place % 6)
                return rows[image * 36 + (y / 2 * 3 + x / 2) * 4 + y % 2 * 2 + x % 2] / Float(1 + channel)
            })
    }
}
