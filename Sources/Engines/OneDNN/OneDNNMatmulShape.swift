#if OneDNN
    import COneDNN
    import Tensors

    /// What a matrix product is made for.
    struct OneDNNMatmulShape: Hashable {
        /// Where the weights lie.
        enum Weights: Hashable {
            /// As the library likes it.
            case packed
            /// Row-major with this stride.
            case rowMajor(Int)
            /// Column-major with this stride.
            case columnMajor(Int)
        }

        var rows: Int
        var inner: Int
        var columns: Int
        var sourceStride: Int
        var weights: Weights
        var destinationStride: Int
        var operandType: ElementType
        var destinationType: ElementType
        var hasBias = false
        var activation = Activation.identity

        /// Makes the operation.
        func operation(_ runtime: OneDNNRuntime) -> OneDNNOperation {
            var shape = onednn_matmul()
            shape.rows = Int64(rows)
            shape.inner = Int64(inner)
            shape.columns = Int64(columns)
            shape.source_stride = Int64(sourceStride)
            shape.destination_stride = Int64(destinationStride)
            switch weights {
            case .packed: break
            case .rowMajor(let stride):
                (shape.weights_row_stride, shape.weights_column_stride) = (Int64(stride), 1)
            case .columnMajor(let stride):
                (shape.weights_row_stride, shape.weights_column_stride) = (1, Int64(stride))
            }
            shape.operand_type = operandType.oneDNN
            shape.destination_type = destinationType.oneDNN
            shape.has_bias = hasBias
            (shape.activation, shape.activation_alpha) = activation.oneDNN
            return OneDNNOperation(runtime, "matmul \(self)") { onednn_matmul_create($0, &shape, $1) }
        }
    }

    extension Activation {
        /// The same, as oneDNN names it, and its parameter.
        fileprivate var oneDNN: (dnnl_alg_kind_t, Float) {
            switch self {
            case .identity: (dnnl_alg_kind_undef, 0)
            case .silu: (dnnl_eltwise_swish, 1)
            case .gelu: (dnnl_eltwise_gelu_tanh, 1)
            case .exactGELU: (dnnl_eltwise_gelu_erf, 1)
            case .quickGELU: (dnnl_eltwise_swish, 1.702)
            case .relu: (dnnl_eltwise_relu, 0)
            case .tanh: (dnnl_eltwise_tanh, 0)
            }
        }
    }

    extension ElementType {
        /// The same, as oneDNN names it.
        var oneDNN: dnnl_data_type_t {
            switch self {
            case .f32: dnnl_f32
            case .bf16: dnnl_bf16
            case .f16: dnnl_f16
            }
        }
    }
#endif
