/// Reads JSON (RFC 8259, and Python's `NaN`, `Infinity`, `-Infinity`) strictly: a name that occurs twice
/// in an object, text that is not UTF-8, and whatever follows the document are errors.
///
/// Not Foundation's: its reader of JSON5, the one that takes `-Infinity`, ends the process at a key that is no UTF-8,
/// takes many seconds for 3 kB of nested lists and objects, and as long for a million numbers.
struct JSONParser {
    /// Deeper nesting is refused, so that a hostile file cannot exhaust the stack.
    private static let depthLimit = 64
    /// More values are refused, so that a small file cannot become a large document.
    private static let valueLimit = 4_000_000

    private static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")

    private let file: String
    private let bytes: [UInt8]
    private var position = 0
    private var values = 0

    init(_ bytes: [UInt8], file: String) {
        self.file = file
        self.bytes = bytes
    }

    /// The document that all of the bytes are.
    mutating func document() throws(ReadError) -> JSONValue {
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw failure("the end of the text") }
        return value
    }

    private mutating func value(depth: Int) throws(ReadError) -> JSONValue {
        guard depth < Self.depthLimit else {
            throw .invalid(file, "JSON nested deeper than \(Self.depthLimit) levels")
        }
        values += 1
        guard values <= Self.valueLimit else {
            throw .invalid(file, "JSON of more than \(Self.valueLimit) values")
        }
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-") where bytes[position...].starts(with: "-Infinity".utf8):
            return try word("-Infinity", .real(-.infinity))
        case UInt8(ascii: "-"): return try number()
        case let byte? where Self.digits.contains(byte): return try number()
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "N"): return try word("NaN", .real(.nan))
        case UInt8(ascii: "I"): return try word("Infinity", .real(.infinity))
        default: throw failure("a value")
        }
    }

    private mutating func object(depth: Int) throws(ReadError) -> JSONValue {
        position += 1
        var entries: [String: JSONValue] = [:]
        if take("}") { return .object(entries) }
        repeat {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw failure("a name in quotes") }
            let name = try string()
            guard take(":") else { throw failure("':'") }
            guard entries.updateValue(try value(depth: depth + 1), forKey: name) == nil else {
                throw .invalid(file, "the name \(JSONValue.string(name).summary) occurs twice")
            }
        } while take(",")
        guard take("}") else { throw failure("',' or '}'") }
        return .object(entries)
    }

    private mutating func array(depth: Int) throws(ReadError) -> JSONValue {
        position += 1
        var elements: [JSONValue] = []
        if take("]") { return .array(elements) }
        repeat { elements.append(try value(depth: depth + 1)) } while take(",")
        guard take("]") else { throw failure("',' or ']'") }
        return .array(elements)
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(ReadError) -> JSONValue {
        guard bytes[position...].starts(with: word.utf8) else { throw failure("a value") }
        position += word.utf8.count
        return value
    }

    private mutating func number() throws(ReadError) -> JSONValue {
        let start = position
        if peek == UInt8(ascii: "-") { position += 1 }
        let leading = peek
        let digits = skipDigits()
        guard digits == 1 || (digits > 1 && leading != UInt8(ascii: "0")) else { throw failure("a number") }
        var isWhole = true
        if peek == UInt8(ascii: ".") {
            isWhole = false
            position += 1
            guard skipDigits() > 0 else { throw failure("a digit") }
        }
        if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
            isWhole = false
            position += 1
            if peek == UInt8(ascii: "-") || peek == UInt8(ascii: "+") { position += 1 }
            guard skipDigits() > 0 else { throw failure("a digit") }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let whole = Int(text) { return .integer(whole) }
        guard let real = Double(text) else { throw failure("a number") }
        return .real(real)
    }

    private mutating func skipDigits() -> Int {
        let start = position
        while let byte = peek, Self.digits.contains(byte) { position += 1 }
        return position - start
    }

    private mutating func string() throws(ReadError) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = peek, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw failure("no control character in a string") }
            position += 1
            if byte == UInt8(ascii: "\\") { try escape(into: &text) } else { text.append(byte) }
        }
        guard peek != nil else { throw failure("the closing '\"'") }
        position += 1
        guard let result = String(validating: text, as: UTF8.self) else {
            throw .invalid(file, "not UTF-8 in the string that ends at byte \(position)")
        }
        return result
    }

    private mutating func escape(into text: inout [UInt8]) throws(ReadError) {
        guard let byte = peek else { throw failure("an escape") }
        position += 1
        switch byte {
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if (0xD800..<0xDC00).contains(code), bytes[position...].starts(with: "\\u".utf8) {
                position += 2
                let low = try hexadecimal()
                guard (0xDC00..<0xE000).contains(low) else { throw failure("the second half of a pair") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw failure("a whole surrogate pair") }
            text.append(contentsOf: Array(String(Character(scalar)).utf8))
        default: throw failure("an escape that JSON knows")
        }
    }

    private mutating func hexadecimal() throws(ReadError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw failure("four hexadecimal digits")
            }
            position += 1
            code = code << 4 | UInt32(digit)
        }
        return code
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ wanted: Unicode.Scalar) -> Bool {
        skipSpace()
        guard peek == UInt8(ascii: wanted) else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || (0x09...0x0D).contains(byte) && byte != 0x0B && byte != 0x0C {
            position += 1
        }
    }

    private func failure(_ expected: String) -> ReadError {
        .invalid(file, "not JSON: expected \(expected) at byte \(position) of \(bytes.count)")
    }
}
