import Failures

/// A run that was told to end and has saved its state.
struct RunStopped: Failure {
    let folder: String

    var description: String { "terminated; the state is saved, go on with --resume \(folder)" }
    var failureKind: FailureKind { .stopped }
}
