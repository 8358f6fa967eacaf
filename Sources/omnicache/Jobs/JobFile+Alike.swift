import ArgumentParser
import Checkpoints
import Files
import Models
import Sampling

extension JobFile {
    /// Reads a file.
    /// - Parameter folder: where outputs go.
    /// - Throws: `ReadError` naming file and line.
    init(_ path: String, _ model: ModelFolder, folder: String) throws(ReadError) {
        try self.init(try readInput(path, atMost: 1 << 28), name: path, model, folder: folder)
    }

    /// The jobs that are drawn alike, by the steps and guidance of each or else of the command line, in the order in
    /// which they come up.
    /// - Parameter settings: of given options.
    /// - Throws: `ReadError` naming the line whose steps or guidance cannot be.
    func alike(
        _ options: TrajectoryOptions, _ settings: (TrajectoryOptions) throws -> TrajectorySettings
    ) throws(ReadError) -> [AlikeImages] {
        var alike: [AlikeImages] = []
        var known: [Choice: Int] = [:]
        for (number, job) in jobs.enumerated() {
            let choice = Choice(steps: job.steps, guidance: job.guidance)
            if known[choice] == nil {
                var options = options
                options.steps = job.steps ?? options.steps
                options.guidance = job.guidance ?? options.guidance
                let made: TrajectorySettings
                do { made = try settings(options) } catch {
                    throw ReadError(.invalid, "\(name):\(lines[number]): \(error)")
                }
                // What is left out may be what another line says.
                let same = alike.firstIndex {
                    $0.settings.steps == made.steps && $0.settings.guidance == made.guidance
                }
                if same == nil { alike.append(AlikeImages(settings: made)) }
                known[choice] = same ?? alike.count - 1
            }
            guard let index = known[choice] else { continue }
            alike[index].images.append(ImageRequest(label: labels[number], seed: job.seed))
            alike[index].numbers.append(number)
        }
        return alike
    }

    private struct Choice: Hashable {
        var steps: Int?
        var guidance: Double?
    }
}
