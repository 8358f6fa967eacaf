#if OneDNN
    import COneDNN
    import Tensors

    /// oneDNN's engine, and for each worker of the pool a stream.
    final class OneDNNRuntime {
        let engine: dnnl_engine_t
        let workers: Int
        private let streams: [dnnl_stream_t]
        private let setThreads: onednn_thread_setter?

        init(workers: Int) throws(EngineError) {
            var engine: dnnl_engine_t?
            guard dnnl_engine_create(&engine, dnnl_cpu, 0) == dnnl_success, let engine else {
                throw EngineError("oneDNN: no engine for this CPU; use --engine openblas")
            }
            var streams: [dnnl_stream_t] = []
            for _ in 0..<workers {
                var stream: dnnl_stream_t?
                let status = dnnl_stream_create(&stream, engine, dnnl_stream_default_flags.rawValue)
                guard status == dnnl_success, let stream else {
                    throw EngineError("oneDNN: no stream (status \(status.rawValue))")
                }
                streams.append(stream)
            }
            self.engine = engine
            self.workers = workers
            self.streams = streams
            setThreads = onednn_find_thread_setter()
        }

        deinit {
            streams.forEach { _ = dnnl_stream_destroy($0) }
            _ = dnnl_engine_destroy(engine)
        }

        /// Keeps the library on the calling thread: its OpenMP team is a property of the thread that calls.
        ///
        /// To be called before an operation is created or run.
        func useOneThread() { setThreads?(1) }

        func stream(of worker: Int) -> dnnl_stream_t { streams[worker] }

        /// Stops on what the library refuses: sizes and layouts were checked before, so it is a mistake here, or memory
        /// has run out.
        func check(_ status: dnnl_status_t, _ what: @autoclosure () -> String) {
            if status == dnnl_out_of_memory { MemoryShortage.met(for: "oneDNN: \(what())") }
            precondition(status == dnnl_success, "oneDNN: \(what()): status \(status.rawValue)")
        }
    }
#endif
