/// One of the two parts of a transformer block whose output a cache may hold.
public enum BlockModule: Int, CaseIterable, Sendable {
    /// Self-attention, its output projection included.
    case attention
    /// The feed-forward layers.
    case mlp
}
