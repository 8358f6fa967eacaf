import CKernels

extension ThreadPool {
    /// Cores that this process may run on, by its affinity mask; at least one.
    ///
    /// mpirun and Slurm bind ranks by that mask, so the number of cores of the machine would be too many.
    public static var availableCores: [Int] {
        let cores = (0..<1024).filter { ckernels_may_run_on(Int32($0)) }
        return cores.isEmpty ? [0] : cores
    }
}
