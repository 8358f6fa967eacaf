import LinearAlgebra

/// What a user may ask for.
public enum EngineChoice: String, CaseIterable, Sendable, Codable {
    /// The faster one that this build and this CPU have.
    case auto
    /// OpenBLAS: f32, every CPU.
    case openblas
    /// oneDNN: f32 and bf16.
    case onednn
}

/// An engine for one rank.
/// - Parameters:
///   - choice: which library.
///   - precision: the number format of products.
///   - threads: how many work at once, at least 1.
///   - betweenPieces: called after a piece of work, of a millisecond or less in a transformer and some ten in a decoder,
///     on one of the threads at a time: what a rank has to look after while it computes.
/// - Throws: ``EngineError`` if this build or this CPU lacks what was asked for, or the system refuses a thread.
public func makeEngine(
    _ choice: EngineChoice, precision: Precision, threads: Int, betweenPieces: (@Sendable () -> Void)? = nil
) throws(EngineError) -> any Engine {
    guard threads > 0 else { throw EngineError("an engine needs at least 1 thread, not \(threads)") }
    let pool = ThreadPool(threads: threads, betweenPieces: betweenPieces)
    guard pool.threads == threads else {
        throw EngineError(
            """
            the system lets \(pool.threads) of \(threads) threads run: raise its limit of processes (ulimit -u, or a \
            container's) or of address space (ulimit -v), or lower --threads
            """, isOfHost: true)
    }
    // Eigensystems take one, whatever the engine.
    do { try OpenBLASBuffers.reserve(1) } catch { throw EngineError(error) }
    #if OneDNN
        let instructionSet = oneDNNInstructionSet()
        if precision == .bf16 && choice != .openblas && !instructionSet.hasBF16 {
            throw EngineError(
                """
                bf16 needs a CPU with AVX-512 (BW, VL and DQ), and this one goes up to \
                \(instructionSet.name); use --precision f32
                """)
        }
        if choice == .onednn || choice == .auto && (instructionSet.isFast || precision == .bf16) {
            return try OneDNNEngine(precision: precision, pool)
        }
    #else
        if choice == .onednn {
            throw EngineError(
                "this build has no oneDNN; build with the package trait OneDNN or use --engine openblas")
        }
    #endif
    guard precision == .f32 else {
        throw EngineError(
            """
            OpenBLAS multiplies in f32 only; use --precision f32, or --engine onednn in a build that has the \
            package trait OneDNN
            """)
    }
    return try OpenBLASEngine(pool)
}
