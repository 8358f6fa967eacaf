import Transport

/// A run that was told to end and has saved its state.
struct RunStopped: Error, CustomStringConvertible, ExitStatusProviding {
    let folder: String

    var description: String { "terminated; the state is saved, go on with --resume \(folder)" }
    var exitStatus: Int32 { 143 }
}
