import Checkpoints
import Files

/// What is fuzzed, by name: a reader of one kind of file, and whatever works with what it read before a run begins.
///
/// A reader may throw the errors of ``isExpected(_:)``; anything else that it does but return is a finding.
/// `Goldens/fuzzing` has a folder of first inputs for each.
let formats: [String: @Sendable ([UInt8]) throws -> Void] = [
    "safetensors": readSafetensors,
    "shards": readShardsIndex,
    "model": { try readModel($0, as: "model_index.json") },
    "transformer": { try readModel($0, as: "transformer/config.json") },
    "vae": { try readModel($0, as: "vae/config.json") },
    "scheduler": { try readModel($0, as: "scheduler/scheduler_config.json") },
    "plan": readPlan,
    "calibration": readCalibration,
    "evaluation": readEvaluation,
    "classifier": readClassifier,
    "jobs": readJobs,
    "report": readReport,
    "state": { _ = try CheckedTensors(MemorySource(name: "memory", $0)) },
]
