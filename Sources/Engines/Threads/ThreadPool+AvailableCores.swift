import CKernels

extension ThreadPool {
    /// Cores that this process may run on, by its affinity mask; at least 1.
    ///
    /// mpirun and Slurm bind ranks by that mask, so the number of cores of the machine would be too many.
    public static var availableCores: Int { Int(ckernels_available_cores()) }
}
