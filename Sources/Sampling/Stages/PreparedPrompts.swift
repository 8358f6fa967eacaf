import Checkpoints
import Files
import Models

/// What a rank's model keeps of the prompts that are under way, for as many steps as it prepares at once.
final class PreparedPrompts {
    private let denoiser: any Denoiser
    private let latents: LatentShape
    private let steps: SamplingSteps
    /// By step, its place among those that go through blocks.
    private let places: [Int: Int]
    /// How many spans of steps are asked for by turns.
    private let mostSpans: Int
    /// The prompts of the wave at hand, no two alike, and how many steps are prepared at once.
    private var wave: [PromptState] = []
    private var length = 1
    private var spans: [Int: [PromptState: any PreparedPrompt]] = [:]

    init(_ denoiser: any Denoiser, _ latents: LatentShape, _ steps: SamplingSteps, mostSpans: Int) {
        self.denoiser = denoiser
        self.latents = latents
        self.steps = steps
        self.mostSpans = mostSpans
        places = steps.throughBlocks.enumerated().reduce(into: [:]) { $0[$1.element] = $1.offset }
    }

    /// What layers need to know of some prompts at a step.
    /// - Parameter underWay: the prompts that are under way together with them, asked for where one of those wanted is not
    ///   known: all of them are prepared then, and others let go.
    /// - Throws: what an archive throws that is read for it.
    func conditioning(
        _ wanted: [PromptState], step: Int, underWay: () -> [PromptState]
    ) throws(ReadError) -> Conditioning {
        if !wanted.allSatisfy(wave.contains) { begin(underWay()) }
        // A step that goes through no block asks for its time alone, which every span has.
        let span = places[step].map { $0 / length } ?? spans.keys.max() ?? 0
        if wanted.contains(where: { spans[span]?[$0] == nil }) { try prepare(span) }
        let known = spans[span] ?? [:]
        return Conditioning(wanted.compactMap { known[$0] }, step: step)
    }

    private func begin(_ underWay: [PromptState]) {
        wave = underWay.reduce(into: []) { wave, prompt in
            if !wave.contains(prompt) { wave.append(prompt) }
        }
        let length = denoiser.stepsToPrepare(prompts: wave.count * mostSpans)
        if length != self.length { spans = [:] }
        self.length = length
        for span in spans.keys { spans[span] = spans[span]?.filter { wave.contains($0.key) } }
    }

    private func prepare(_ span: Int) throws(ReadError) {
        // The span before is over, unless sums are made for steps ahead by turns with a step's own.
        for other in spans.keys where other != span && !(mostSpans > 1 && other == span - 1) {
            spans[other] = nil
        }
        let missing = wave.filter { spans[span]?[$0] == nil }
        let through = steps.throughBlocks.dropFirst(span * length).prefix(length)
        let prepared = try denoiser.prepare(
            missing, latents, SamplingSteps(times: steps.times, throughBlocks: Array(through)))
        for (prompt, state) in zip(missing, prepared) { spans[span, default: [:]][prompt] = state }
    }
}
