/// What a rank spends time on.
public enum SpanCategory: String, CaseIterable, Codable, CodingKeyRepresentable, Sendable {
    /// Reading and packing weights.
    case load
    /// Calibrating and making the plan.
    case plan
    /// Embedding latents at a computed step.
    case embed
    /// Running this rank's blocks at a computed step.
    case compute
    /// The gather stage of a computed step: final layer, guidance, correction, scheduler.
    case gather
    /// The steps that the gather stage takes without the blocks.
    case reuse
    /// Starting sends, and waiting until a buffer has been sent.
    case send
    /// Waiting for a message of another rank.
    case wait
    /// The VAE decoder.
    case decode
    /// Writing files.
    case write
}
