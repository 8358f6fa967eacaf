import Checkpoints
import Engines
import Evaluation
import Foundation
import ImageOutput
import Models
import RunReport
import Sampling

/// Reads a classifier, and lets it judge a picture if that is soon done.
func readClassifier(_ bytes: [UInt8]) throws {
    let files = MemoryTree(files: ["classifier.safetensors": bytes])
    guard let engine = try? makeEngine(.openblas, precision: .f32, threads: 1),
        let classifier = try ImageClassifier(files: files, engine: engine), classifier.pictureSide <= 64
    else { return }
    let side = classifier.pictureSide
    let picture = RGBImage(
        width: side, height: side, pixels: [UInt8](repeating: 99, count: 3 * side * side))
    precondition(classifier.judge(picture).features.count == classifier.featureCount, "features are missing")
}

/// Reads run reports, and shows what they say.
func readReport(_ bytes: [UInt8]) throws {
    let runs = try RunReport.parts(json: bytes).map { (name: "memory", report: $0) }
    for run in runs { _ = (run.report.costSentence, run.report.stageTable) }
    if !runs.isEmpty { _ = RunReport.comparison(runs) }
}

/// Reads a job file of a model; no output may lie outside of the folder.
func readJobs(_ bytes: [UInt8]) throws {
    let folder = FileManager.default.temporaryDirectory.path + "/omnicache-fuzzing"
    let jobs = try JobFile(bytes, name: "memory", try ModelFolder(MemoryTree.model), folder: folder)
    precondition(
        jobs.jobs.count == jobs.labels.count && jobs.jobs.count == jobs.lines.count, "a job is lost")
    for job in jobs.jobs {
        precondition(
            !job.output.hasPrefix("/") && !job.output.split(separator: "/").contains(".."),
            "output \(job.output)")
    }
}
