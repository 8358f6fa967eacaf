public import RunTrace
public import Tensors
public import Transport

extension LoadedStage {
    /// Takes this rank through the decoding of final latents that an earlier run has left on rank 0, shared by the ranks
    /// as those of a run are.
    /// - Parameters:
    ///   - run: whose images they are; the same on every rank.
    ///   - returnsLatents: whether each is delivered with its picture.
    ///   - latent: called on rank 0 for each image's, [C, H, W].
    ///   - deliver: called on rank 0 with each finished image.
    /// - Throws: `SamplingError`, `TransportError`, what the functions throw.
    public func decode(
        _ run: RunDescription, communicator: any Communicator, trace: TraceRecorder, returnsLatents: Bool,
        latent: (_ image: Int) throws -> Tensor, deliver: @escaping (FinishedImage) throws -> Void
    ) throws {
        let context = try StageContext(
            run: run, stage: self, communicator: communicator, trace: trace, initialLatents: nil)
        let decoding = try DecodeStage(context, from: 0, returnsLatents: returnsLatents, deliver: deliver)
        communicator.isAway = false
        defer { communicator.isAway = true }
        if communicator.rank == 0 {
            for image in run.images.indices {
                try decoding.offer(image: image, latent: try communicator.away { try latent(image) })
            }
        }
        try decoding.finish(below: run.images.count)
    }
}
