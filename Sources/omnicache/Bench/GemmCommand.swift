import ArgumentParser
import Benchmarks
import Checkpoints
import Engines
import Models
import RunReport
import Tables
import Transport

/// `omnicache bench gemm`.
struct GemmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gemm",
        abstract: "Measure the model's matrix products with every engine and precision.",
        discussion: """
            The last row is the matrix rate: each product by its fastest engine, weighted
            by operations. Under mpirun all ranks measure at once.

            Examples:
              omnicache bench gemm
              omnicache bench gemm --shape DiT-XL/2 --threads 1
              mpirun -np 2 omnicache bench gemm --shape DiT-XL/2
            """)

    @OptionGroup var subject: BenchModelOptions

    @Option(help: "A diffusers folder. Default: the built-in model.")
    var model: String?

    @Option(
        help: "Threads of each rank. Default: the cores that it may use, shared with the ranks on its host.")
    var threads: Int?

    func validate() throws {
        try subject.validate(with: model)
        if let threads, threads < 1 || threads > 1024 {
            throw ValidationError("--threads \(threads): expected 1 to 1024.")
        }
    }

    func run() throws {
        RankSession.run { session in
            let communicator = session.communicator
            let source = subject.shape.map { ModelSource(RandomModel($0)) } ?? ModelSource(path: model)
            let folder = try communicator.agreeOnErrors {
                // A configuration alone may ask for products of any size; its tensors cannot.
                let folder = try ModelFolder(source.files)
                try folder.requireWholeModel()
                return folder
            }
            let products = MatrixProduct.all(of: folder.denoiser, images: 2)
            let rates = try ResidentProducts(products, threads: threads, session)
                .measure(for: 0.3, communicator)
            let hosts = try communicator.allGather(communicator.hostName)
            guard session.isFirst else { return }
            print(
                "\(folder.name), products of a guided step, GFLOP/s (median, ± half of the distance between quartiles)"
            )
            for (rank, own) in rates.enumerated() {
                print("")
                print(Self.table(products, own, place: "rank \(rank) on \(hosts[rank])"))
            }
        }
    }

    private static func table(_ products: [MatrixProduct], _ rates: [ProductRate], place: String) -> String {
        var engines: [EngineDescription] = []
        for rate in rates where !engines.contains(rate.engine) { engines.append(rate.engine) }
        var table = TextTable(["product"] + engines.map { "\($0.name) \($0.precision.rawValue)" })
        for product in products {
            let size = "\(product.images)×\(product.rows)×\(product.inputs)×\(product.outputs)"
            let cells = engines.map { engine in
                rates.first { $0.product == product && $0.engine == engine }.map {
                    "\(fixedPoint($0.flopsPerSecond.median / 1e9, digits: 1)) ± \(fixedPoint(100 * $0.flopsPerSecond.relative, digits: 0)) %"
                } ?? "–"
            }
            table.add(["\(product.name), \(size)"] + cells)
        }
        var lines = [
            place + ", " + counted(engines.first?.threads ?? 0, "thread"), table.text,
        ]
        for precision in Precision.allCases {
            if let rate = rates.matrixRate(precision) {
                lines.append(
                    "matrix rate \(precision.rawValue): \(fixedPoint(rate / 1e9, digits: 1)) GFLOP/s")
            }
        }
        lines += engines.map { "\($0.name) \($0.precision.rawValue): \($0.kernels)" }
        return lines.joined(separator: "\n")
    }
}
