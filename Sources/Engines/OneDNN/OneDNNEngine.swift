#if OneDNN
    import COneDNN
    import Tensors

    /// Products by oneDNN, in f32 or bf16.
    final class OneDNNEngine: Engine {
        let precision: Precision
        let pool: ThreadPool
        let runtime: OneDNNRuntime
        let scratch: WorkerScratch
        private var operations: [OneDNNMatmulShape: OneDNNOperation] = [:]
        var convolutions: [OneDNNConvolutionShape: OneDNNOperation] = [:]
        var activationType: ElementType { precision == .bf16 ? .bf16 : .f32 }

        var description: EngineDescription {
            EngineDescription(
                name: "onednn", precision: precision, threads: pool.threads,
                kernels: "oneDNN \(oneDNNVersion) \(oneDNNInstructionSet().name), CKernels \(loopLevelName)")
        }

        init(precision: Precision, _ pool: ThreadPool) throws(EngineError) {
            self.precision = precision
            self.pool = pool
            runtime = try OneDNNRuntime(workers: pool.threads)
            scratch = WorkerScratch(workers: pool.threads)
        }

        /// The operation for products of that shape, made when first asked for.
        func operation(_ shape: OneDNNMatmulShape) -> OneDNNOperation {
            if let made = operations[shape] { return made }
            let made = shape.operation(runtime)
            operations[shape] = made
            return made
        }

        func pack(weight: Tensor, bias: Tensor?) -> any PackedLinear {
            OneDNNLinear(weight: weight, bias: bias, self)
        }

        func pack(convolution weight: Tensor, bias: Tensor?, stride: Int) -> any PackedConvolution {
            OneDNNConvolution(weight: weight, bias: bias, stride: stride, self)
        }
    }
#endif
