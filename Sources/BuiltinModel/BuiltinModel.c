#include "BuiltinModel.h"

static const unsigned char modelIndex[] = {
#embed "model/model_index.json"
};
static const unsigned char transformerConfiguration[] = {
#embed "model/transformer/config.json"
};
static const unsigned char transformerWeights[] = {
#embed "model/transformer/diffusion_pytorch_model.safetensors"
};
static const unsigned char autoencoderConfiguration[] = {
#embed "model/vae/config.json"
};
static const unsigned char autoencoderWeights[] = {
#embed "model/vae/diffusion_pytorch_model.safetensors"
};
static const unsigned char schedulerConfiguration[] = {
#embed "model/scheduler/scheduler_config.json"
};
static const unsigned char classifierWeights[] = {
#embed "model/classifier.safetensors"
};
static const unsigned char classifierStatistics[] = {
#embed "model/classifier-statistics.safetensors"
};
static const unsigned char plan50Slow[] = {
#embed "model/plans/planned-50-slow.json"
};
static const unsigned char plan50Fast[] = {
#embed "model/plans/planned-50-fast.json"
};
static const unsigned char plan20Slow[] = {
#embed "model/plans/planned-20-slow.json"
};

// The one list of what is inside; a plan for this model is one more array above and one more line here.
#define FILE_ENTRY(path, bytes) {path, bytes, sizeof bytes}
static const struct {
    const char *path;
    const unsigned char *bytes;
    size_t byteCount;
} files[] = {
    FILE_ENTRY("classifier-statistics.safetensors", classifierStatistics),
    FILE_ENTRY("classifier.safetensors", classifierWeights),
    FILE_ENTRY("model_index.json", modelIndex),
    FILE_ENTRY("plans/planned-50-slow.json", plan50Slow),
    FILE_ENTRY("plans/planned-50-fast.json", plan50Fast),
    FILE_ENTRY("plans/planned-20-slow.json", plan20Slow),
    FILE_ENTRY("scheduler/scheduler_config.json", schedulerConfiguration),
    FILE_ENTRY("transformer/config.json", transformerConfiguration),
    FILE_ENTRY("transformer/diffusion_pytorch_model.safetensors", transformerWeights),
    FILE_ENTRY("vae/config.json", autoencoderConfiguration),
    FILE_ENTRY("vae/diffusion_pytorch_model.safetensors", autoencoderWeights),
};

size_t builtinModelFileCount(void) { return sizeof files / sizeof files[0]; }
uintptr_t builtinModelFilePath(size_t index) { return (uintptr_t)files[index].path; }
uintptr_t builtinModelFileAddress(size_t index) { return (uintptr_t)files[index].bytes; }
size_t builtinModelFileByteCount(size_t index) { return files[index].byteCount; }
