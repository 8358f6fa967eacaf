#include "Levels.h"
#if __x86_64__
#define LEVEL_TABLE ckernels_avx512
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma"))), apply_to = function)
#include "Loops.inc"
#pragma clang attribute pop
#endif
