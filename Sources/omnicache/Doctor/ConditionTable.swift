import Engines
import MPITransport

/// What the ranks found, a row for each.
struct ConditionTable: CustomStringConvertible {
    private var rows: [[String]] = [
        [
            "rank", "host", "MPI", "omnicache", "CPU", "kernels", "cores", "threads", "MiB free", "needed",
            "network", "exchange", "model",
        ]
    ]

    /// - Parameter exchanges: seconds of rank 0's round trip with each rank.
    init(_ conditions: [HostCondition], _ findings: Findings, exchanges: [Double]) {
        for (rank, own) in conditions.enumerated() {
            let interfaces = own.interfaces.map { "\($0.name) \($0.address)" }
            rows.append([
                "\(rank)", own.hostName, own.mpi, "\(omnicacheVersion) \(own.program)", own.cpu,
                own.engine.map { "\($0.name) \($0.precision.rawValue) \($0.kernels)" } ?? "-",
                own.cores.description, "\(findings.threads[rank])", "\(mebibytes(own.availableBytes))",
                findings.neededBytes[rank].map { "\(mebibytes($0))" } ?? "-",
                interfaces.isEmpty ? "-" : interfaces.joined(separator: ", "),
                rank == 0 ? "-" : "\(decimal(exchanges[rank] * 1e6, 0)) µs", own.model?.hash ?? "-",
            ])
        }
    }

    /// Columns as wide as their widest entry.
    var description: String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
                .joined(separator: "  ").trimmingSuffix { $0 == " " }
        }.joined(separator: "\n")
    }
}

extension String {
    /// Without the characters at the end for which `isDropped` holds.
    fileprivate func trimmingSuffix(_ isDropped: (Character) -> Bool) -> String {
        var text = self
        while let last = text.last, isDropped(last) { text.removeLast() }
        return text
    }
}
