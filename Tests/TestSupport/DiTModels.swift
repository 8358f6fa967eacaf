import Checkpoints
public import Files
public import Models

extension ModelFolder {
    /// The configuration of a folder that holds a DiT.
    public var transformer: DiTConfiguration {
        guard let dit = denoiser as? DiTConfiguration else { preconditionFailure("\(name) holds no DiT") }
        return dit
    }
}

extension DiTConfiguration {
    /// Reads a configuration file.
    public init(diffusers files: any FileTree, _ path: String) throws(ReadError) {
        try self.init(try ConfigurationReader(files, path, classes: Self.models))
    }
}

extension Denoiser {
    /// What layers need to know of images of some classes at one time.
    public func conditioning(_ time: Double, _ labels: [Int]) throws -> Conditioning {
        try conditioning(at: 0, of: SamplingSteps(times: [time]), labels)
    }

    /// The same at a step of a run.
    public func conditioning(at step: Int, of steps: SamplingSteps, _ labels: [Int]) throws -> Conditioning {
        let different = Set(labels).sorted()
        let prepared = try prepare(different.map { PromptState(label: $0) }, configuration.latents, steps)
        let known = Dictionary(uniqueKeysWithValues: zip(different, prepared))
        return Conditioning(labels.compactMap { known[$0] }, step: step)
    }
}
