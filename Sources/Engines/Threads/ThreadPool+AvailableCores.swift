import CKernels
import Platform

extension ThreadPool {
    /// Cores that this process may run on, by its affinity mask; at least one.
    ///
    /// mpirun and Slurm bind ranks by that mask, so the number of cores of the machine would be too many.
    public static var availableCores: [Int] {
        let cores = cores(of: 0)
        return cores.isEmpty ? [0] : cores
    }

    /// Cores that the process which started this one may run on; none if that cannot be seen.
    public static var coresOfParent: [Int] { cores(of: getppid()) }

    private static func cores(of process: Int32) -> [Int] {
        // Safe: the function writes as many numbers as there is room for, and says how many there are.
        let count = Int(ckernels_cores(process, nil, 0))
        return [Int32](unsafeUninitializedCapacity: count) { cores, written in
            written = min(count, Int(ckernels_cores(process, cores.baseAddress, Int32(count))))
        }.map(Int.init)
    }
}
