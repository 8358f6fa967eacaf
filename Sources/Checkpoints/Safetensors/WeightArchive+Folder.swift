extension WeightArchive {
    private static let stem = "diffusion_pytorch_model"

    /// The weights in a part's folder, as diffusers names them: `diffusion_pytorch_model.safetensors`, or
    /// shards with an index; failing those, the same of the variant `fp16`.
    /// - Throws: `.missingFile` if there are none, `.invalid` if they are pickled or broken.
    public convenience init(_ files: any FileTree, folder: String) throws(CheckpointError) {
        let single = ["\(folder)/\(Self.stem).safetensors", "\(folder)/\(Self.stem).fp16.safetensors"]
        let index = [
            "\(folder)/\(Self.stem).safetensors.index.json",
            "\(folder)/\(Self.stem).safetensors.index.fp16.json",
        ]
        for (single, index) in zip(single, index) {
            if files.contains(single) {
                try self.init(try files.open(single))
                return
            }
            if files.contains(index) {
                try self.init(files, folder: folder, index: index)
                return
            }
        }
        throw Self.noWeights(files, folder)
    }

    private convenience init(
        _ files: any FileTree, folder: String, index path: String
    ) throws(CheckpointError) {
        let indexName = files.fullName(path)
        let document = try JSONValue(try files.bytes(of: path), file: indexName)
        guard case .object(let entries) = document, case .object(let map)? = entries["weight_map"] else {
            throw .invalid(indexName, "expected an object with weight_map")
        }
        var fileOfTensor: [String: String] = [:]
        for (tensor, value) in map {
            guard case .string(let file) = value, !file.isEmpty, !file.contains("/"), file != "..",
                file != "."
            else {
                throw .invalid(indexName, "tensor \(tensor): \(value.summary) is no file beside the index")
            }
            fileOfTensor[tensor] = file
        }
        guard !fileOfTensor.isEmpty else { throw .invalid(indexName, "weight_map names no tensor") }

        var shards: [any ByteSource] = []
        for file in Set(fileOfTensor.values).sorted() { shards.append(try files.open("\(folder)/\(file)")) }
        try self.init(name: indexName, files: shards)

        for (tensorName, file) in fileOfTensor.sorted(by: { $0.key < $1.key }) {
            let found = tensors[currentName(of: tensorName)]?.file.name
            guard found == files.fullName("\(folder)/\(file)") else {
                throw .invalid(indexName, "tensor \(tensorName) is not in \(file), where the index has it")
            }
        }
    }

    private static func noWeights(_ files: any FileTree, _ folder: String) -> CheckpointError {
        let name = files.fullName(folder)
        let pickled = files.list(folder).first { file in
            [".bin", ".bin.index.json", ".pth", ".pt", ".ckpt"].contains { file.hasSuffix($0) }
        }
        guard let pickled else {
            return CheckpointError(.missingFile, "\(name)/\(stem).safetensors: no such file")
        }
        return .invalid(
            name,
            """
            only pickled weights (\(pickled)), which can run any program when they are opened; convert them \
            where you trust them: python -c "from diffusers import DiTPipeline; \
            DiTPipeline.from_pretrained('\(files.name)').save_pretrained('\(files.name)-safetensors', \
            safe_serialization=True)"
            """)
    }
}
