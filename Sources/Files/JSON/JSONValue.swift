/// Checks that a text is one JSON document in which no object has a name twice: of two values readers take different
/// ones.
/// - Throws: `.invalid` naming what is wrong.
public func requireStrictJSON(_ bytes: [UInt8], file: String) throws(ReadError) {
    _ = try JSONValue(bytes, file: file)
}

/// A JSON document as it was written.
public enum JSONValue: Equatable, Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case boolean(Bool)
    /// A number without point and exponent.
    case integer(Int)
    /// Any other number.
    case real(Double)
    /// A text.
    case string(String)
    /// A list.
    case array([JSONValue])
    /// An object, whose names are all different.
    case object([String: JSONValue])

    /// The document that `bytes` are.
    /// - Throws: `.invalid` naming the byte where the text stops being JSON.
    public init(_ bytes: [UInt8], file: String) throws(ReadError) {
        var parser = JSONParser(bytes, file: file)
        do throws(ReadError) { self = try parser.document() } catch {
            if let found = standIn(bytes.prefix(256)) {
                throw .invalid(file, "expected JSON, found \(found)")
            }
            throw error
        }
    }

    /// A whole or real number.
    public var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .real(let value): value
        case .null, .boolean, .string, .array, .object: nil
        }
    }

    /// The value on one line, for messages: not more than some 80 characters of it.
    public var summary: String {
        let text = self.text
        return text.count <= 80 ? text : text.prefix(77) + "..."
    }

    private var text: String {
        switch self {
        case .null: "null"
        case .boolean(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .real(let value) where value.isNaN: "NaN"
        case .real(let value) where value.isInfinite: value > 0 ? "Infinity" : "-Infinity"
        case .real(let value): "\(value)"
        case .string(let value): quotedJSON(String(value.prefix(100)))
        case .array(let values): "[" + values.prefix(40).map(\.text).joined(separator: ", ") + "]"
        case .object(let entries): "{\(entries.count) entries}"
        }
    }
}

extension JSONValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByStringLiteral, ExpressibleByArrayLiteral
{
    /// `true` or `false`.
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
    /// A whole number.
    public init(integerLiteral value: Int) { self = .integer(value) }
    /// A number.
    public init(floatLiteral value: Double) { self = .real(value) }
    /// A text.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A list.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
}

/// A text as a JSON string, in quotes.
package func quotedJSON(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case _ where scalar.value < 0x20:
            let digits = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}

extension JSONValue {
    /// The elements of a list of whole numbers, nil for anything else.
    public var integers: [Int]? {
        guard case .array(let elements) = self else { return nil }
        var result: [Int] = []
        for element in elements {
            guard case .integer(let value) = element else { return nil }
            result.append(value)
        }
        return result
    }
}
