import FoundationEssentials

/// What this build and this CPU must be able to do, found without the code under test: an engine that breaks fails its
/// tests, and does not vanish from them.
public enum Machine {
    /// Whether this build has the package trait OneDNN.
    public static var hasOneDNN: Bool {
        #if OneDNN
            true
        #else
            false
        #endif
    }

    /// Whether the CPU has AVX2 and FMA.
    public static let hasAVX2 = flags.isSuperset(of: ["avx2", "fma"])

    /// Whether the CPU has AVX-512 with BW, VL and DQ.
    public static let hasAVX512 =
        hasAVX2 && flags.isSuperset(of: ["avx512f", "avx512bw", "avx512vl", "avx512dq"])

    /// Whether oneDNN must be able to multiply in bf16.
    public static var hasBF16: Bool { hasOneDNN && hasAVX512 }

    /// The CPU's own words for what it can do, as Linux lists them on x86-64; none elsewhere.
    private static let flags: Set<String> = {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("flags") } ?? ""
        return Set(line.split(whereSeparator: { " \t:".contains($0) }).map(String.init))
    }()
}
