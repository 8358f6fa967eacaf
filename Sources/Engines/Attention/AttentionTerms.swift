import Tensors

/// What an attention computes beside its products.
public struct AttentionTerms {
    /// H: query and result rows are H heads wide, key and value rows a divisor of H (grouped-query attention, arXiv
    /// 2305.13245).
    public var heads: Int
    /// What scores are multiplied by, above 0; nil for 1 / √(head width).
    public var scale: Float?
    /// How many keys of each image count, the first ones: at least 1 of each; nil for all.
    ///
    /// The others are not read, so that the result is that of an attention without them.
    public var keyCounts: [Int]?
    /// f32 [H or 1, Nq or 1, Nk], added to scaled scores; an extent of 1 stands for all heads or queries.
    public var bias: Tensor?
    /// Whether query i sees keys 0…i only.
    public var isCausal: Bool

    /// Plain attention, if nothing else is said.
    public init(
        heads: Int, scale: Float? = nil, keyCounts: [Int]? = nil, bias: Tensor? = nil, isCausal: Bool = false
    ) {
        self.heads = heads
        self.scale = scale
        self.keyCounts = keyCounts
        self.bias = bias
        self.isCausal = isCausal
    }
}

extension Engine {
    /// Self-attention, softmax(Q Kᵀ / √(D/H)) V, for each image and head.
    /// - Parameters:
    ///   - qkv: [M, N, 3·D] of `activationType`: query, key and value of a token side by side.
    ///   - heads: H; D is a multiple of it.
    ///   - y: [M, N, D] of `activationType`.
    public func attention(_ qkv: Tensor, heads: Int, into y: Tensor) {
        precondition(
            qkv.shape.count == 3 && qkv.shape[2] % 3 == 0, "attention: query, key and value in \(qkv.shape)")
        let width = qkv.shape[2] / 3
        attention(
            qkv.columns(0..<width), qkv.columns(width..<2 * width), qkv.columns(2 * width..<3 * width),
            AttentionTerms(heads: heads), into: RowsView(y))
    }
}
