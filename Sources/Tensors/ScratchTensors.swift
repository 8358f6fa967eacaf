/// Tensors that are kept from one use to the next, so that a loop takes memory at its start and then no more.
public final class ScratchTensors {
    private struct Key: Hashable {
        var use: String
        var shape: [Int]
        var type: ElementType
    }

    private var tensors: [Key: Tensor] = [:]

    /// None yet.
    public init() {}

    /// The tensor of a use, shape and type, with the numbers that its last user has left in it; zeros at first.
    /// - Parameter use: what it is for; two that are needed at once have two names.
    public func tensor(_ use: String, _ shape: [Int], _ type: ElementType = .f32) -> Tensor {
        let key = Key(use: use, shape: shape, type: type)
        if let known = tensors[key] { return known }
        let tensor = Tensor(zeros: shape, type)
        tensors[key] = tensor
        return tensor
    }
}
