/// What the adaLN layers of a stage need to know of M images at one timestep.
///
/// Each layer makes its own shifts, scales and gates of it when it runs, so that a reused step, which runs no block,
/// pays for the final layer's alone.
public struct Conditioning {
    /// The training timestep, whole or between two.
    public let timestep: Double
    /// A class of each image; the number of classes stands for the null class.
    public let labels: [Int]

    /// The timesteps to compute together, this one among them.
    let timesteps: [Double]
    /// Where what the blocks make of them is kept.
    let modulations: ModulationTable

    var images: Int { labels.count }
}
