// 16-bit numbers to single precision, by the loops of the best level that this CPU has. Both conversions are
// exact, infinities and subnormals included; a NaN stays a NaN.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// f16 to f32. The arrays do not overlap.
void halfToFloat(float *target, const uint16_t *source, size_t count);
/// bf16 to f32. The arrays do not overlap.
void bfloatToFloat(float *target, const uint16_t *source, size_t count);
