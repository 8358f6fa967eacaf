import CachePlanning
import Checkpoints
import Files
public import Models

/// A file of jobs, one a line, all of which have been checked.
public struct JobFile {
    /// Where it is from, for messages.
    public let name: String
    /// At least one.
    public let jobs: [Job]
    /// The line, from 1 on, that each job stands in.
    public let lines: [Int]
    /// The class of each job.
    public let labels: [Int]
    /// Tells its contents from others.
    public let hash: String

    private static let mostJobs = 1_000_000

    /// Reads the jobs and checks each line by itself and beside the others.
    /// - Parameters:
    ///   - bytes: JSON lines.
    ///   - folder: where outputs go.
    /// - Throws: `ReadError` naming file and line.
    public init(
        _ bytes: [UInt8], name: String, _ model: ModelFolder, folder: String
    ) throws(ReadError) {
        var (jobs, lines, labels): ([Job], [Int], [Int]) = ([], [], [])
        var places: [String: Int] = [:]
        var folders: [String: Int] = [:]
        for (index, text) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated()
        where !text.allSatisfy({
            $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\t")
        }) {
            let line = index + 1
            try requireStrictJSON(Array(text), file: "\(name):\(line)")
            do throws(JobProblem) {
                let job = try Job(line: Array(text))
                labels.append(try job.checked(model, folder: folder))
                let file = job.output
                if let other = places.updateValue(line, forKey: file) {
                    throw JobProblem(text: "output \(file) is also that of line \(other)")
                }
                let parents = job.parents
                for parent in parents { folders[parent] = folders[parent] ?? line }
                if let other = folders[file] ?? parents.lazy.compactMap({ places[$0] }).first {
                    throw JobProblem(
                        text: "output \(file): with line \(other), one name is to be file and folder")
                }
                jobs.append(job)
                lines.append(line)
            } catch {
                throw ReadError(.invalid, "\(name):\(line): \(error.text)")
            }
            guard jobs.count <= Self.mostJobs else {
                throw ReadError(
                    .invalid, "\(name): more than \(Self.mostJobs) jobs; cut it into several files")
            }
        }
        guard !jobs.isEmpty else { throw ReadError(.invalid, "\(name): holds no job") }
        self.name = name
        self.jobs = jobs
        self.lines = lines
        self.labels = labels
        var hash = ContentHash()
        hash.add(bytes)
        self.hash = hash.hexadecimal
    }
}

extension Job {
    /// Checks what the line says by itself.
    /// - Returns: the class.
    fileprivate func checked(_ model: ModelFolder, folder: String) throws(JobProblem) -> Int {
        if let steps, !(1...CachePlan.mostSteps).contains(steps) {
            throw JobProblem(text: "steps \(steps): expected 1 to \(CachePlan.mostSteps)")
        }
        if let guidance, !(0...1000).contains(guidance) {
            throw JobProblem(text: "guidance \(guidance): expected a number from 0 to 1000")
        }
        if let problem = ContainedPath.problem(with: output) {
            throw JobProblem(text: "output '\(output)' \(problem)")
        }
        guard output.lowercased().hasSuffix(".png") else {
            throw JobProblem(text: "output '\(output)': expected a name that ends in .png")
        }
        do throws(WriteError) { try ContainedPath(output).check(in: folder) } catch {
            throw JobProblem(text: "output: \(error)")
        }
        do throws(LabelError) {
            return try model.labels.resolve(label, classes: model.denoiser.classes)
        } catch {
            throw JobProblem(text: "\(error)")
        }
    }

    /// The folders that the output lies in.
    fileprivate var parents: [String] {
        let names = ContainedPath(output).names
        return (1..<names.count).map { names.prefix($0).joined(separator: "/") }
    }
}
