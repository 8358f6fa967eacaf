#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension JSONValue: Decodable {
    /// The document that `bytes` are.
    ///
    /// JSON5 is allowed, because Python writes `-Infinity`, which JSON does not have (`lambda_min_clipped` of
    /// every DPM-Solver++ configuration).
    /// - Throws: `.invalid` if it is none.
    init(_ bytes: [UInt8], file: String) throws(CheckpointError) {
        // Foundation's reader of JSON5 ends the process at bytes that are no UTF-8 where a key should be.
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw .invalid(file, "expected JSON text in UTF-8, and this is none")
        }
        let decoder = JSONDecoder()
        decoder.allowsJSON5 = true
        do {
            self = try decoder.decode(JSONValue.self, from: Data(bytes))
        } catch {
            throw .invalid(file, "expected JSON text, and this is none, or it is cut short")
        }
    }

    /// Whole numbers before real ones, so that sizes and offsets stay exact.
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .real(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let values = try? container.decode([JSONValue].self) {
            self = .array(values)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }
}
