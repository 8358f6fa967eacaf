#include "HalfConversion.h"
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

void halfToFloatPortable(float *restrict target, const uint16_t *restrict source, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t sign = (uint32_t)(source[i] & 0x8000) << 16;
        uint32_t exponent = source[i] >> 10 & 0x1F;
        uint32_t mantissa = source[i] & 0x3FF;
        // The exponents' biases differ by 127 − 15; the largest exponent stays the largest.
        uint32_t bits = (exponent == 31 ? 255 : exponent + 112) << 23 | mantissa << 13;
        // A NaN becomes quiet, as the F16C instructions make it.
        if (exponent == 31 && mantissa > 0) bits |= 0x00400000;
        if (exponent == 0) {
            float subnormal = (float)mantissa * 0x1p-24f;
            memcpy(&bits, &subnormal, sizeof bits);
        }
        bits |= sign;
        memcpy(&target[i], &bits, sizeof bits);
    }
}

#if defined(__x86_64__)
__attribute__((target("avx,f16c"))) static void halfToFloatF16C(float *target, const uint16_t *source,
                                                               size_t count) {
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        __m128i halves = _mm_loadu_si128((const __m128i *)(source + i));
        _mm256_storeu_ps(target + i, _mm256_cvtph_ps(halves));
    }
    halfToFloatPortable(target + i, source + i, count - i);
}
#endif

void halfToFloat(float *target, const uint16_t *source, size_t count) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx") && __builtin_cpu_supports("f16c")) {
        halfToFloatF16C(target, source, count);
        return;
    }
#endif
    halfToFloatPortable(target, source, count);
}

void bfloatToFloat(float *restrict target, const uint16_t *restrict source, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = (uint32_t)source[i] << 16;
        memcpy(&target[i], &bits, sizeof bits);
    }
}
