import ArgumentParser

/// Where ranks other than rank 0 take the model from.
enum WeightsArgument: String, ExpressibleByArgument, CaseIterable {
    /// Its own folder.
    case local
    /// Rank 0, which sends each its share.
    case rank0
    /// Its own folder where there is one, else rank 0.
    case auto
}
