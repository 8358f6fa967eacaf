import FoundationEssentials

extension CachePlan {
    /// The longest JSON text that is looked at.
    private static let mostBytes = 16 << 20

    /// Reads a plan from JSON text.
    /// - Throws: `PlanError` (malformed) naming the field, what was expected and what was found.
    public init(json: [UInt8]) throws(PlanError) {
        guard json.count <= Self.mostBytes else {
            throw PlanError(
                .malformed, "plan: expected at most \(Self.mostBytes) bytes of JSON, found \(json.count)")
        }
        do {
            self = try JSONDecoder().decode(CachePlan.self, from: Data(json))
        } catch let error as PlanError {
            throw error
        } catch let error as DecodingError {
            throw PlanError(.malformed, "plan: \(error.inBrief)")
        } catch {
            throw PlanError(.malformed, "plan: \(error)")
        }
    }

    /// The plan as JSON text: the same bytes for the same plan.
    /// - Throws: `PlanError` (malformed) if a number has no JSON form; no plan that was checked holds one.
    public func json() throws(PlanError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return try [UInt8](encoder.encode(self)) + [UInt8(ascii: "\n")]
        } catch {
            throw PlanError(.malformed, "plan: \(error)")
        }
    }
}

extension DecodingError {
    /// The field and what is wrong with it.
    fileprivate var inBrief: String {
        switch self {
        case .keyNotFound(let key, let context):
            return "the key \(Self.name(context.codingPath + [key])) is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            guard !context.codingPath.isEmpty else { return "expected JSON text, and this is none" }
            return "\(Self.name(context.codingPath)): \(context.debugDescription)"
        @unknown default:
            return "\(self)"
        }
    }

    private static func name(_ path: [any CodingKey]) -> String {
        path.reduce("") { name, key in
            if let index = key.intValue { return "\(name)[\(index)]" }
            return name.isEmpty ? key.stringValue : "\(name).\(key.stringValue)"
        }
    }
}
