import Files

extension LabelTable {
    /// The labels in `model_index.json`, if it has any.
    /// - Throws: `.invalid` for what is no table of labels.
    public init(_ reader: ConfigurationReader) throws(ReadError) {
        switch reader.value("id2label") {
        case .null: self.init([:])
        case .object(let entries):
            var labels: [Int: String] = [:]
            for (key, value) in entries {
                guard let index = Int(key), index >= 0, case .string(let label) = value else {
                    throw .invalid(
                        reader.file,
                        "id2label has \(quotedJSON(key)): \(value.summary); supported: class numbers and texts"
                    )
                }
                // No picture could say what it shows.
                guard !label.unicodeScalars.contains("\0") else {
                    throw .invalid(
                        reader.file,
                        "id2label has \(quotedJSON(key)): a label with a zero character; remove that")
                }
                labels[index] = label
            }
            self.init(labels)
        default: throw reader.unsupported("id2label", "null or an object of class numbers and labels")
        }
    }
}
