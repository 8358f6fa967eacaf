public import Checkpoints
import Files
public import Schedulers

/// A model in the diffusers layout: configurations and labels read and checked, weights ready to be read.
public struct ModelFolder: Sendable {
    /// What messages call it.
    public let name: String
    /// The names of the classes.
    public let labels: LabelTable
    /// `transformer/config.json`, of the family that `model_index.json` names.
    public let denoiser: any DenoiserConfiguration
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
        let families = DenoiserFamilies.all
        let index: ConfigurationReader
        do throws(ReadError) {
            index = try ConfigurationReader(
                files, "model_index.json", classes: families.flatMap { $0.pipelines })
        } catch {
            throw error.kind == .missingFile ? Self.elsewhere(files) ?? error : error
        }
        guard let family = families.first(where: { $0.pipelines.contains { $0.name == index.subject.name } })
        else { preconditionFailure("ModelFolder: no family of \(index.subject.name)") }
        labels = try LabelTable(index)
        denoiser = try family.init(
            try ConfigurationReader(files, "transformer/config.json", classes: family.models))
        autoencoder = try AutoencoderConfiguration(diffusers: files, "vae/config.json")
        schedulerFile = try SchedulerConfiguration.reader(files, "scheduler/scheduler_config.json")
        var scheduler = try SchedulerConfiguration(schedulerFile)
        scheduler.flow?.dynamicShift?.length = denoiser.layout.kept.count
        self.scheduler = scheduler
        guard autoencoder.latentChannels == denoiser.latents.channels else {
            throw .invalid(
                files.fullName("vae/config.json"),
                "latent_channels is \(autoencoder.latentChannels); supported: the transformer's in_channels "
                    + "(\(denoiser.latents.channels))")
        }
        let latents = denoiser.latents
        let (height, width) = (latents.height * autoencoder.upscale, latents.width * autoencoder.upscale)
        guard max(height, width) <= Self.largestPicture else {
            throw .invalid(
                files.fullName("transformer/config.json"),
                "sample_size is \(max(latents.height, latents.width)), which the autoencoder makes "
                    + "\(max(height, width)) pixels; supported: pictures of at most "
                    + "\(Self.largestPicture) × \(Self.largestPicture)")
        }
        let widest = autoencoder.largestDecoderTensor(latents)
        guard widest <= Self.largestDecoderTensor else {
            throw .invalid(
                files.fullName("vae/config.json"),
                "block_out_channels is \(autoencoder.blockChannels), with which decoding \(width) × \(height) pixels "
                    + "takes tensors of \(widest) numbers; supported: at most \(Self.largestDecoderTensor)")
        }
        if let last = labels.classes.last, last >= denoiser.classes {
            throw .invalid(
                files.fullName("model_index.json"),
                "id2label names class \(last), but the transformer has \(denoiser.classes) classes")
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

    /// Pixels of a picture of the trained size.
    public var pictureSize: (height: Int, width: Int) {
        (denoiser.latents.height * autoencoder.upscale, denoiser.latents.width * autoencoder.upscale)
    }

    /// The scheduler of another class that reads the same file, as diffusers' `Other.from_config(scheduler.config)`;
    /// where the file's own goes the way of a flow, one that goes the same way.
    /// - Throws: `.invalid` if the file holds a value of that class that is not supported, or is of a model that was
    ///   trained another way.
    public func scheduler(as kind: SchedulerConfiguration.Kind) throws(ReadError)
        -> SchedulerConfiguration
    {
        if kind == scheduler.kind { return scheduler }
        let goesByFlow = scheduler.flow != nil
        guard goesByFlow ? kind.followsFlow : kind != .flowMatchEuler else {
            let others = SchedulerConfiguration.Kind.allCases.filter {
                goesByFlow ? $0.followsFlow : $0 != .flowMatchEuler
            }
            throw .invalid(
                schedulerFile.file,
                "the model was \(goesByFlow ? "" : "not ")trained along a flow, so the scheduler cannot be "
                    + "\(kind.rawValue); supported: " + others.map(\.rawValue).joined(separator: ", "))
        }
        return goesByFlow
            ? scheduler.converted(to: kind) : try SchedulerConfiguration(schedulerFile, as: kind)
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

    /// Its weights.
    public var weights: WeightArchives {
        WeightArchives(transformer: transformerWeights, autoencoder: autoencoderWeights)
    }

    /// Checks that the folder holds each tensor of the model, and none besides.
    /// - Throws: `.invalid`, one error for all that is wrong in a part.
    public func requireWholeModel() throws(ReadError) {
        let optional = denoiser.unreadTensors.filter { transformerWeights.names.contains($0.key) }
        try transformerWeights.require(
            exactly: denoiser.tensors.merging(optional) { $1 }, ignoring: { _ in false })
        try autoencoderWeights.require(
            exactly: AutoencoderDecoder.expectedTensors(autoencoder), ignoring: AutoencoderDecoder.ignores)
    }
}
