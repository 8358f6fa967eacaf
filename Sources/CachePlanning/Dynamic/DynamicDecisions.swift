/// What was decided in a run under a dynamic rule, and by what.
public struct DynamicDecisions: Sendable, Equatable, Codable {
    /// [image][step]: whether the step was computed.
    public private(set) var computed: [[Bool]]
    /// [image][step]: the signal that it was decided by; none where there was nothing to compare with.
    public private(set) var signals: [[Double?]]
    /// [image][step]: mean|y_i − y_{i−1}| / mean|y_{i−1}| of the guided predictions; none at the first and the last step.
    public private(set) var outputChanges: [[Double?]]

    /// Nothing decided yet.
    public init(images: Int, steps: Int) {
        computed = Array(repeating: Array(repeating: true, count: steps), count: images)
        signals = Array(repeating: Array(repeating: nil, count: steps), count: images)
        outputChanges = signals
    }

    /// Notes a decision.
    public mutating func note(image: Int, step: Int, computed isComputed: Bool, signal: Double?) {
        computed[image][step] = isComputed
        signals[image][step] = signal.flatMap { $0.isFinite ? $0 : nil }
    }

    /// Notes how much an image's output changed from the step before.
    public mutating func note(image: Int, step: Int, outputChange: Double) {
        outputChanges[image][step] = outputChange.isFinite ? outputChange : nil
    }

    /// Computed steps of each image.
    public var computedSteps: [Int] { computed.map { $0.count { $0 } } }

    /// Computed steps of an image, on average.
    public var meanComputedSteps: Double {
        Double(computedSteps.reduce(0, +)) / Double(max(1, computed.count))
    }

    /// How many images computed a step.
    public func images(computing step: Int) -> Int { computed.count { $0[step] } }

    /// Signals and the changes of the output that they went with.
    public var points: [(x: Double, y: Double)] {
        zip(signals, outputChanges).flatMap { signals, changes in
            zip(signals, changes).compactMap { signal, change in
                guard let signal, let change else { return nil }
                return (signal, change)
            }
        }
    }
}
