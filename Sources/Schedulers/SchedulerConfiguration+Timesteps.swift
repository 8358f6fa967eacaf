extension SchedulerConfiguration {
    /// The timesteps of training that the given number of steps visits, as diffusers' `set_timesteps`.
    ///
    /// DPM-Solver++ and UniPC spread `steps + 1` points over `leading` and `linspace` and leave out the last one; the
    /// others spread `steps`. Where rounding gives diffusers' `trailing` one point too many (its timestep would
    /// be −1; 61 steps of 1000), that point is left out here.
    func timesteps(steps: Int) throws(SchedulerError) -> [Int] {
        guard (0..<trainTimesteps).contains(stepsOffset) else {
            throw SchedulerError("steps_offset: expected 0 … \(trainTimesteps - 1), found \(stepsOffset)")
        }
        let points = kind.solvesInSigma ? steps + 1 : steps
        let timesteps: [Int]
        switch spacing {
        case .leading:
            let stride = trainTimesteps / points
            timesteps = (0..<points).reversed().prefix(steps).map { $0 * stride + stepsOffset }
        case .linspace:
            let last = Double(trainTimesteps - 1)
            let stride = last / Double(points - 1)
            timesteps = (0..<points).reversed().prefix(steps).map { point in
                if point == 0 { return 0 }
                let value = point == points - 1 ? last : Double(point) * stride
                return Int(value.rounded(.toNearestOrEven))
            }
        case .trailing:
            // numpy's arange counts in the difference of its first two values, and halves are rounded to even.
            let start = Double(trainTimesteps)
            let stride = (start - start / Double(steps)) - start
            timesteps = (0..<steps).map { Int((start + Double($0) * stride).rounded(.toNearestOrEven)) - 1 }
        }
        if let outside = timesteps.first(where: { $0 < 0 || $0 >= trainTimesteps }) {
            throw SchedulerError(
                "timestep_spacing \(spacing.rawValue) with \(steps) steps and steps_offset \(stepsOffset): "
                    + "expected timesteps in 0 … \(trainTimesteps - 1), found \(outside); "
                    + "use another number of steps or steps_offset 0")
        }
        return timesteps
    }
}
