import ArgumentParser

/// How a run is kept from loss.
struct KeepingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Save the state of unfinished images in this folder, on rank 0's disk, before a computed step: each --every \
            of them, and when SIGUSR1 comes (SIGTERM too where there is one rank), which then ends the run with status \
            143.
            """, valueName: "folder"))
    var checkpoint: String?

    @Option(help: "Computed steps from one saving to the next. Default: 10, or the resumed run's.")
    var every: Int?

    @Option(
        help: ArgumentHelp(
            """
            Go on from what the same command saved in this folder, on as many ranks as you like, and save there again; \
            the images are the same bits.
            """, valueName: "folder"))
    var resume: String?

    /// The folder of states, if there is to be one.
    var folder: String? { checkpoint ?? resume }

    func validate() throws {
        if checkpoint != nil, resume != nil {
            throw ValidationError(
                "--checkpoint begins a run and --resume goes on with one: give one of them.")
        }
        if let every {
            guard folder != nil else { throw ValidationError("--every is told to --checkpoint or --resume.") }
            guard every > 0 else { throw ValidationError("--every \(every): expected 1 or more.") }
        }
    }
}
