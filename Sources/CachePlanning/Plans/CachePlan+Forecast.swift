extension CachePlan {
    /// The same mask with another correction, of which nothing is expected yet.
    /// - Throws: `PlanError` (malformed) for numbers that are not sound.
    public func correcting(_ correction: NoiseCorrection) throws(PlanError) -> CachePlan {
        try with(correction, expectedError: Array(repeating: 0, count: steps), errors: [])
    }

    /// The same mask with another forecast and correction.
    /// - Parameters:
    ///   - outputEnergies: [S], mean ‖ε_i‖².
    ///   - errors: ‖error‖ / ‖x_S‖ of the final latents of calibration's images, drawn so.
    /// - Throws: `PlanError` (malformed) for numbers that are not sound.
    public func forecasting(
        _ fit: ForecastFit, outputEnergies: [Double], errors: [Double]
    ) throws(PlanError) -> CachePlan {
        try with(
            fit.correction,
            expectedError: zip(fit.energies, outputEnergies).map { $1 > 0 ? ($0 / $1).squareRoot() : 0 },
            errors: errors)
    }

    private func with(
        _ correction: NoiseCorrection, expectedError: [Double], errors: [Double]
    ) throws(PlanError) -> CachePlan {
        var plan = CachePlan(
            policy: policy, subject: subject, mask: mask, scores: scores, correction: correction,
            expectedError: expectedError,
            predictedError: (errors.reduce(0) { $0 + $1 * $1 } / Double(max(1, errors.count))).squareRoot(),
            predictedSpread: standardDeviation(errors), calibration: calibration)
        plan.outputScale = outputScale
        plan.reuseOf = reuseOf
        return try plan.checked()
    }
}
