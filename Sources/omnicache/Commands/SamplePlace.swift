import Checkpoints

/// Where a sampling command writes, kept for it on rank 0, and what is there already.
final class SamplePlace {
    let target: OutputTarget
    private let jobs: JobFile?
    private var identity: RunIdentity
    private var lock: FolderLock?
    private var journal: JobJournal?

    /// Takes the place.
    /// - Throws: `WriteError` if another run has it, `CheckpointError` if it holds another run.
    init(_ target: OutputTarget, _ jobs: JobFile?, _ identity: RunIdentity, _ session: RankSession) throws {
        self.target = target
        self.jobs = jobs
        self.identity = identity
        if jobs != nil { try JobJournal.check(target.path, identity) }
        lock = try target.prepare(session)
    }

    /// Begins to write, now that all of the model is known.
    /// - Returns: what is left to draw.
    /// - Throws: what `JobJournal` throws.
    func begin(_ alike: [AlikeImages], _ model: RankModel) throws -> [AlikeImages] {
        identity.complete(model)
        guard let jobs else { return alike }
        let journal = try JobJournal(target.path, identity)
        self.journal = journal
        return alike.map { $0.only { !journal.done.contains(jobs.lines[$0]) } }.filter { !$0.images.isEmpty }
    }

    /// Lets the place go.
    func leave() { lock = nil }

    /// What takes the pictures of jobs, if there are any.
    func jobWriter(_ model: ModelFolder) -> JobWriter? {
        guard let jobs, let journal else { return nil }
        return JobWriter(jobs, folder: target.path, model: model, journal: journal)
    }
}
