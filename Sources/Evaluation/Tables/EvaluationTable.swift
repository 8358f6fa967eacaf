import FoundationEssentials

/// What an evaluation found: one entry for each way of sampling.
public struct EvaluationTable: Sendable, Codable, Equatable {
    /// What was compared, in a line.
    public var title: String
    /// What was sampled from.
    public var model: String
    /// What a reader must know besides, a sentence each: seeds, engine, what a budget leaves to choose.
    public var notes: [String]
    /// The shares of the steps that policies were asked to reuse; entries of others are there to be compared with.
    public var budgets: [Double]
    /// The entries in the order in which they are shown.
    public var entries: [EvaluationEntry]

    /// A table of the given parts.
    public init(
        title: String, model: String, notes: [String] = [], budgets: [Double], entries: [EvaluationEntry]
    ) {
        self.title = title
        self.model = model
        self.notes = notes
        self.budgets = budgets
        self.entries = entries
    }

    /// Reads what ``json()`` wrote.
    ///
    /// - Throws: `DecodingError` for anything else.
    public init(json: [UInt8]) throws {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        self = try decoder.decode(EvaluationTable.self, from: Data(json))
    }

    /// The table as JSON, keys in order, numbers in full; what has no JSON form is a text: inf, -inf or nan.
    ///
    /// - Throws: `EncodingError`, which no table causes.
    public func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try [UInt8](encoder.encode(self)) + [UInt8(ascii: "\n")]
    }
}
