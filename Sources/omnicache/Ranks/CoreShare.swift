import Engines
import Foundation

/// The cores of one rank, and those that the process which started it may use.
///
/// mpirun binds one or two ranks to a core each unless told otherwise, whatever the host has.
struct CoreShare: Codable, Sendable, Equatable {
    /// Where the rank runs.
    var hostName: String
    /// What it may run on.
    var cores: [Int]
    /// What its launcher may run on: all that was given to the job on this host.
    var launcherCores: [Int]

    /// Threads of each rank: its cores, shared with the ranks of its host that may use the same ones.
    static func threads(_ ranks: [CoreShare]) -> [Int] {
        ranks.map { own in
            let sharing = ranks.count { $0.hostName == own.hostName && $0.cores == own.cores }
            return max(1, own.cores.count / sharing)
        }
    }

    /// What is wrong with the cores of a run, a sentence for each host, with the remedy.
    /// - Parameter threads: of each rank, if asked for.
    static func warnings(_ ranks: [CoreShare], threads: Int?) -> [String] {
        let hosts = Dictionary(grouping: ranks.indices) { ranks[$0].hostName }
        return hosts.sorted { $0.value[0] < $1.value[0] }.compactMap { host, members in
            let own = members.map { ranks[$0] }
            let used = Set(own.flatMap(\.cores))
            let given = used.union(own.flatMap(\.launcherCores))
            let wanted = threads.map { $0 * own.count } ?? Self.threads(own).reduce(0, +)
            let who = "\(counted(own.count, "rank")) on \(host)"
            let (of, has) = (counted(wanted, "thread"), counted(used.count, "core"))
            if wanted > given.count {
                return "\(of) of \(who) for \(counted(given.count, "core")): start fewer ranks there, or "
                    + "lower --threads"
            }
            if wanted > used.count {
                return "\(of) of \(who) are bound to \(has) of \(given.count): start them with mpirun "
                    + "--bind-to none"
            }
            if threads == nil, used.count < given.count {
                return "\(who) may use \(has) of \(given.count): start them with mpirun --bind-to none, or "
                    + "with --map-by numa --bind-to numa, a rank for each NUMA node"
            }
            return nil
        }
    }
}

extension CoreShare {
    /// This process's.
    ///
    /// Started by hand or by srun, what it may use is what it was meant to use.
    init(hostName: String) {
        let isStartedByMPIRun = ProcessInfo.processInfo.environment["OMPI_COMM_WORLD_SIZE"] != nil
        let cores = ThreadPool.availableCores
        self.init(
            hostName: hostName, cores: cores,
            launcherCores: isStartedByMPIRun ? ThreadPool.coresOfParent : cores)
    }
}
