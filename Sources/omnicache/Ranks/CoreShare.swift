import Engines
import Foundation
import Tables

/// The cores of one rank, and those that were given to the run on its host.
///
/// mpirun binds one or two ranks to a core each unless told otherwise, whatever the host has; so may srun.
struct CoreShare: Codable, Sendable, Equatable {
    /// Where the rank runs.
    var hostName: String
    /// What it may run on.
    var cores: [Int]
    /// What mpirun may run on: all that was given to the job on this host; none if another has started the rank.
    var launcherCores: [Int] = []
    /// How many cores Slurm has given to the job on this host; nil if mpirun or a hand has started the rank.
    var slurmCores: Int?
    /// How many CPUs' time the ranks of this host may take together, by their control group; nil without a limit.
    var quota: Double?

    /// Threads of each rank: its cores, shared with the ranks of its host that may use the same ones, and its share of
    /// the host's quota.
    static func threads(_ ranks: [CoreShare]) -> [Int] {
        ranks.map { own in
            let neighbours = ranks.filter { $0.hostName == own.hostName }
            let byCores = own.cores.count / neighbours.count { $0.cores == own.cores }
            let byQuota = own.quota.map { Int(min($0, 1e6)) / neighbours.count } ?? byCores
            return max(1, min(byCores, byQuota))
        }
    }

    /// What is wrong with the cores of a run, a sentence for each host, with the remedy.
    /// - Parameter threads: of each rank, if asked for.
    static func warnings(_ ranks: [CoreShare], threads: Int?) -> [String] {
        let hosts = Dictionary(grouping: ranks.indices) { ranks[$0].hostName }
        return hosts.sorted { $0.value[0] < $1.value[0] }.compactMap { host, members in
            warning(members.map { ranks[$0] }, on: host, threads: threads)
        }
    }

    private static func warning(_ ranks: [CoreShare], on host: String, threads: Int?) -> String? {
        let used = Set(ranks.flatMap(\.cores))
        let given = max(
            used.union(ranks.flatMap(\.launcherCores)).count, ranks.compactMap(\.slurmCores).max() ?? 0)
        let wanted = threads.map { $0 * ranks.count } ?? Self.threads(ranks).reduce(0, +)
        let who = "\(counted(ranks.count, "rank")) on \(host)"
        let (of, has) = (counted(wanted, "thread"), counted(used.count, "core"))
        if wanted > given {
            return
                "\(of) of \(who) for \(counted(given, "core")): start fewer ranks there, or lower --threads"
        }
        if let quota = ranks.compactMap(\.quota).min() {
            if Double(wanted) > max(quota, 1) {
                return
                    "\(of) of \(who) for a quota of \(fixedPoint(quota, digits: 1)) CPUs, which stops them for a part "
                    + "of the time: start fewer ranks there, lower --threads, or raise the container's limit"
            }
            if Double(used.count) >= quota { return nil }
        }
        let slurm = "start them with srun --cpu-bind=none, or with --cpus-per-task=\(given / ranks.count)"
        let isSlurm = ranks.contains { $0.slurmCores != nil }
        if wanted > used.count {
            return "\(of) of \(who) are bound to \(has) of \(given): "
                + (isSlurm ? slurm : "start them with mpirun --bind-to none")
        }
        if threads == nil, used.count < given {
            return "\(who) may use \(has) of \(given): "
                + (isSlurm
                    ? slurm
                    : "start them with mpirun --bind-to none, or with --map-by numa --bind-to numa, a rank "
                        + "for each NUMA node")
        }
        return nil
    }
}

extension CoreShare: CustomStringConvertible {
    /// As in "8", or in "8 (quota 1.5)".
    var description: String {
        "\(cores.count)" + (quota.map { " (quota \(fixedPoint($0, digits: 1)))" } ?? "")
    }
}

extension CoreShare {
    /// This process's.
    /// - Parameter environment: the process's variables; those of the innermost launcher count.
    init(
        hostName: String, environment: [String: String] = ProcessInfo.processInfo.environment,
        groups: ControlGroups = ControlGroups()
    ) {
        let isStartedByMPIRun = environment["OMPI_COMM_WORLD_SIZE"] != nil
        self.init(
            hostName: hostName, cores: ThreadPool.availableCores,
            launcherCores: isStartedByMPIRun ? ThreadPool.coresOfParent : [],
            slurmCores: isStartedByMPIRun ? nil : environment["SLURM_CPUS_ON_NODE"].flatMap { Int($0) },
            quota: groups.processors)
    }
}
