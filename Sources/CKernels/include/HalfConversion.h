// 16-bit numbers to single precision. Both conversions are exact, infinities and subnormals included;
// a NaN stays a NaN.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// f16 to f32, with the F16C instructions where the CPU has them. The arrays do not overlap.
void halfToFloat(float *target, const uint16_t *source, size_t count);
/// The same in plain integer arithmetic, which every CPU runs.
void halfToFloatPortable(float *target, const uint16_t *source, size_t count);
/// bf16 to f32. The arrays do not overlap.
void bfloatToFloat(float *target, const uint16_t *source, size_t count);
