/// One layer of a model as its files hold it: the declaration by which it is read, asked for, checked and counted.
public struct LayerSpecification: Sendable, Equatable {
    /// What a layer is made of.
    public enum Kind: Sendable, Equatable {
        /// y = W·x + b: `name.weight` [outputs, inputs] and, unless there is none, `name.bias` [outputs].
        ///
        /// - `stored`: the weight's shape in the file where it is another with as many numbers, as a strided
        ///   convolution's that is a product.
        case linear(inputs: Int, outputs: Int, hasBias: Bool = true, stored: [Int]? = nil)
        /// A tensor of the given shape, `name` itself.
        case tensor([Int])
    }

    /// A name in the file; several are read as one, their outputs side by side.
    public let names: [String]
    /// What it is made of.
    public let kind: Kind
    /// The part that it belongs to.
    public let part: ModelPart
    /// What tables call a layer through which every row of a block goes; nil for others.
    public let use: String?
    /// Whether it is used while steps run.
    ///
    /// Another is used to prepare prompts alone: where files can be read again, it is read then, and let go.
    public let stays: Bool

    /// A layer of the given names.
    public init(
        _ names: [String], _ kind: Kind, in part: ModelPart, use: String? = nil, stays: Bool = true
    ) {
        self.stays = stays
        self.names = names
        self.kind = kind
        self.part = part
        self.use = use
    }

    /// Its tensors in the order in which they are read.
    public var tensors: [(name: String, shape: [Int])] {
        names.flatMap { name -> [(name: String, shape: [Int])] in
            switch kind {
            case .linear(let inputs, let outputs, let hasBias, let stored):
                [(name + ".weight", stored ?? [outputs, inputs])]
                    + (hasBias ? [(name + ".bias", [outputs])] : [])
            case .tensor(let shape): [(name, shape)]
            }
        }
    }

    /// Multiplications for one row, which are the numbers of a linear layer's weights.
    public var multiplications: Int {
        guard case .linear(let inputs, let outputs, _, _) = kind else { return 0 }
        return names.count * inputs * outputs
    }

    /// Numbers in all.
    public var parameters: Int { tensors.reduce(0) { $0 + $1.shape.reduce(1, *) } }
}
