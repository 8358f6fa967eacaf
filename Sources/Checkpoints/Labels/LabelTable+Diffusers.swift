import Files

extension LabelTable {
    /// Reads `model_index.json` of a `DiTPipeline`: its labels, if it has any.
    ///
    /// The parts' classes are in their own configurations; components that a DiT has no use for must be null.
    init(diffusers files: any FileTree) throws(ReadError) {
        let path = "model_index.json"
        let reader = try ConfigurationReader(files, path, classes: [.pipeline])
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

extension DiffusersClass {
    /// The entries of a `diffusers.DiTPipeline`'s index.
    fileprivate static let pipeline = DiffusersClass(
        name: "DiTPipeline",
        defaults: ["transformer": .null, "vae": .null, "scheduler": .null, "id2label": .null])
}
