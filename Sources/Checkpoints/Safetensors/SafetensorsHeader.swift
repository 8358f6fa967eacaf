import Files

/// What the head of a safetensors file says: eight bytes of length, lowest first, then that many bytes of
/// JSON that name each tensor's format, shape and place in the bytes that follow.
struct SafetensorsHeader {
    /// A tensor's format, shape, and where in the file its bytes are.
    struct Entry {
        let name: String
        let type: StorageType
        let shape: [Int]
        let bytes: Range<Int>
    }

    /// The tensors in the order of their bytes.
    let entries: [Entry]
    /// What the writer noted.
    let metadata: [String: String]

    private static let lengthByteCount = 8
    private static let headerLimit = 100_000_000

    /// Reads and checks the head of `file`.
    /// - Throws: `.invalid`, when anything about it is not as the format demands: also overlaps, holes and
    ///   bytes that belong to no tensor.
    init(of file: any ByteSource) throws(ReadError) {
        let headerEnd = try Self.headerEnd(of: file)
        let json = try file.bytes(Self.lengthByteCount..<headerEnd)
        guard json.first == UInt8(ascii: "{") else {
            throw .invalid(file.name, "the safetensors header does not begin with '{'")
        }
        guard case .object(var tensors) = try JSONValue(json, file: file.name) else {
            throw .invalid(file.name, "the safetensors header is not a JSON object")
        }
        metadata = try Self.metadata(tensors.removeValue(forKey: "__metadata__"), file: file.name)

        var entries: [Entry] = []
        for (name, value) in tensors {
            entries.append(try Self.entry(name, value, dataStart: headerEnd, file: file))
        }
        entries.sort {
            ($0.bytes.lowerBound, $0.bytes.upperBound, $0.name) < (
                $1.bytes.lowerBound, $1.bytes.upperBound, $1.name
            )
        }
        try Self.checkPlaces(entries, from: headerEnd, in: file)
        self.entries = entries
    }

    private static func headerEnd(of file: any ByteSource) throws(ReadError) -> Int {
        guard file.byteCount >= lengthByteCount else {
            throw .invalid(
                file.name,
                "\(file.byteCount) bytes are no safetensors file, which has \(lengthByteCount) and more; "
                    + "was the download cut short?")
        }
        var length: UInt64 = 0
        for byte in try file.bytes(0..<lengthByteCount).reversed() { length = length << 8 | UInt64(byte) }
        guard length <= UInt64(headerLimit) else {
            if let found = try standInOrText(file) {
                throw .invalid(file.name, "expected a safetensors file, found \(found)")
            }
            throw .invalid(
                file.name, "a header of \(length) bytes is beyond the format's limit of \(headerLimit)")
        }
        let end = lengthByteCount + Int(length)
        guard end <= file.byteCount else {
            throw .invalid(
                file.name,
                "the header is \(length) bytes long, but the file has \(file.byteCount); "
                    + "was the download cut short?")
        }
        return end
    }

    /// What a file is that begins with no length.
    private static func standInOrText(_ file: any ByteSource) throws(ReadError) -> String? {
        let first = try file.bytes(first: 256)
        if let found = standIn(first) { return found }
        guard first.allSatisfy({ $0 >= 0x20 || (0x09...0x0D).contains($0) }) else { return nil }
        let line = String(decoding: first, as: UTF8.self).split(whereSeparator: \.isNewline).first ?? ""
        return "a text, \(quotedJSON(String(line.prefix(60)))): fetch the file again"
    }

    /// What the writer noted: an object of texts, or null.
    private static func metadata(_ value: JSONValue?, file: String) throws(ReadError) -> [String:
        String]
    {
        guard let value, value != .null else { return [:] }
        guard case .object(let entries) = value else {
            throw .invalid(file, "__metadata__ is \(value.summary), not an object of texts")
        }
        var texts: [String: String] = [:]
        for (key, value) in entries {
            guard case .string(let text) = value else {
                throw .invalid(file, "__metadata__ of \(quotedJSON(key)) is \(value.summary), not a text")
            }
            texts[key] = text
        }
        return texts
    }

    private static func entry(
        _ name: String, _ value: JSONValue, dataStart: Int, file: any ByteSource
    ) throws(ReadError) -> Entry {
        func invalid(_ problem: String) -> ReadError {
            .invalid(file.name, "tensor \(name): \(problem)")
        }

        guard case .object(let fields) = value, fields.count == 3, let dtype = fields["dtype"],
            let shapeValue = fields["shape"], let offsets = fields["data_offsets"]
        else { throw invalid("expected dtype, shape and data_offsets, found \(value.summary)") }
        guard case .string(let typeName) = dtype, let type = StorageType(rawValue: typeName) else {
            throw invalid("dtype \(dtype.summary) is none that the format knows")
        }
        guard let shape = shapeValue.integers, shape.allSatisfy({ $0 >= 0 }) else {
            throw invalid("shape \(shapeValue.summary) is not a list of whole numbers from 0 on")
        }
        guard let offsets = offsets.integers, offsets.count == 2, offsets[0] >= 0 else {
            throw invalid("data_offsets \(offsets.summary) are not two whole numbers from 0 on")
        }
        guard offsets[0] <= offsets[1] else { throw invalid("data_offsets \(offsets) run backwards") }
        let dataByteCount = file.byteCount - dataStart
        guard offsets[1] <= dataByteCount else {
            throw invalid(
                "its bytes end at \(offsets[1]) of the data, but the file has only \(dataByteCount); "
                    + "was the download cut short?")
        }
        var bits = type.bitCount
        for extent in shape {
            let (product, overflows) = bits.multipliedReportingOverflow(by: extent)
            guard !overflows else { throw invalid("the product of shape \(shape) overflows") }
            bits = product
        }
        guard bits % 8 == 0, bits / 8 == offsets[1] - offsets[0] else {
            throw invalid(
                "\(typeName) of shape \(shape) needs \(bits / 8) bytes, but data_offsets \(offsets) hold "
                    + "\(offsets[1] - offsets[0])")
        }
        return Entry(
            name: name, type: type, shape: shape, bytes: dataStart + offsets[0]..<dataStart + offsets[1])
    }

    /// The format allows neither overlaps nor bytes that belong to no tensor: either would let two readers
    /// see different models in one file.
    private static func checkPlaces(
        _ entries: [Entry], from start: Int, in file: any ByteSource
    ) throws(ReadError) {
        var end = start
        var previous = ""
        for entry in entries {
            guard entry.bytes.lowerBound >= end else {
                throw .invalid(file.name, "tensors \(previous) and \(entry.name) overlap")
            }
            guard entry.bytes.lowerBound == end else {
                throw .invalid(
                    file.name,
                    "\(entry.bytes.lowerBound - end) bytes before tensor \(entry.name) belong to none")
            }
            end = entry.bytes.upperBound
            previous = entry.name
        }
        guard end == file.byteCount else {
            throw .invalid(file.name, "\(file.byteCount - end) bytes at the end belong to no tensor")
        }
    }
}
