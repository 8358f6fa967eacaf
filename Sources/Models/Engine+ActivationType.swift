import Engines
import Tensors

extension Engine {
    /// The same numbers in the type that products take: `x` itself when it has it already.
    func inActivationType(_ x: Tensor, _ scratch: ScratchTensors) -> Tensor {
        guard x.elementType != activationType else { return x }
        let converted = scratch.tensor("converted", x.shape, activationType)
        convert(x, into: converted)
        return converted
    }
}
