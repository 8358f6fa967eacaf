import CKernels
import COpenBLAS
import Platform

/// Which of its kernels OpenBLAS multiplies with in this process.
///
/// The library chooses by the CPU's model, takes an old one for a CPU that is newer than itself, and obeys
/// OPENBLAS_CORETYPE. So they are chosen here by the CPU's instructions; and as some builds multiply wrong on some CPUs,
/// none is used that has not multiplied right.
package struct OpenBLASKernels: Equatable {
    /// The library's name of them.
    package var name: String
    /// What is to be said of them, a sentence; nil if they are those that the library had taken.
    package var note: String?

    /// This process's, chosen when first asked for.
    package static let chosen = Result { () throws(LinearAlgebraError) in
        openblas_set_num_threads(1)
        try OpenBLASBuffers.reserve(1)
        return try choose(
            best: bestName, variable: getenv("OPENBLAS_CORETYPE").map { String(cString: $0) },
            current: { currentName },
            select: { setenv("OPENBLAS_CORETYPE", $0, 1) == 0 && openblas_choose_kernels() },
            isRight: { SampleProduct.all.allSatisfy { $0.isRight(multiply) } })
    }

    private static var currentName: String { String(cString: openblas_get_corename()) }

    /// The kernels for this CPU's instructions; nil where there is nothing to choose.
    private static var bestName: String? {
        switch ckernels_best_level() {
        case CKERNELS_AVX512: "SkylakeX"
        case CKERNELS_AVX2: "Haswell"
        default: nil
        }
    }
}

extension OpenBLASKernels {
    /// Kernels by the instructions that they need, poorest first; others that need the same stand behind them.
    private static let ladder: [(name: String, others: Set<String>)] = [
        (
            "Prescott",
            [
                "Katmai", "Coppermine", "Northwood", "Banias", "Atom", "Core2", "Penryn", "Dunnington",
                "Nehalem", "Athlon", "Opteron", "Opteron_SSE3", "Barcelona", "Bobcat", "Nano", "Sandybridge",
                "Bulldozer", "Piledriver", "Steamroller", "Excavator",
            ]
        ),
        ("Haswell", ["Zen"]),
        ("SkylakeX", ["Cooperlake", "SapphireRapids"]),
    ]

    /// Where kernels stand on the ladder; nil for other architectures' and later versions'.
    private static func step(_ name: String) -> Int? {
        ladder.firstIndex { $0.name == name || $0.others.contains(name) }
    }

    /// The best kernels that multiply right.
    /// - Parameters:
    ///   - best: those for the CPU's instructions; nil where there is nothing to choose.
    ///   - variable: the value of OPENBLAS_CORETYPE.
    ///   - current: the name of those in use.
    ///   - select: takes others, if the library can.
    ///   - isRight: whether those in use multiply right.
    /// - Throws: ``LinearAlgebraError`` if all multiply wrong.
    static func choose(
        best: String?, variable: String?, current: () -> String, select: (String) -> Bool,
        isRight: () -> Bool
    ) throws(LinearAlgebraError) -> OpenBLASKernels {
        let own = current()
        let (ownStep, top) = (step(own), best.flatMap(step) ?? -1)
        let suits = top < 0 || ownStep == nil || ownStep == top
        let descent = ladder.prefix(top + 1).reversed().map(\.name).filter { !suits || step($0) != ownStep }
        var wrong: [String] = []
        for name in suits ? [own] + descent : descent + [own] where !wrong.contains(name) {
            if current() != name {
                guard select(name), current() == name else { continue }
            }
            guard isRight() else {
                wrong.append(name)
                continue
            }
            var note: String?
            if !wrong.isEmpty {
                note =
                    "OpenBLAS multiplies wrong on this CPU with its kernels \(wrong.joined(separator: ", ")); "
                    + "\(name) ones are used"
            } else if !suits {
                let cause =
                    variable.map { "OPENBLAS_CORETYPE=\($0)" } ?? "OpenBLAS, which does not know this CPU,"
                let end =
                    name == own
                    ? "and this build has no others: use --engine onednn" : "\(name) ones are used"
                note = "\(cause) takes \(own) kernels, which do not suit this CPU; \(end)"
            }
            return OpenBLASKernels(name: name, note: note)
        }
        throw LinearAlgebraError(
            "OpenBLAS multiplies wrong on this CPU with its kernels \(wrong.joined(separator: ", ")): use "
                + "--engine onednn, or another build of OpenBLAS")
    }
}
