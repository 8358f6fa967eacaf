import Testing

@testable import LinearAlgebra

/// Which kernels OpenBLAS is given, by a library that is made up.
@Suite struct OpenBLASKernelsTests {
    /// - Parameters:
    ///   - wrong: kernels that multiply wrong.
    ///   - has: kernels that the library has besides those it took; nil where it cannot take others.
    private func choose(
        _ own: String, best: String?, variable: String? = nil, wrong: Set<String> = [],
        has: Set<String>? = ["SkylakeX", "Haswell", "Prescott"]
    ) throws -> OpenBLASKernels {
        var current = own
        return try OpenBLASKernels.choose(
            best: best, variable: variable, current: { current },
            select: { name in
                guard let has else { return false }
                current = has.contains(name) ? name : own
                return true
            }, isRight: { !wrong.contains(current) })
    }

    @Test(arguments: [("Cooperlake", "SkylakeX"), ("Zen", "Haswell"), ("Nehalem", nil), ("NEOVERSEN2", nil)])
    func whatSuitsIsKept(own: String, best: String?) throws {
        #expect(try choose(own, best: best) == OpenBLASKernels(name: own))
        #expect(try choose(own, best: best, variable: own, has: nil) == OpenBLASKernels(name: own))
    }

    @Test func anUnknownCPUGetsItsKernels() throws {
        let chosen = try choose("Prescott", best: "SkylakeX")
        #expect(chosen.name == "SkylakeX")
        #expect(
            chosen.note?.hasPrefix("OpenBLAS, which does not know this CPU, takes Prescott kernels") == true)
        #expect(chosen.note?.hasSuffix("SkylakeX ones are used") == true)
    }

    @Test(arguments: [("Prescott", "Haswell"), ("Haswell", "SkylakeX"), ("SkylakeX", "Haswell")])
    func theVariableDoesNotForceOthers(forced: String, best: String) throws {
        let chosen = try choose(forced, best: best, variable: forced)
        #expect(chosen.name == best)
        #expect(chosen.note?.hasPrefix("OPENBLAS_CORETYPE=\(forced) takes \(forced) kernels") == true)
    }

    @Test func kernelsThatMultiplyWrongArePassedOver() throws {
        let second = try choose("Prescott", best: "SkylakeX", wrong: ["SkylakeX"])
        #expect(second.name == "Haswell")
        #expect(second.note?.contains("wrong on this CPU with its kernels SkylakeX; Haswell ones") == true)
        let last = try choose("Cooperlake", best: "SkylakeX", wrong: ["Cooperlake", "Haswell"])
        #expect(last.name == "Prescott")
        #expect(last.note?.contains("Cooperlake, Haswell; Prescott") == true)
        let forced = try choose("Haswell", best: "SkylakeX", variable: "Haswell", wrong: ["SkylakeX"])
        #expect(forced.name == "Haswell" && forced.note?.contains("SkylakeX; Haswell ones are used") == true)
    }

    @Test func wrongProductsAreAnError() {
        let error = #expect(throws: LinearAlgebraError.self) {
            _ = try choose("Haswell", best: "Haswell", wrong: ["Haswell", "Prescott"])
        }
        #expect(
            error?.description.contains("with its kernels Haswell, Prescott: use --engine onednn") == true)
    }

    @Test func aLibraryWithOneSetOfKernelsKeepsIt() throws {
        let chosen = try choose("Prescott", best: "SkylakeX", has: nil)
        #expect(chosen.name == "Prescott" && chosen.note?.contains("this build has no others") == true)
    }

    /// The library itself, on this machine.
    @Test func theLibraryTakesThem() throws {
        #expect(try !OpenBLASKernels.chosen.get().name.isEmpty)
        #expect(SampleProduct.all.allSatisfy { $0.isRight(OpenBLASKernels.multiply) })
    }

    /// One wrong number, a column left out, a term left out: each is seen.
    @Test(arguments: [0, 1, 2]) func aWrongProductIsSeen(fault: Int) {
        for product in SampleProduct.all {
            let isRight = product.isRight { size, a, aStride, b, bStride, transposed, c, cStride in
                let columns = fault == 1 ? size.columns - 1 : size.columns
                OpenBLASKernels.multiply(
                    (size.rows, columns, fault == 2 ? size.inner - 1 : size.inner), a, aStride, b, bStride,
                    transposed: transposed, into: c, cStride)
                if fault == 0 { c[cStride * (size.rows - 1)] += 0.015625 }
            }
            #expect(!isRight)
        }
    }
}
