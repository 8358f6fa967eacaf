import CKernels
import Tensors

extension AlignedBytes {
    /// Where the memory starts; good as long as somebody holds `self`.
    var address: UnsafeMutableRawPointer {
        withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { preconditionFailure("AlignedBytes: no memory") }
            return base
        }
    }
}

extension Tensor {
    /// Where the elements start.
    // Safe: used on parameters, which their caller holds until the call returns, and on stored properties.
    var address: UnsafeMutableRawPointer { storage.address + byteOffset }

    /// Where the elements of an f32 tensor start.
    var floatAddress: UnsafeMutablePointer<Float> {
        precondition(elementType == .f32, "Tensor: elements are \(elementType), not f32")
        return address.assumingMemoryBound(to: Float.self)
    }

    /// The elements' format, as the loops name it.
    var format: ckernels_format { elementType.format }
}

extension RowsView {
    /// Where a number stands.
    // Safe: within the tensor, as views are made, and held like it.
    func address(image: Int, row: Int, column: Int = 0) -> UnsafeMutableRawPointer {
        tensor.address + index(image: image, row: row, column: column) * elementType.byteCount
    }

    /// The numbers' format, as the loops name it.
    var format: ckernels_format { tensor.format }
}

extension ElementType {
    /// The same, as the loops name it.
    var format: ckernels_format {
        switch self {
        case .f32: CKERNELS_F32
        case .bf16: CKERNELS_BF16
        case .f16: CKERNELS_F16
        }
    }
}
