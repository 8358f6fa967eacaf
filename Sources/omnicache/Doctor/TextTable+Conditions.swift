import Engines
import MPITransport
import Tables

extension TextTable {
    /// What the ranks found, a row for each.
    /// - Parameter exchanges: seconds of rank 0's round trip with each rank.
    init(_ conditions: [HostCondition], _ findings: Findings, exchanges: [Double]) {
        let headings = [
            "rank", "host", "MPI", "omnicache", "CPU", "kernels", "cores", "threads", "MiB free", "needed",
            "network", "exchange", "model",
        ]
        self.init(headings, areText: headings.map { _ in true })
        for (rank, own) in conditions.enumerated() {
            let interfaces = own.interfaces.map { "\($0.name) \($0.address)" }
            add([
                "\(rank)", own.hostName, own.mpi, "\(omnicacheVersion) \(own.program)", own.cpu,
                own.engine.map { "\($0.name) \($0.precision.rawValue) \($0.kernels)" } ?? "-",
                own.cores.description, "\(findings.threads[rank])", "\(mebibytes(own.availableBytes))",
                findings.neededBytes[rank].map { "\(mebibytes($0))" } ?? "-",
                interfaces.isEmpty ? "-" : interfaces.joined(separator: ", "),
                rank == 0 ? "-" : "\(fixedPoint(exchanges[rank] * 1e6, digits: 0)) µs",
                own.model?.hash ?? "-",
            ])
        }
    }
}
