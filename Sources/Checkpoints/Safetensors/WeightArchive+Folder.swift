import Files

extension WeightArchive {
    private static let stem = "diffusion_pytorch_model"
    /// What is read where nothing is without a variant's name; of the two the more exact first.
    private static let variants = ["fp16", "bf16"]

    /// The weights in a part's folder, found as by diffusers' `ModelMixin.from_pretrained` (0.42): shards that an index
    /// names, else `diffusion_pytorch_model.safetensors`; where there is neither, the same of a variant.
    ///
    /// An index comes first, since a model that is saved in shards leaves an older single file where it is.
    /// - Throws: `.missingFile` if there are none, `.invalid` if they are pickled or broken.
    public convenience init(_ files: any FileTree, folder: String) throws(ReadError) {
        let listed = Set(files.list(folder))
        for variant in [nil] + Self.variants {
            let (indices, single) = Self.names(variant)
            if let index = indices.first(where: { files.contains("\(folder)/\($0)") }) {
                try self.init(files, folder: folder, index: index, beside: single)
                return
            }
            // What is listed and not there is a link that leads nowhere: opening it says so.
            if let file = ([single] + indices).first(where: { listed.contains($0) }) {
                try self.init(try files.open("\(folder)/\(file)"))
                return
            }
        }
        throw Self.noWeights(files, folder, listed.sorted())
    }

    /// The names of an index, today's and an older one of diffusers, and of a single file.
    private static func names(_ variant: String?) -> (indices: [String], single: String) {
        guard let variant else { return (["\(stem).safetensors.index.json"], "\(stem).safetensors") }
        return (
            ["\(stem).safetensors.index.\(variant).json", "\(stem).safetensors.\(variant).index.json"],
            "\(stem).\(variant).safetensors"
        )
    }

    private convenience init(
        _ files: any FileTree, folder: String, index: String, beside single: String
    ) throws(ReadError) {
        let path = "\(folder)/\(index)"
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

        let listed = files.list(folder)
        var shards: [any ByteSource] = []
        for file in Set(fileOfTensor.values).sorted() {
            do throws(ReadError) { shards.append(try files.open("\(folder)/\(file)")) } catch {
                guard error.kind == .missingFile, !listed.contains(file) else { throw error }
                let remedy =
                    listed.contains(single)
                    ? "\(single) is not read beside an index: remove the index if that file is the model"
                    : "fetch or copy all shards"
                throw ReadError(
                    .missingFile, "\(indexName): its shard \(file) is not beside it; \(remedy)")
            }
        }
        try self.init(name: indexName, files: shards)

        for (tensorName, file) in fileOfTensor.sorted(by: { $0.key < $1.key }) {
            let found = tensors[currentName(of: tensorName)]?.file.name
            guard found == files.fullName("\(folder)/\(file)") else {
                throw .invalid(indexName, "tensor \(tensorName) is not in \(file), where the index has it")
            }
        }
    }

    private static func noWeights(
        _ files: any FileTree, _ folder: String, _ listed: [String]
    ) -> ReadError {
        let name = files.fullName(folder)
        let pickled = listed.first { file in
            [".bin", ".bin.index.json", ".pth", ".pt", ".ckpt"].contains { file.hasSuffix($0) }
        }
        if let pickled {
            return .invalid(
                name,
                """
                only pickled weights (\(pickled)), which can run any program when they are opened; convert them \
                where you trust them: python -c "from diffusers import DiffusionPipeline as P; \
                p = P.from_pretrained('\(files.name)'); \
                p.register_to_config(id2label=P.load_config('\(files.name)').get('id2label')); \
                p.save_pretrained('\(files.name)-safetensors', safe_serialization=True)"
                """)
        }
        let other = listed.first { $0.hasSuffix(".safetensors") || $0.contains(".safetensors.") }
        let found =
            other.map {
                "; found \($0), but only the variants \(variants.joined(separator: " and ")) are read: give it the name "
                    + "\(stem).safetensors if it is the one"
            } ?? ""
        return ReadError(.missingFile, "\(name)/\(stem).safetensors: no such file\(found)")
    }
}
