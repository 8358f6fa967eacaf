import Engines
import TestSupport
import Testing
import Transport

@testable import Benchmarks

@Suite(.serialized) struct LinkMeasurementTests {
    /// What it measures is the machine's business; that both ranks come to the same, and others to nothing, is ours.
    @Test func theTwoRanksAgreeAndOthersTakeNoPart() throws {
        try forEachCluster(ranks: [2, 3]) { communicator in
            let engine = try makeEngine(.openblas, precision: .f32, threads: 1)
            let last = communicator.size - 1
            let costs = try measureLink(
                communicator, between: (0, last), byteCount: 100_003, engine: engine)
            let all = try communicator.allGather(costs)
            for (rank, costs) in all.enumerated() {
                guard rank == 0 || rank == last else {
                    try check(costs == nil, "rank \(rank) took part")
                    continue
                }
                guard let costs else { throw CheckFailure("rank \(rank) measured nothing") }
                try check(costs == all[0], "ranks 0 and \(rank) disagree")
                try check(costs.latencySeconds > 0 && costs.bytesPerSecond > 0, "no time has passed")
                try check((0...1).contains(costs.overlap), "overlap \(costs.overlap)")
            }
        }
    }
}
