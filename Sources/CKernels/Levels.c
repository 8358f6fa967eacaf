#include "Levels.h"

ckernels_level ckernels_best_level(void) {
#if __x86_64__
    if (ckernels_loops_at(CKERNELS_AVX512)) return CKERNELS_AVX512;
    if (ckernels_loops_at(CKERNELS_AVX2)) return CKERNELS_AVX2;
#endif
    return CKERNELS_BASELINE;
}

const ckernels_loops *ckernels_loops_at(ckernels_level level) {
#if __x86_64__
    __builtin_cpu_init();
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    if (level == CKERNELS_AVX512) return avx512 ? &ckernels_avx512 : NULL;
    if (level == CKERNELS_AVX2) return avx2 ? &ckernels_avx2 : NULL;
#endif
    return level == CKERNELS_BASELINE ? &ckernels_baseline : NULL;
}
