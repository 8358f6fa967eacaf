// The tables that the levels' files define.
#pragma once
#include "Loops.h"

// Vectors wider than the level's registers never leave a file, so their calling convention is no matter.
#pragma clang diagnostic ignored "-Wpsabi"

extern const ckernels_loops ckernels_baseline;
#if __x86_64__
extern const ckernels_loops ckernels_avx2;
extern const ckernels_loops ckernels_avx512;
#endif
