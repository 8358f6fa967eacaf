#include "HalfConversion.h"
#include "Levels.h"

static void widen(float *target, const uint16_t *source, ckernels_format format, size_t count) {
    ckernels_loops_at(ckernels_best_level())->convert(source, format, count, target, CKERNELS_F32);
}

void halfToFloat(float *target, const uint16_t *source, size_t count) {
    widen(target, source, CKERNELS_F16, count);
}

void bfloatToFloat(float *target, const uint16_t *source, size_t count) {
    widen(target, source, CKERNELS_BF16, count);
}
