import Checkpoints
import Files
import ImageOutput
import Models
import Sampling
import Tensors

/// Takes finished images of jobs on rank 0: writes each where its line says, then notes it in the journal.
final class JobWriter: PictureTaker {
    private let file: JobFile
    private let folder: String
    private let model: ModelFolder
    private let journal: JobJournal

    init(_ file: JobFile, folder: String, model: ModelFolder, journal: JobJournal) {
        self.file = file
        self.folder = folder
        self.model = model
        self.journal = journal
    }

    func take(_ finished: FinishedImage, number: Int, of run: RunDescription) throws {
        let output = file.jobs[number].output
        let text = run.pictureText([run.images[finished.image]], model)
        try WholeFile.write(
            try finished.picture.pngBytes(text: text), to: try ContainedPath(output).prepare(in: folder))
        try journal.add(line: file.lines[number], output: output)
    }

    func keep(_ latent: Tensor, number: Int) {}
    func place(of number: Int) -> String? { nil }
    func finish() -> String { folder }
}
