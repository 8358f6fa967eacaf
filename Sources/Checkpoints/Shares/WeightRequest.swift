/// The tensors that one rank reads, by name, in the order in which it reads them.
public struct WeightRequest: Codable, Sendable, Equatable {
    /// Those of `transformer/`.
    public var transformer: [String]
    /// Those of `vae/`, read after them.
    public var autoencoder: [String]

    /// A request for the given tensors.
    public init(transformer: [String], autoencoder: [String]) {
        self.transformer = transformer
        self.autoencoder = autoencoder
    }
}

/// The two archives that a model's weights are read from.
public struct WeightArchives: Sendable {
    /// The tensors of `transformer/`.
    public let transformer: WeightArchive
    /// The tensors of `vae/`.
    public let autoencoder: WeightArchive

    /// The given archives.
    public init(transformer: WeightArchive, autoencoder: WeightArchive) {
        self.transformer = transformer
        self.autoencoder = autoencoder
    }
}
