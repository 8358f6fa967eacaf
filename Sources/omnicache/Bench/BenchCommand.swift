import ArgumentParser

/// `omnicache bench`.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure how fast this machine or cluster is, and what more hosts would bring.",
        discussion: """
            Alone it measures one rank; under mpirun all ranks, and the links between
            them. Nothing needs to be downloaded: --shape makes a network of random
            weights in memory.

            Examples:
              omnicache bench gemm --shape DiT-XL/2
              omnicache bench step --shape DiT-XL/2 --precision bf16
              mpirun -np 2 omnicache bench scaling --output scaling/
              omnicache bench predict --ranks 1..64 --link 10gbit --latency 20us
            """,
        subcommands: [
            GemmCommand.self, StepCommand.self, LinkCommand.self, DecodeCommand.self, ScalingCommand.self,
            PredictCommand.self,
        ])
}
