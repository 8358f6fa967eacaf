import Benchmarks
import Checkpoints

/// The folder that a scaling report is written to, if there is one.
struct BenchOutput {
    private let json: String?
    private let svg: String?
    private let folder: String?

    init(_ folder: String?) {
        self.folder = folder
        let prefix = folder.map { $0.hasSuffix("/") ? $0 : $0 + "/" }
        json = prefix.map { $0 + "scaling.json" }
        svg = prefix.map { $0 + "scaling.svg" }
    }

    /// Checks that it can be written, before any work is done.
    /// - Throws: `WriteError`.
    func check() throws(WriteError) {
        if let folder { try WholeFile.checkFolder(folder) }
    }

    /// - Throws: `WriteError`.
    func write(_ report: ScalingReport) throws {
        guard let folder, let json, let svg else { return }
        try WholeFile.makeFolder(folder)
        try WholeFile.write(try report.json(), to: json)
        try WholeFile.write(Array(report.svg().utf8), to: svg)
        print("\(json)\n\(svg)")
    }
}
