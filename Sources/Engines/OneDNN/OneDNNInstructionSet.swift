#if OneDNN
    import COneDNN

    /// The instruction set that oneDNN works with on this CPU, as far as choices depend on it.
    struct OneDNNInstructionSet {
        /// oneDNN's name of it.
        let name: String
        /// AVX2 or more: the library has its own code generators.
        let isFast: Bool
        /// AVX-512 with BW, VL and DQ: the least that its bf16 products work with.
        let hasBF16: Bool
    }

    func oneDNNInstructionSet() -> OneDNNInstructionSet {
        // Rising order; the library reports the highest.
        let names: [(dnnl_cpu_isa_t, String)] = [
            (dnnl_cpu_isa_sse41, "sse41"), (dnnl_cpu_isa_avx, "avx"), (dnnl_cpu_isa_avx2, "avx2"),
            (dnnl_cpu_isa_avx2_vnni, "avx2_vnni"), (dnnl_cpu_isa_avx512_core, "avx512_core"),
            (dnnl_cpu_isa_avx512_core_vnni, "avx512_core_vnni"),
            (dnnl_cpu_isa_avx512_core_bf16, "avx512_core_bf16"),
            (dnnl_cpu_isa_avx512_core_amx, "avx512_core_amx"),
        ]
        let found = dnnl_get_effective_cpu_isa()
        let name = names.first { $0.0 == found }?.1 ?? "isa \(found.rawValue)"
        func has(_ isa: dnnl_cpu_isa_t) -> Bool { found.rawValue & isa.rawValue == isa.rawValue }
        return OneDNNInstructionSet(
            name: name, isFast: has(dnnl_cpu_isa_avx2), hasBF16: has(dnnl_cpu_isa_avx512_core))
    }

    /// Version of the library that is loaded.
    var oneDNNVersion: String {
        guard let version = dnnl_version()?.pointee else { return "of unknown version" }
        return "\(version.major).\(version.minor).\(version.patch)"
    }
#endif
