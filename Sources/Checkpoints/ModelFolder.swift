import Files
import Schedulers

/// A DiT in the diffusers layout: configurations and labels read and checked, weights ready to be read.
public struct ModelFolder: Sendable {
    /// What messages call it.
    public let name: String
    /// The names of the classes.
    public let labels: LabelTable
    /// `transformer/config.json`.
    public let transformer: DiTConfiguration
    /// `vae/config.json`.
    public let autoencoder: AutoencoderConfiguration
    /// `scheduler/scheduler_config.json`.
    public let scheduler: SchedulerConfiguration
    private let schedulerFile: ConfigurationReader
    /// The tensors of `transformer/`.
    public let transformerWeights: WeightArchive
    /// The tensors of `vae/`.
    public let autoencoderWeights: WeightArchive
    /// A hash of the configurations' bytes and the weights' headers.
    ///
    /// Plans and calibrations of this model are found by it. It sees no change of the numbers alone: the
    /// archives' `contentHashes` do.
    public let fingerprint: UInt64

    /// The side of the largest picture, in pixels: decoding one takes tens of gigabytes.
    private static let largestPicture = 4096
    /// The most numbers in a tensor of the decoder, 16 GiB: what Stable Diffusion's has for the largest picture.
    private static let largestDecoderTensor = 1 << 32

    /// Reads a folder's configurations and the headers of its weights.
    /// - Throws: `.missingFile`, or `.invalid` if anything in it is broken or not supported.
    public init(_ files: any FileTree) throws(ReadError) {
        name = files.name
        do throws(ReadError) { labels = try LabelTable(diffusers: files) } catch {
            throw error.kind == .missingFile ? Self.elsewhere(files) ?? error : error
        }
        transformer = try DiTConfiguration(diffusers: files, "transformer/config.json")
        autoencoder = try AutoencoderConfiguration(diffusers: files, "vae/config.json")
        schedulerFile = try SchedulerConfiguration.reader(files, "scheduler/scheduler_config.json")
        scheduler = try SchedulerConfiguration(schedulerFile)
        guard autoencoder.latentChannels == transformer.inputChannels else {
            throw .invalid(
                files.fullName("vae/config.json"),
                "latent_channels is \(autoencoder.latentChannels); supported: the transformer's in_channels "
                    + "(\(transformer.inputChannels))")
        }
        let side = transformer.sampleSize * autoencoder.upscale
        guard side <= Self.largestPicture else {
            throw .invalid(
                files.fullName("transformer/config.json"),
                "sample_size is \(transformer.sampleSize), which the autoencoder makes \(side) pixels; supported: "
                    + "pictures of at most \(Self.largestPicture) × \(Self.largestPicture)")
        }
        let widest = autoencoder.largestDecoderTensor(latentSide: transformer.sampleSize)
        guard widest <= Self.largestDecoderTensor else {
            throw .invalid(
                files.fullName("vae/config.json"),
                "block_out_channels is \(autoencoder.blockChannels), with which decoding \(side) × \(side) pixels "
                    + "takes tensors of \(widest) numbers; supported: at most \(Self.largestDecoderTensor)")
        }
        if let last = labels.classes.last, last >= transformer.classes {
            throw .invalid(
                files.fullName("model_index.json"),
                "id2label names class \(last), but the transformer has \(transformer.classes) classes")
        }
        transformerWeights = try WeightArchive(files, folder: "transformer")
        autoencoderWeights = try WeightArchive(files, folder: "vae")

        var hash = ContentHash()
        for path in ["transformer/config.json", "vae/config.json", "scheduler/scheduler_config.json"] {
            hash.add(try files.bytes(of: path))
        }
        hash.add(transformerWeights.headerHash)
        hash.add(autoencoderWeights.headerHash)
        fingerprint = hash.value
    }

    /// The scheduler of another class that reads the same file, as diffusers' `Other.from_config(scheduler.config)`.
    /// - Throws: `.invalid` if the file holds a value of that class that is not supported.
    public func scheduler(as kind: SchedulerConfiguration.Kind) throws(ReadError)
        -> SchedulerConfiguration
    {
        let subject: DiffusersClass =
            switch kind {
            case .ddim: .ddim
            case .ddpm: .ddpm
            case .dpmSolverPlusPlus: .dpmSolver
            }
        return try SchedulerConfiguration(schedulerFile.of(subject))
    }

    /// Where the model is, if it lies below a folder that is none: in a hub's cache, or in a folder of models.
    private static func elsewhere(_ files: any FileTree) -> ReadError? {
        let index = "model_index.json"
        guard !files.list("").contains(index) else { return nil }
        func model(in folder: String) -> String? {
            files.list(folder).map { folder.isEmpty ? $0 : "\(folder)/\($0)" }
                .last { files.list($0).contains(index) }
        }
        // A hub's cache notes which snapshot is the branch's.
        let main = (try? files.bytes(of: "refs/main")).map {
            "snapshots/" + String(decoding: $0, as: UTF8.self)
        }
        let current = main.flatMap { files.list($0).contains(index) ? $0 : nil }
        guard let folder = current ?? model(in: "snapshots") ?? model(in: "") else { return nil }
        return ReadError(
            .missingFile,
            "\(files.fullName(index)): no such file; the model is in a folder below: name "
                + files.fullName(folder))
    }

    /// A hash of some numbers of each tensor, which tells the model from one that was trained further.
    /// - Throws: `.invalid` if a file cannot be read.
    public func sampleHash() throws(ReadError) -> UInt64 {
        var hash = ContentHash()
        hash.add(try transformerWeights.sampleHash())
        hash.add(try autoencoderWeights.sampleHash())
        return hash.value
    }
}
