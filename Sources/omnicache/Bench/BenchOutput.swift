import Benchmarks
import Files

/// The folder that a scaling report is written to, if there is one.
struct BenchOutput {
    private let json: String
    private let svg: String
    private let lock: FolderLock

    /// Takes the folder for this run, before any work is done.
    /// - Throws: `WriteError`, also if another run has it.
    init(_ folder: String, _ session: RankSession) throws(WriteError) {
        let prefix = folder.hasSuffix("/") ? folder : folder + "/"
        json = prefix + "scaling.json"
        svg = prefix + "scaling.svg"
        try WholeFile.makeFolder(folder)
        lock = try session.lock(folder)
    }

    /// - Throws: `WriteError`.
    func write(_ report: ScalingReport) throws {
        try WholeFile.write(try report.json(), to: json)
        try WholeFile.write(Array(report.svg().utf8), to: svg)
        print("\(json)\n\(svg)")
    }
}
