/// Checks that a text is one JSON document in which no object has a name twice: of two values readers take different
/// ones.
/// - Throws: `.invalid` naming what is wrong.
public func requireStrictJSON(_ bytes: [UInt8], file: String) throws(ReadError) {
    _ = try JSONValue(bytes, file: file)
}

/// A JSON document as it was written.
package enum JSONValue: Equatable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int)
    case real(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// The document that `bytes` are.
    /// - Throws: `.invalid` naming the byte where the text stops being JSON.
    package init(_ bytes: [UInt8], file: String) throws(ReadError) {
        var parser = JSONParser(bytes, file: file)
        do throws(ReadError) { self = try parser.document() } catch {
            if let found = standIn(bytes.prefix(256)) {
                throw .invalid(file, "expected JSON, found \(found)")
            }
            throw error
        }
    }

    /// A whole or real number.
    package var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .real(let value): value
        case .null, .boolean, .string, .array, .object: nil
        }
    }

    /// The value on one line, for messages: not more than some 80 characters of it.
    package var summary: String {
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
    package init(booleanLiteral value: Bool) { self = .boolean(value) }
    package init(integerLiteral value: Int) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .real(value) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
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
    package var integers: [Int]? {
        guard case .array(let elements) = self else { return nil }
        var result: [Int] = []
        for element in elements {
            guard case .integer(let value) = element else { return nil }
            result.append(value)
        }
        return result
    }
}
