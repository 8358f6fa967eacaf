import Tensors

/// The number format that an engine multiplies in; sums are kept in f32 by both.
public enum Precision: String, Sendable, Codable, CaseIterable {
    /// Single precision throughout.
    case f32
    /// Products of bf16 numbers.
    case bf16
}

/// What computes with, as it stands in the run report.
public struct EngineDescription: Sendable, Codable, Equatable {
    /// `openblas`, `onednn` or `reference`.
    public var name: String
    /// The number format of products.
    public var precision: Precision
    /// Threads of this rank's pool.
    public var threads: Int
    /// The kernels that the library and `CKernels` chose for this CPU.
    public var kernels: String

    /// A description of the given parts.
    public init(name: String, precision: Precision, threads: Int, kernels: String) {
        self.name = name
        self.precision = precision
        self.threads = threads
        self.kernels = kernels
    }
}

/// A linear layer's weights in the engine's own layout.
public protocol PackedLinear: AnyObject {
    /// Length of an input row.
    var inputWidth: Int { get }
    /// Length of an output row.
    var outputWidth: Int { get }
    /// Memory that the weights take.
    var byteCount: Int { get }
}

/// A convolution's weights in the engine's own layout.
public protocol PackedConvolution: AnyObject {
    /// Channels in.
    var inputChannels: Int { get }
    /// Channels out.
    var outputChannels: Int { get }
    /// Rows and columns of the neighbourhood that a pixel is made of: 1 or 3.
    var kernel: Int { get }
    /// Pixels from one neighbourhood to the next: 1 or 2.
    var stride: Int { get }
    /// Memory that the weights take.
    var byteCount: Int { get }
}

/// Matrix products, attention and convolution on one rank's threads.
///
/// Every result depends on the operands of its own image alone: not on the number of threads, nor on the
/// other images of the batch. Engines reach that by cutting each image's rows and each layer's columns at
/// fixed places and giving the pieces, not the places, to threads.
public protocol Engine: AnyObject {
    /// Name, precision, threads and kernels.
    var description: EngineDescription { get }
    /// The threads of this rank.
    var pool: ThreadPool { get }
    /// The element type of what goes in and out of products: f32, or bf16 at bf16 precision.
    var activationType: ElementType { get }

    /// Packs a linear layer.
    /// - Parameters:
    ///   - weight: [out, in] f32, as PyTorch stores it. Not kept.
    ///   - bias: [out] f32, or none.
    func pack(weight: Tensor, bias: Tensor?) -> any PackedLinear

    /// y = activation(x · Wᵀ + b), for each image of the batch by itself.
    /// - Parameters:
    ///   - x: [M, N, in] of `activationType`; M images of N rows.
    ///   - y: [M, N, out], f32 or `activationType`.
    func linear(_ x: Tensor, _ weights: any PackedLinear, activation: Activation, into y: Tensor)

    /// Scaled dot-product attention, softmax(scale · Q Kᵀ + bias) V, for each image and head (arXiv 1706.03762).
    ///
    /// Head h of the query reads head h · K / H of the key and the value.
    /// - Parameters:
    ///   - query: [M, Nq, H·W] of `activationType`: H heads, W wide.
    ///   - key: [M, Nk, K·W] of `activationType`; K divides H.
    ///   - value: as the key.
    ///   - terms: heads, scale, and which keys count how.
    ///   - y: [M, Nq, H·W] of `activationType`.
    func attention(
        _ query: RowsView, _ key: RowsView, _ value: RowsView, _ terms: AttentionTerms, into y: RowsView)

    /// Packs a convolution.
    ///
    /// With stride 1 the image is padded with kernel / 2 zeros on all sides; with stride 2, below and to the right only, as
    /// diffusers' autoencoders do when they shrink (`Downsample2D` with padding 0).
    /// - Parameters:
    ///   - weight: [out, in, k, k] f32 with k = 1 or 3. Not kept.
    ///   - bias: [out] f32, or none.
    ///   - stride: 1, or 2 with k = 3.
    func pack(convolution weight: Tensor, bias: Tensor?, stride: Int) -> any PackedConvolution

    /// y = convolution of x, in f32 at either precision.
    /// - Parameters:
    ///   - x: [H, W, in] f32.
    ///   - adding: whether it is added to what y holds.
    ///   - y: [H / stride, W / stride, out] f32.
    func convolve(_ x: Tensor, _ weights: any PackedConvolution, adding: Bool, into y: Tensor)
}
