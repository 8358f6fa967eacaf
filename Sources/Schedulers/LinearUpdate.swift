/// A sample after a step as a sum of arrays, each times a number.
struct LinearUpdate: Sendable {
    /// Of the sample that the step starts from.
    let ofSample: Float
    /// Of the model's converted outputs, latest first.
    let ofOutputs: [Float]
}
