import FoundationEssentials

/// How runs scale with ranks: measured, predicted, or both.
public struct ScalingReport: Sendable, Codable, Equatable {
    /// Which images a larger group draws.
    public enum Mode: String, Sendable, Codable {
        /// The same ones.
        case strong
        /// More, in proportion to the ranks.
        case weak
    }

    /// What a run took.
    public struct Measured: Sendable, Codable, Equatable {
        /// Seconds of a run, decoding included.
        public var seconds: Spread
        /// Seconds of its denoising.
        public var denoiseSeconds: Spread
        /// The share of the ranks' denoising time that no work fills, the median.
        public var bubble: Double
        /// Seconds that a rank waits for messages, the mean of ranks, the median of runs.
        public var waitSeconds: Double
        /// Activations that all ranks sent.
        public var activationBytes: Int

        /// A measurement of the given parts.
        public init(
            seconds: Spread, denoiseSeconds: Spread, bubble: Double, waitSeconds: Double, activationBytes: Int
        ) {
            self.seconds = seconds
            self.denoiseSeconds = denoiseSeconds
            self.bubble = bubble
            self.waitSeconds = waitSeconds
            self.activationBytes = activationBytes
        }
    }

    /// What a run was predicted to take.
    public struct Predicted: Sendable, Codable, Equatable {
        /// Seconds of the run, decoding included.
        public var seconds: Double
        /// Seconds of its denoising.
        public var denoiseSeconds: Double
        /// The share of the ranks' denoising time that no work fills.
        public var bubble: Double
        /// Activations that all ranks send.
        public var activationBytes: Int

        /// What a ``ScalingModel`` says.
        public init(_ prediction: RunPrediction) {
            seconds = prediction.seconds
            denoiseSeconds = prediction.denoiseSeconds
            bubble = prediction.bubble
            activationBytes = prediction.activationBytes
        }
    }

    /// One kind of run.
    public struct Row: Sendable, Codable, Equatable {
        /// Which images.
        public var mode: Mode
        /// Steps that run the blocks, of all.
        public var computedSteps: Int
        /// Steps.
        public var steps: Int
        /// Ranks.
        public var ranks: Int
        /// Images of the run.
        public var images: Int
        /// What it took; nil where nothing was run.
        public var measured: Measured?
        /// What it was predicted to take.
        public var predicted: Predicted

        /// A row of the given parts.
        public init(
            mode: Mode, computedSteps: Int, steps: Int, ranks: Int, images: Int, measured: Measured?,
            predicted: Predicted
        ) {
            self.mode = mode
            self.computedSteps = computedSteps
            self.steps = steps
            self.ranks = ranks
            self.images = images
            self.measured = measured
            self.predicted = predicted
        }

        /// Seconds of an image, decoding included: measured, or else predicted.
        public var secondsPerImage: Double {
            (measured?.seconds.median ?? predicted.seconds) / Double(images)
        }
        /// Seconds of an image's denoising.
        public var denoisePerImage: Double {
            (measured?.denoiseSeconds.median ?? predicted.denoiseSeconds) / Double(images)
        }
        /// Predicted over measured, less one; nil where nothing was run.
        public var error: Double? { measured.map { predicted.seconds / $0.seconds.median - 1 } }
        /// Whether some steps are reused.
        public var reuses: Bool { computedSteps < steps }
    }

    /// The format's version.
    public private(set) var formatVersion = 1
    /// What was run.
    public var title: String
    /// What a reader must know besides, a line each: engine, hosts, links.
    public var notes: [String]
    /// The rows in the order in which they are shown.
    public var rows: [Row]
    /// What limits, a sentence each.
    public var verdicts: [String]

    /// A report of the given parts.
    public init(title: String, notes: [String], rows: [Row], verdicts: [String]) {
        self.title = title
        self.notes = notes
        self.rows = rows
        self.verdicts = verdicts
    }

    /// The speed-up of a row over one rank of its kind, by seconds of an image; nil if that is not in the report.
    public func speedUp(_ row: Row, _ seconds: (Row) -> Double = { $0.secondsPerImage }) -> Double? {
        rows.first { $0.ranks == 1 && $0.mode == row.mode && $0.reuses == row.reuses }
            .map { seconds($0) / seconds(row) }
    }

    /// The report as JSON, keys in order, numbers in full.
    /// - Throws: `EncodingError` for a number that is not finite.
    public func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try [UInt8](encoder.encode(self)) + [UInt8(ascii: "\n")]
    }
}
