import Files
import FoundationEssentials

extension RunDescription {
    /// 16 hexadecimal digits that tell this run from others: of one model, two runs with the same hash draw
    /// the same pictures.
    /// - Throws: `EncodingError` if a number in it is not finite.
    public var hash: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            var hash = ContentHash()
            hash.add(Array(try encoder.encode(self)))
            return hash.hexadecimal
        }
    }
}
