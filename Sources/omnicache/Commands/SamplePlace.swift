import Checkpoints
import Files
import Models
import Sampling
import Tensors

/// Where a sampling command writes, kept for it on rank 0, and what is there already.
final class SamplePlace {
    let target: OutputTarget
    private let jobs: JobFile?
    private var identity: RunIdentity
    /// Where trajectories are saved, if they are.
    let states: StateFolder?
    private var lock: FolderLock?
    private var journal: JobJournal?

    /// Takes the place.
    /// - Throws: `WriteError` if another run has it, `ReadError` if it holds another run.
    init(
        _ target: OutputTarget, _ jobs: JobFile?, _ identity: RunIdentity, _ keeping: KeepingOptions,
        _ session: RankSession
    ) throws {
        self.target = target
        self.jobs = jobs
        self.identity = identity
        if jobs != nil { try JobJournal.check(target.path, identity) }
        states = try StateFolder(keeping, identity, session)
        lock = try target.prepare(session)
    }

    /// Begins to write, now that all of the model is known.
    /// - Returns: what is left to draw.
    /// - Throws: what `JobJournal` throws.
    func begin(_ alike: [AlikeImages], _ model: RankModel) throws -> [AlikeImages] {
        identity.complete(model)
        try states?.begin(identity)
        guard let jobs else { return alike }
        let journal = try JobJournal(target.path, identity)
        self.journal = journal
        func isDone(_ number: Int) -> Bool { journal.done.contains(jobs.lines[number]) }
        // A run that was killed may have noted a job and not yet forgotten its state.
        for number in alike.flatMap(\.numbers) where isDone(number) { states?.remove(number) }
        return alike.map { $0.only { !isDone($0) } }.filter { !$0.images.isEmpty }
    }

    /// Lets the place go.
    func leave() {
        lock = nil
        states?.leave()
    }

    /// Takes images that an earlier start has finished and written.
    /// - Returns: those whose picture is not there.
    /// - Throws: `ReadError`.
    func withoutPicture(
        _ portion: AlikeImages, _ run: RunDescription, _ taker: (any PictureTaker)?
    ) throws -> AlikeImages {
        guard let states, let taker else { return portion }
        var written: Set<Int> = []
        for number in portion.numbers where try states.hasPicture(number, at: taker.place(of: number)) {
            guard let latent = try states.state(number, run)?.tensors["latent"] else { continue }
            taker.keep(latent, number: number)
            written.insert(number)
        }
        return portion.only { !written.contains($0) }
    }

    /// Notes an image whose picture has been taken: done where a journal says so, else its latent is kept.
    /// - Throws: `WriteError`.
    func finished(
        _ number: Int, _ latent: Tensor, _ run: RunDescription, _ taker: any PictureTaker
    ) throws(WriteError) {
        guard let states else { return }
        guard journal == nil else { return states.remove(number) }
        try states.save(
            number, before: run.steps, ["latent": latent], run, picture: taker.place(of: number))
    }

    /// What takes the pictures of jobs, if there are any.
    func jobWriter(_ model: ModelFolder) -> JobWriter? {
        guard let jobs, let journal else { return nil }
        return JobWriter(jobs, folder: target.path, model: model, journal: journal)
    }
}
