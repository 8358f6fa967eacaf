import Files
import Models
import Schedulers
import TestSupport

@testable import Checkpoints

/// Where a model folder has its scheduler.
let schedulerPath = "scheduler/scheduler_config.json"

/// A scheduler as a model folder's file describes it.
func schedulerConfiguration(_ text: String) throws -> SchedulerConfiguration {
    try SchedulerConfiguration(
        diffusers: MemoryTree(files: [schedulerPath: Array(text.utf8)]), schedulerPath)
}

/// A model folder that holds the given scheduler, and of the rest as little as may be.
func modelFolder(scheduler text: String) throws -> ModelFolder {
    let empty = safetensors("{}", [])
    return try ModelFolder(
        MemoryTree(files: [
            "model_index.json": Array(#"{"_class_name": "DiTPipeline"}"#.utf8),
            "transformer/config.json": Array(#"{"_class_name": "DiTTransformer2DModel"}"#.utf8),
            "transformer/diffusion_pytorch_model.safetensors": empty,
            "vae/config.json": Array(#"{"_class_name": "AutoencoderKL"}"#.utf8),
            "vae/diffusion_pytorch_model.safetensors": empty,
            schedulerPath: Array(text.utf8),
        ]))
}
