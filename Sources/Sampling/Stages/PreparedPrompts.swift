import Models

/// What a rank's model keeps of the prompts that are under way.
final class PreparedPrompts {
    private let denoiser: any Denoiser
    private let latents: LatentShape
    private let steps: SamplingSteps
    private var prepared: [PromptState: any PreparedPrompt] = [:]

    init(_ denoiser: any Denoiser, _ latents: LatentShape, _ steps: SamplingSteps) {
        self.denoiser = denoiser
        self.latents = latents
        self.steps = steps
    }

    /// What layers need to know of some prompts at a step.
    /// - Parameter wave: the prompts that are under way together with them; where one of those wanted is not known, all
    ///   of these are prepared that are not, and others let go.
    func conditioning(
        _ wanted: [PromptState], step: Int, wave: () -> [PromptState]
    ) -> Conditioning {
        if wanted.contains(where: { prepared[$0] == nil }) { prepare(wave()) }
        return Conditioning(
            wanted.map { prompt in
                guard let known = prepared[prompt] else {
                    preconditionFailure("PreparedPrompts: a prompt of another wave")
                }
                return known
            }, step: step)
    }

    private func prepare(_ wave: [PromptState]) {
        prepared = prepared.filter { wave.contains($0.key) }
        var missing: [PromptState] = []
        for prompt in wave where prepared[prompt] == nil && !missing.contains(prompt) {
            missing.append(prompt)
        }
        for (prompt, state) in zip(missing, denoiser.prepare(missing, latents, steps)) {
            prepared[prompt] = state
        }
    }
}
