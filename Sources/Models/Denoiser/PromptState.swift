/// All that a model is told of an image besides its latent and the time: what a class label or a text has become.
///
/// It is made once, travels once to the ranks that need it, and tells one prompt from another.
public struct PromptState: Sendable, Hashable, Codable {
    /// What a number means.
    public enum NumberName: String, Sendable, Codable, CodingKeyRepresentable {
        /// A class, from 0 on.
        case label
    }

    /// What an array means.
    public enum ArrayName: String, Sendable, Codable, CodingKeyRepresentable {
        /// Rows of encoded text, [L, width of the encoder].
        case context
        /// One vector of the whole text.
        case pooled
    }

    /// An array's extents and numbers, row-major.
    public struct Values: Sendable, Hashable, Codable {
        /// Its extents.
        public var shape: [Int]
        /// Its numbers.
        public var numbers: [Float]

        /// An array of the given extents.
        public init(shape: [Int], numbers: [Float]) {
            self.shape = shape
            self.numbers = numbers
        }
    }

    /// Numbers by name.
    public var numbers: [NumberName: Double]
    /// Arrays by name.
    public var arrays: [ArrayName: Values]

    /// A prompt of the given parts.
    public init(numbers: [NumberName: Double] = [:], arrays: [ArrayName: Values] = [:]) {
        self.numbers = numbers
        self.arrays = arrays
    }

    /// The prompt that a class is.
    public init(label: Int) { self.init(numbers: [.label: Double(label)]) }

    /// The class, where the prompt is one.
    public var label: Int? { numbers[.label].map { Int($0) } }
}
