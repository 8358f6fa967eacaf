import Engines
import MPITransport
import Sampling

/// What follows from the ranks' conditions: why a run would fail, and what would make it better.
struct Findings {
    /// Why a run would fail, each with what to do.
    var problems: [String] = []
    /// What is not as good as it could be, each with what to do.
    private(set) var advice: [String] = []
    /// Bytes that each rank would need; nil where the model is not known.
    private(set) var neededBytes: [Int?] = []
    /// Threads that each rank would use.
    let threads: [Int]

    /// What a process takes besides the weights: its code, MPI's buffers, activations.
    private static let bytesBesideWeights = 256 << 20

    /// - Parameters:
    ///   - conditions: of all ranks, in order.
    ///   - partition: blocks on each rank, if asked for.
    ///   - threads: of each rank, if asked for.
    ///   - network: the network that MPI was told to use.
    init(_ conditions: [HostCondition], partition: [Int]?, threads: Int?, network: String?) {
        let cores = conditions.map(\.cores)
        self.threads = threads.map { Array(repeating: $0, count: cores.count) } ?? CoreShare.threads(cores)
        compare(conditions)
        share(conditions, partition)
        for (rank, condition) in conditions.enumerated() {
            problems += condition.problems.map { "rank \(rank) on \(condition.hostName): \($0)" }
            let warnings = condition.warnings.map { "\(condition.hostName): \($0)" }
            advice += warnings.filter { !advice.contains($0) }
        }
        advice += CoreShare.warnings(cores, threads: threads)
        judgeHosts(conditions, network)
    }

    /// Ranks that must be like rank 0.
    private mutating func compare(_ conditions: [HostCondition]) {
        guard let first = conditions.first else { return }
        for (rank, other) in conditions.enumerated().dropFirst() {
            let place = "rank \(rank) on \(other.hostName)"
            if let own = other.model, let model = first.model, own.hash != model.hash {
                problems.append(
                    "\(place) has another model (\(own.hash)) than rank 0 (\(model.hash)): copy one model to "
                        + "all hosts")
            }
            if let own = other.engine, let engine = first.engine {
                if own.name != engine.name {
                    problems.append(
                        "\(place) computes with \(own.name), but rank 0 with \(engine.name): name an --engine "
                            + "that every host has")
                } else if own.kernels != engine.kernels {
                    advice.append(
                        "\(place) has other kernels (\(own.kernels)) than rank 0 (\(engine.kernels)): results "
                            + "may differ in the last bits from those of like hosts")
                }
            }
            if other.mpi != first.mpi {
                advice.append("\(place) has \(other.mpi), but rank 0 \(first.mpi): install one version")
            }
        }
    }

    /// What each rank would hold.
    private mutating func share(_ conditions: [HostCondition], _ asked: [Int]?) {
        guard let blocks = conditions.first?.model?.blocks else {
            neededBytes = conditions.map { _ in nil }
            return
        }
        do {
            let partition: Partition
            if let asked {
                partition = try Partition(asked, blocks: blocks, ranks: conditions.count)
            } else {
                partition = try Partition(balanced: blocks, over: conditions.count)
            }
            neededBytes = zip(conditions, partition.blockCounts).map { condition, count in
                condition.model.map { $0.sharedBytes + count * $0.blockBytes + Self.bytesBesideWeights }
            }
        } catch {
            problems.append("\(error)")
            neededBytes = conditions.map { _ in nil }
        }
    }

    /// Ranks that share a host.
    private mutating func judgeHosts(_ conditions: [HostCondition], _ network: String?) {
        let hosts = Dictionary(grouping: conditions.indices) { conditions[$0].hostName }
        for (host, ranks) in hosts.sorted(by: { $0.value[0] < $1.value[0] }) {
            let available = conditions[ranks[0]].availableBytes
            let needed = ranks.reduce(0) { $0 + (neededBytes[$1] ?? 0) }
            if needed > available {
                problems.append(
                    "\(host) has \(mebibytes(available)) MiB of free memory, but \(counted(ranks.count, "rank")) "
                        + "there would take about \(mebibytes(needed)): share the blocks by more hosts, or give "
                        + "this one fewer with --partition")
            }
            if hosts.count > 1, network == nil, conditions[ranks[0]].interfaces.count > 1 {
                advice.append(
                    "\(host) has several networks (\(conditions[ranks[0]].interfaces.map(\.name).joined(separator: ", "))): "
                        + "name the one between the hosts, as in --mca btl_tcp_if_include 10.0.0.0/24")
            }
        }
    }
}

/// Bytes in MiB, rounded up.
func mebibytes(_ bytes: Int) -> Int { (bytes + (1 << 20) - 1) >> 20 }
