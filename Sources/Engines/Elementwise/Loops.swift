import CKernels

/// The loops that suit this CPU best.
let loops: ckernels_loops = {
    guard let table = ckernels_loops_at(ckernels_best_level()) else {
        preconditionFailure("CKernels: no loops at level \(ckernels_best_level())")
    }
    return table.pointee
}()

/// The name of their instruction set.
var loopLevelName: String {
    switch ckernels_best_level() {
    case CKERNELS_AVX512: "avx512"
    case CKERNELS_AVX2: "avx2"
    default: "baseline"
    }
}

extension Activation {
    /// The same, as the loops name it.
    var loop: ckernels_activation {
        switch self {
        case .identity: CKERNELS_IDENTITY
        case .silu: CKERNELS_SILU
        case .gelu: CKERNELS_GELU
        case .exactGELU: CKERNELS_EXACT_GELU
        case .quickGELU: CKERNELS_QUICK_GELU
        case .relu: CKERNELS_RELU
        case .tanh: CKERNELS_TANH
        }
    }
}
