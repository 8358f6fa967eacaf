#if OneDNN
    import COneDNN

    /// A primitive of oneDNN, its operands' layouts, and for each worker the operands of its calls.
    final class OneDNNOperation {
        private let runtime: OneDNNRuntime
        private let operation: UnsafeMutablePointer<onednn_operation>
        private let calls: UnsafeMutablePointer<onednn_call>

        /// - Parameter create: fills in the operation.
        init(
            _ runtime: OneDNNRuntime, _ what: @autoclosure () -> String,
            create: (dnnl_engine_t, UnsafeMutablePointer<onednn_operation>) -> dnnl_status_t
        ) {
            self.runtime = runtime
            operation = .allocate(capacity: 1)
            operation.initialize(to: onednn_operation())
            runtime.useOneThread()
            runtime.check(create(runtime.engine, operation), what())
            calls = .allocate(capacity: runtime.workers)
            calls.initialize(repeating: onednn_call(), count: runtime.workers)
            for worker in 0..<runtime.workers {
                runtime.check(onednn_call_create(runtime.engine, operation, calls + worker), what())
            }
        }

        deinit {
            for worker in 0..<runtime.workers { onednn_call_destroy(calls + worker) }
            onednn_operation_destroy(operation)
            calls.deallocate()
            operation.deallocate()
        }

        var weightsLayout: onednn_layout { operation.pointee.weights }
        var destinationByteCount: Int { onednn_layout_bytes(&operation.pointee.destination) }
        var scratchByteCount: Int { onednn_layout_bytes(&operation.pointee.scratchpad) }

        /// Runs on the calling thread, as one of the pool's workers.
        func run(
            worker: Int, source: UnsafeRawPointer, weights: UnsafeRawPointer? = nil,
            bias: UnsafeRawPointer? = nil, destination: UnsafeMutableRawPointer,
            scratch: UnsafeMutableRawPointer
        ) {
            runtime.useOneThread()
            let status = onednn_call_run(
                operation, calls + worker, runtime.stream(of: worker), source, weights, bias, destination,
                scratch)
            runtime.check(status, "an operation")
        }
    }
#endif
