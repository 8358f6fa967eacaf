import Engines
import Tensors

extension Engine {
    /// The same numbers in the type that products take: `x` itself when it has it already.
    func inActivationType(_ x: Tensor) -> Tensor {
        guard x.elementType != activationType else { return x }
        let converted = Tensor(zeros: x.shape, activationType)
        convert(x, into: converted)
        return converted
    }
}
