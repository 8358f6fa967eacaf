import Checkpoints
import Foundation
import Sampling
import Tables
import Tensors
import Transport

/// What `doctor` does on each rank, from looking to one table and its findings.
struct Examination {
    let options: DoctorCommand
    let session: RankSession

    func perform() throws {
        let communicator = session.communicator
        let own = HostCondition(options.model, hostName: communicator.hostName)
        let exchanges = try exchangeTimes()
        let conditions = try communicator.gather(own, to: 0)
        _ = try communicator.decide {
            var findings = Findings(
                conditions, partition: options.sharing.partition?.blockCounts,
                threads: options.model.threads,
                network: ProcessInfo.processInfo.environment["OMPI_MCA_btl_tcp_if_include"])
            print(TextTable(conditions, findings, exchanges: exchanges).text)
            if let path = options.hostfile {
                let file = try HostFile(path)
                findings.problems += file.problems
                if communicator.size == 1 { print(command(path, file)) }
            }
            for problem in findings.problems { print("problem: \(problem)") }
            for advice in findings.advice { print("advice: \(advice)") }
            guard findings.problems.isEmpty else { throw FailingRun(problems: findings.problems.count) }
            return true
        }
    }

    /// The line that runs doctor on the hosts of a file.
    private func command(_ path: String, _ file: HostFile) -> String {
        let arguments = CommandLine.arguments.map { $0.contains(" ") ? "'\($0)'" : $0 }
        return
            "\(counted(file.hosts.count, "host")), \(counted(file.hosts.reduce(0) { $0 + $1.slots }, "slot")); "
            + "to look at all of them:\n  mpirun --hostfile \(path) \(arguments.joined(separator: " "))"
    }

    /// Rank 0's shortest round trip of 64 bytes with each rank, in seconds; 0 with itself.
    private func exchangeTimes() throws(TransportError) -> [Double] {
        let communicator = session.communicator
        var times = [0.0]
        for other in 1..<max(1, communicator.size) {
            try communicator.barrier()
            guard communicator.rank == 0 || communicator.rank == other else { continue }
            let peer = communicator.rank == 0 ? other : 0
            let message = AlignedBytes(byteCount: 64)
            var shortest = Double.infinity
            // The first ones open the connection.
            for _ in 0..<20 {
                let start = ContinuousClock.now
                if communicator.rank == 0 { try communicator.send(message, to: peer, tag: 0).wait() }
                try communicator.receive(into: message, from: peer, tag: 0).wait()
                if communicator.rank != 0 { try communicator.send(message, to: peer, tag: 0).wait() }
                shortest = min(shortest, (ContinuousClock.now - start) / .seconds(1))
            }
            times.append(shortest)
        }
        return times
    }
}
