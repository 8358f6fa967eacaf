import Tensors

/// How a run's trajectories are kept from loss; what it holds is called on rank 0 alone.
public struct TrajectoryKeeping {
    /// Computed steps from one saving to the next.
    let every: Int
    let isStopWanted: () -> Bool
    let save: (SavedTrajectory) throws -> Void
    let restore: ((_ image: Int) throws -> [String: Tensor])?

    /// - Parameters:
    ///   - isStopWanted: whether the run shall be saved and end before its next computed step.
    ///   - save: takes the state of one image.
    ///   - restore: the state of one image before the run's first step, where that is not 0.
    public init(
        every: Int, isStopWanted: @escaping () -> Bool, save: @escaping (SavedTrajectory) throws -> Void,
        restore: ((_ image: Int) throws -> [String: Tensor])? = nil
    ) {
        precondition(every > 0, "TrajectoryKeeping: every \(every) steps")
        self.every = every
        self.isStopWanted = isStopWanted
        self.save = save
        self.restore = restore
    }
}
